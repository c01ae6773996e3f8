#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rules: the one-line tests of tests/rules, alone and against Debian's nft.
. "${top_srcdir:?}/tests/suite/lib.sh"

cd "$top_srcdir/tests/rules" || exit 1
run "$top_builddir/tests/tool/rules_run" ./*.t
if need nft "nft lists each rule of tests/rules as we do"; then
	"$top_builddir/tests/tool/rules_run" --normal ./*.t >"$top_builddir/tests/rules.normal"
	run python3 "$top_srcdir/tests/tool/rules_nft.py" "$top_builddir/tests/rules.normal"
fi
finish
