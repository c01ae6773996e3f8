#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# clang: everything builds with clang without a warning, and says the same as when gcc built it.
. "${top_srcdir:?}/tests/suite/lib.sh"

mkdir -p clang && cd clang || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
[ -e config.status ] || check "configure" "$top_srcdir/configure" -q --enable-werror CC=clang
check "make" "$MAKE" -s -j2
suites="rules golden errors examples"
# shellcheck disable=SC2086
$MAKE -s -j2 check TESTS="$(printf 'tests/suite/%s.sh ' $suites)" || fail "make check"
for suite in $suites; do
	total <(head -n 1 "tests/suite/$suite.line" | grep -o '[0-9]* passed, [0-9]* failed, [0-9]* skipped')
done
finish
