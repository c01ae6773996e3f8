#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# golden: what each phase prints for tests/golden/*.nft; `make golden` writes them anew.
. "${top_srcdir:?}/tests/suite/lib.sh"

run "$top_builddir/tests/tool/golden_run" golden "$top_srcdir/tests/golden"
for ruleset in "$top_srcdir"/tests/golden/*.nft; do
	words=$(sed -n '1s/^# optimize //p' "$ruleset")
	"$top_builddir/xdpfw" --optimize="${words:-balanced}" --emit=c -f "$ruleset" >"$top_builddir/tests/golden.c" ||
		fail "--emit=c of $ruleset"
	check "clang builds the program of ${ruleset##*/}" "${CLANG:?}" -target bpf -mcpu=v3 -O2 \
		-g -Wall -Wextra -Werror -c "$top_builddir/tests/golden.c" -o /dev/null
done
rm -f "$top_builddir/tests/golden.c"

if need nft "nft lists tests/golden as we do"; then
	for ruleset in "$top_srcdir"/tests/golden/*.nft; do
		# shellcheck disable=SC2016
		check "nft lists ${ruleset##*/} as we do" unshare -n sh -c \
			'nft -f "$1" && nft list ruleset | diff -u - "$2"' - "$ruleset" \
			"${ruleset%.nft}.list"
	done
fi
finish
