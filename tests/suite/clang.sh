#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# clang: everything builds with clang without a warning, and says the same as when gcc built it; and
# again with the newest clang that Debian has, which also builds the programs then: they have to load
# and to agree with the interpreter.
. "${top_srcdir:?}/tests/suite/lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL XDPFW_CLANG

# build_and_check FOLDER SUITE...
build_and_check() {
	local suite
	mkdir -p "$1" && cd "$1" || exit 1
	shift
	[ -e config.status ] ||
		check "configure" "$top_srcdir/configure" -q --enable-werror CC=clang CLANG=clang
	check "make with $(clang --version | head -n 1)" "$MAKE" -s -j2
	# shellcheck disable=SC2086
	$MAKE -s -j2 check TESTS="$(printf 'tests/suite/%s.sh ' "$@")" || fail "make check"
	for suite; do
		total <(head -n 1 "tests/suite/$suite.line" |
			grep -o '[0-9]* passed, [0-9]* failed, [0-9]* skipped')
	done
	cd .. || exit 1
}

# In a mount namespace of its own.
if [ "$1" = --newest ]; then
	check "the newest clang in front of /usr" mount -t overlay -o "lowerdir=$2:/usr" overlay /usr
	build_and_check clang-newest golden errors run
	finish
fi

build_and_check clang rules golden errors examples
if need kernel "the newest clang"; then
	newest=$("$top_srcdir/tests/tool/newer_clang.sh" "$PWD/newer-clang" 2>newer-clang.out)
	if need newest-clang "the newest clang (newer-clang.out says why)"; then
		run unshare -m -- bash "$0" --newest "$newest"
	fi
fi
finish
