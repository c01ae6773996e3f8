#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sample.sh: all that `make check-kernels` runs in qemu: the guests' own tests on every kernel, and
# the rulesets of the tests and examples, the large ones, and XDPFW_KERNEL_RANDOM (40) random ones;
# on the oldest kernel with each engine forced, too.
#
#	top_srcdir=... top_builddir=... tests/kernels/sample.sh CACHE
. "${top_srcdir:?}/tests/suite/lib.sh"
. "$top_srcdir/tests/kernels/lib.sh"

random=$(mktemp -d)
trap 'rm -rf "$random"' EXIT
export PYTHONDONTWRITEBYTECODE=1

run bash "$top_srcdir/tests/kernels/guests.sh" "$1" 5.10/old_kernel \
	{6.1,6.12,new}/{loading,cards,devices,reset}
python3 "$top_srcdir/tests/verify/many.py" make "$random" "${XDPFW_KERNEL_RANDOM:-40}" \
	"$top_builddir/xdpfw" kernels || fail "no random rulesets"
python3 "$top_srcdir/tests/run/make_large.py" "$random" || fail "no large rulesets"
run bash "$top_srcdir/tests/kernels/rulesets.sh" "$1" 6.1,6.12,new "$top_srcdir"/examples/*.nft \
	"$top_srcdir"/tests/{golden,run,diff/cases}/*.nft "$random"/*.nft
make_tables "$random" || fail "no rulesets with tables"
for plan in tree cross packed shared; do
	run bash "$top_srcdir/tests/kernels/rulesets.sh" "$1" 6.1 --plan=$plan \
		"$top_srcdir"/examples/*.nft "$top_srcdir"/tests/{golden,diff/cases}/*.nft \
		"$random"/*.nft
done
finish
