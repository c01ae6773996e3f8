#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# diff: the same rulesets and packets through the kernel's nft and through xdpfw.
. "${top_srcdir:?}/tests/suite/lib.sh"

if need kernel "xdpfw against nft on packets written by hand" &&
	need nft "xdpfw against nft on packets written by hand"; then
	run python3 "$top_srcdir/tests/diff/run.py"
fi
finish
