#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernels: an old kernel, Debian's own, and a newer one, in qemu, with cards, traffic and resets;
# `make check-kernels` runs more of the same.  Downloads some 300 MB, once, into $XDPFW_KERNEL_CACHE
# (the folder kernels); without a mirror it is skipped.
. "${top_srcdir:?}/tests/suite/lib.sh"
. "${top_srcdir:?}/tests/kernels/lib.sh"

cache=${XDPFW_KERNEL_CACHE:-kernels}
mkdir -p "$cache" && cache=$(cd "$cache" && pwd) || exit 1

# fetch says what could not be had.
missing=
need kernel "the loader on other kernels" && missing=$(fetch 5.10 6.1 6.12 2>"$cache/fetch.out") &&
	fetched=yes

if [ $((failed + skipped)) = 0 ] && need qemu "the loader on other kernels${missing:+ ($missing)}"; then
	run bash "$top_srcdir/tests/kernels/guests.sh" "$cache" 5.10/old_kernel \
		6.1/{loading,devices,reset} 6.12/cards
	work=$(mktemp -d)
	make_tables "$work" || fail "no rulesets with tables"
	run bash "$top_srcdir/tests/kernels/rulesets.sh" "$cache" 6.1 "$top_srcdir"/examples/*.nft \
		"$top_srcdir"/tests/golden/*.nft "$work"/*.nft \
		--plan=tree "$top_srcdir"/{examples/{odd,server,containers},tests/golden/blocks}.nft \
		"$top_srcdir"/tests/{golden/sets,diff/cases/options,diff/cases/transport}.nft \
		"$work"/{acl,ipc6}*.nft \
		--plan=cross "$top_srcdir"/{examples/{odd,server,containers},tests/golden/blocks}.nft \
		--plan=packed "$work"/ipc_*.nft \
		--plan=shared "$top_srcdir"/{examples/containers,tests/golden/commands}.nft
	rm -rf "$work"
fi
finish
