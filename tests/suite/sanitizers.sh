#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sanitizers: compiler and unit tests built with AddressSanitizer and UBSan.
. "${top_srcdir:?}/tests/suite/lib.sh"

suites="unit rules golden errors examples"
mkdir -p sanitizers && cd sanitizers || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
export UBSAN_OPTIONS=print_stacktrace=1
[ -e config.status ] || check "configure" "$top_srcdir/configure" -q --enable-werror --enable-sanitizers
# shellcheck disable=SC2046
$MAKE -s -j2 check TESTS="$(printf 'tests/suite/%s.sh ' $suites)" || fail "make"
for suite in $suites; do
	total <(head -n 1 "tests/suite/$suite.line" | grep -o '[0-9]* passed, [0-9]* failed, [0-9]* skipped')
done
finish
