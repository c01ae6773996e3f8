#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# e2e: the whole program in network namespaces, with real traffic.
. "${top_srcdir:?}/tests/suite/lib.sh"

if need kernel "xdpfw on devices, with traffic"; then
	for script in "$top_srcdir"/tests/e2e/*.sh; do
		name=${script##*/}
		[ "$name" != lib.sh ] || continue
		output=$(bash "$script")
		status=$?
		printf '%s\n' "$output" | sed 's/^not ok /FAIL /'
		good=$(grep -c '^ok ' <<<"$output")
		bad=$(grep -c '^not ok ' <<<"$output")
		passed=$((passed + good)) failed=$((failed + bad))
		if [ $((good + bad)) = 0 ] || { [ $status != 0 ] && [ "$bad" = 0 ]; }; then
			fail "$name ended with status $status after $good cases"
		fi
	done
fi
finish
