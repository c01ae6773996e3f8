#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# clang: everything builds with clang without a warning, and the unit tests pass.
. "${top_srcdir:?}/tests/suite/lib.sh"

mkdir -p clang && cd clang || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
[ -e config.status ] || check "configure" "$top_srcdir/configure" -q --enable-werror CC=clang
check "make" "$MAKE" -s -j2
$MAKE -s -j2 check TESTS=tests/suite/unit.sh || fail "make check"
total <(head -n 1 tests/suite/unit.line | grep -o '[0-9]* passed, [0-9]* failed, [0-9]* skipped')
finish
