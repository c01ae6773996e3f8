#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sample.sh: the rulesets that `make check-kernels` runs in qemu: those of the tests and examples,
# and XDPFW_KERNEL_RANDOM (40) random ones.
#
#	top_srcdir=... top_builddir=... tests/kernels/sample.sh CACHE
: "${top_srcdir:?}" "${top_builddir:?}"
random=$(mktemp -d)
trap 'rm -rf "$random"' EXIT
PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/verify/many.py" make "$random" \
	"${XDPFW_KERNEL_RANDOM:-40}" "$top_builddir/xdpfw" kernels || exit 1
bash "$top_srcdir/tests/kernels/run.sh" "$1" "$top_srcdir"/examples/*.nft \
	"$top_srcdir"/tests/golden/*.nft "$top_srcdir"/tests/diff/cases/*.nft "$random"/*.nft
