#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# random: random rulesets and packets through the kernel's nft and through xdpfw.
#
# XDPFW_RANDOM="--seed 7 --rulesets 5000" makes it longer, or different.
. "${top_srcdir:?}/tests/suite/lib.sh"

if need kernel "xdpfw against nft on random rulesets" &&
	need nft "xdpfw against nft on random rulesets"; then
	read -ra words <<<"--seed 1 --rulesets 80 --packets 500 $XDPFW_RANDOM"
	run python3 "$top_srcdir/tests/random/run.py" "${words[@]}"
fi
finish
