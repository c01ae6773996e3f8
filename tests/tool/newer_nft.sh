#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# newer_nft.sh CACHE: the nft of a later Debian, to judge what only nft 1.1 knows.
#
# Its packages, and those of the libraries it is linked with, are downloaded and unpacked into
# CACHE; nothing is installed.  Prints the path of a program that starts it with its own C library.
MIRROR=${XDPFW_DEBIAN:-http://deb.debian.org/debian}
SUITE=trixie
PACKAGES=(nftables libnftables1 libnftnl11 libmnl0 libjansson4 libc6 libgmp10 libedit2 libtinfo6
	libbsd0 libmd0 libxtables12)

cache=${1:?usage: newer_nft.sh CACHE}
mkdir -p "$cache" && cache=$(cd "$cache" && pwd) || exit 1

# apt_of PROGRAM ARG...: apt with lists of its own.
apt_of() {
	local program=$1
	shift
	"$program" -q=2 -o Dir::Etc::SourceList="$cache/sources.list" -o Dir::Etc::SourceParts=- \
		-o Dir::State::Lists="$cache/lists" -o Dir::Cache="$cache/apt" \
		-o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

if ! [ -x "$cache/nft" ]; then
	mkdir -p "$cache/lists/partial" "$cache/apt/archives/partial" "$cache/root" "$cache/debs"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR $SUITE main" \
		>"$cache/sources.list"
	cd "$cache/debs" || exit 1
	{ apt_of apt-get update && apt_of apt-get download "${PACKAGES[@]}"; } >&2 || exit 1
	for package in *.deb; do
		dpkg -x "$package" "$cache/root" || exit 1
	done
	cat >"$cache/nft.new" <<-SCRIPT || exit 1
		#!/bin/sh
		root='$cache/root'
		lib=\$root/usr/lib/x86_64-linux-gnu
		exec "\$lib/ld-linux-x86-64.so.2" --library-path "\$lib" "\$root/usr/sbin/nft" "\$@"
	SCRIPT
	chmod 755 "$cache/nft.new" && "$cache/nft.new" --version >&2 &&
		mv "$cache/nft.new" "$cache/nft" || exit 1
fi
echo "$cache/nft"
