#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# examples: the rulesets of examples/: each packet's verdict by our judge, by the program, and by the
# kernel's nft; the listings of xdpfw and nft; and the files that scripts make are what they make.
. "${top_srcdir:?}/tests/suite/lib.sh"

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
cd "$top_srcdir/examples" || exit 1
export PYTHONDONTWRITEBYTECODE=1

python3 ../tests/examples/make_packets.py "$made"
python3 ../tests/examples/make_list.py >"$made/blocklist.list"
for file in *.packets *.list; do
	check "examples/$file is what its script makes" cmp "$file" "$made/$file"
done
for file in *.nft; do
	run "$top_builddir/tests/tool/judge_run" "$file" "${file%.nft}.packets"
done
if need kernel "the examples in nft and in the kernel" &&
	need nft "the examples in nft and in the kernel"; then
	run python3 ../tests/examples/judge.py .
	run bash ../tests/examples/list.sh
fi
finish
