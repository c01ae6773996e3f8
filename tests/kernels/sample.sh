#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sample.sh: the rulesets that `make check-kernels` runs in qemu: those of the tests and examples,
# and XDPFW_KERNEL_RANDOM (40) random ones.
#
#	top_srcdir=... top_builddir=... tests/kernels/sample.sh CACHE
: "${top_srcdir:?}" "${top_builddir:?}"
random=$(mktemp -d)
trap 'rm -rf "$random"' EXIT
cd "$top_srcdir" || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 - "$random" "${XDPFW_KERNEL_RANDOM:-40}" <<'END' || exit 1
import random
import sys

sys.path[:0] = ["tests/diff", "tests/random"]
from rulesets import Generator

for number in range(int(sys.argv[2])):
    with open("%s/%d.nft" % (sys.argv[1], number), "w", encoding="utf-8") as file:
        ruleset = Generator(random.Random("kernels/%d" % number)).make()
        file.write(ruleset if isinstance(ruleset, str) else ruleset.text())
END
good=()
for ruleset in "$random"/*.nft; do
	"$top_builddir/xdpfw" --emit=plan -f "$ruleset" >/dev/null 2>&1 && good+=("$ruleset")
done
cd - >/dev/null || exit 1
bash "$top_srcdir/tests/kernels/run.sh" "$1" "$top_srcdir"/examples/*.nft \
	"$top_srcdir"/tests/golden/*.nft "$top_srcdir"/tests/diff/cases/*.nft "${good[@]}"
