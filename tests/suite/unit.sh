#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# unit: every tests/unit/check_<module>.c, a program of its own that uses Check.
. "${top_srcdir:?}/tests/suite/lib.sh"

for source in "$top_srcdir"/tests/unit/check_*.c; do
	name=$(basename "$source" .c)
	program=$top_builddir/tests/unit/$name
	if ! [ -x "$program" ]; then
		if [ "$HAVE_CHECK" = yes ]; then
			fail "$name was not built"
		else
			skip "$name was not built: configure did not find Check"
		fi
		continue
	fi
	output=$(cd "$top_srcdir" && "$program" 2>&1)
	status=$?
	line=$(grep -E '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+$' <<<"$output")
	if ! [[ $line =~ Checks:\ ([0-9]+),\ Failures:\ ([0-9]+),\ Errors:\ ([0-9]+) ]]; then
		fail "$name died with status $status"
		printf '%s\n' "$output" | tail -n 40
		continue
	fi
	bad=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
	passed=$((passed + BASH_REMATCH[1] - bad))
	failed=$((failed + bad))
	if [ $bad != 0 ] || [ $status != 0 ]; then
		printf 'FAIL %s\n%s\n' "$name" "$output"
		[ $bad != 0 ] || failed=$((failed + 1))
	fi
done
finish
