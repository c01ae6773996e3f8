#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rules: the one-line tests of tests/rules and those made of the field table, by themselves and
# against what Debian's nft lists; and what is listed means the same when it is compiled again, of
# the golden and of random rulesets too.
. "${top_srcdir:?}/tests/suite/lib.sh"

# Hours are written and listed in the host's time zone.
export TZ=UTC

tool=$top_builddir/tests/tool
files=("$top_srcdir"/tests/rules/*.t "$top_builddir/tests/rules.generated")
"$tool/field_list" rules >"$top_builddir/tests/rules.generated" || fail "field_list"
run "$tool/rules_run" "${files[@]}"
run "$tool/relist_run" "$top_srcdir"/tests/golden/*.nft
run python3 "$top_srcdir/tests/random/run.py" --reload --seed 1 --rulesets 300
if need nft "nft lists each rule as we do"; then
	"$tool/rules_run" --normal "${files[@]}" >"$top_builddir/tests/rules.normal"
	run python3 "$top_srcdir/tests/tool/rules_nft.py" "$top_builddir/tests/rules.normal"
fi
finish
