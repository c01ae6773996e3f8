#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# distcheck: `make distcheck`; the tarball holds every file that git has; `make install` puts
# everything where it belongs.  Inside distcheck only those suites run that depend on where the
# sources are: the others test the same files in the run that this suite is part of.
. "${top_srcdir:?}/tests/suite/lib.sh"

cd "$top_builddir" || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL XDPFW_TEST_REQUIRE
check "make distcheck" "$MAKE" -s -j2 distcheck \
	TESTS="tests/suite/errors.sh tests/suite/rules.sh tests/suite/golden.sh tests/suite/check.sh"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
check "make install" "$MAKE" -s install DESTDIR="$root" prefix=/usr
for file in sbin/xdpfw share/man/man8/xdpfw.8 share/man/man5/xdpfw.conf.5 \
	share/xdpfw/xdpfw_abi.h share/doc/xdpfw/README.md share/doc/xdpfw/examples/server.nft; do
	check "make install puts /usr/$file" test -s "$root/usr/$file"
done
check "make uninstall" "$MAKE" -s uninstall DESTDIR="$root" prefix=/usr
check "make uninstall leaves no file" test -z "$(find "$root" -type f)"

if git -C "$top_srcdir" rev-parse 2>/dev/null; then
	tar -tzf xdpfw-*.tar.gz | sed 's,^[^/]*/,,' | sort >"$root/tarball"
	while read -r file; do
		if grep -Fxq -- "$file" "$root/tarball"; then
			pass
		else
			fail "the tarball has no $file"
		fi
	done < <(git -C "$top_srcdir" ls-files | grep -Ev '^\.git')
fi
finish
