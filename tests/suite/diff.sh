#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# diff: the same rulesets and packets through the kernel's nft and through xdpfw.
#
# What only nft 1.1 has (inner headers) needs XDPFW_NFT_NEWER, the path of such an nft.
. "${top_srcdir:?}/tests/suite/lib.sh"

diff=$top_srcdir/tests/diff
rows=$top_builddir/tests/rules.generated
if need kernel "xdpfw against nft on packets written by hand" &&
	need nft "xdpfw against nft on packets written by hand"; then
	run python3 "$diff/run.py"
	"$top_builddir/tests/tool/field_list" rules >"$rows" || fail "field_list"
	run python3 "$diff/rows.py" --interp --packets 8 "$rows"
	if need nft-1.1 "xdpfw against nft on inner headers"; then
		export XDPFW_NFT=$XDPFW_NFT_NEWER
		run python3 "$diff/rows.py" --packets 60 "$diff/inner.rules"
		run python3 "$diff/rows.py" --interp --packets 20 "$rows" vxlan geneve gre gretap
	fi
fi
finish
