#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# newer_clang.sh CACHE: the newest clang that Debian has for this release.
#
# Its packages are downloaded and unpacked into CACHE; nothing is installed.  Prints the folder that
# belongs in front of /usr, in which it is also called `clang`:
#
#	unshare -m -- sh -c "mount -t overlay -o lowerdir=$(newer_clang.sh CACHE):/usr overlay /usr && ..."
cache=${1:?usage: newer_clang.sh CACHE}
mkdir -p "$cache/debs/partial" && cache=$(cd "$cache" && pwd) || exit 1

if ! [ -x "$cache/root/usr/bin/clang" ]; then
	apt-get -q=2 update >&2
	package=$(apt-cache pkgnames clang- | grep -E '^clang-[0-9]+$' | sort -V | tail -n 1)
	[ -n "$package" ] && rm -rf "$cache/root" &&
		apt-get -q=2 -y --no-install-recommends --download-only --reinstall \
			-o Debug::NoLocking=1 -o APT::Sandbox::User=root \
			-o Dir::Cache::archives="$cache/debs" install "$package" >&2 || exit
	for file in "$cache"/debs/*.deb; do
		dpkg -x "$file" "$cache/root" || exit
	done
	rm -f "$cache"/debs/*.deb
	ln -s "$package" "$cache/root/usr/bin/clang" || exit
fi
echo "$cache/root/usr"
