#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: what holds for the tree itself: layers, headers, names, lists of sources, man pages.
. "${top_srcdir:?}/tests/suite/lib.sh"

cd "$top_srcdir" || exit 1
run python3 tests/check/layers.py
for script in headers names sources texts man; do
	run bash "tests/check/$script.sh"
done
finish
