#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh: xdpfw on other kernels, in qemu.
#
#	top_builddir=BUILD tests/kernels/run.sh CACHE RULESET...
#
# Each of Debian's kernels below is booted with an initramfs that holds xdpfw, the rulesets, and
# the program of each as clang built it here (the guest has no clang: it loads kept objects, as a
# machine does after a new kernel was installed).  In the guest every ruleset is loaded on veth
# devices of the names it asks for: the verifier of that kernel reads the program three times, the
# proof runs its packets through it, it is attached, listed, and unloaded.  The listing has to be
# the one made here.
#
# Kernels, busybox and (when there is none in PATH) qemu come with `apt-get download` and `dpkg -x`
# into CACHE; nothing is installed.  Out: a line for each ruleset and kernel that fails, then
# "N passed, N failed, N skipped".
. "${top_srcdir:?}/tests/suite/lib.sh"

MIRROR=${XDPFW_DEBIAN:-http://deb.debian.org/debian}
KERNELS='bookworm:linux-image-6.1 trixie:linux-image-6.12'
SECONDS_A_KERNEL=1200
here=$(cd "${0%/*}" && pwd)
cache=${1:?usage: run.sh CACHE RULESET...}
shift
mkdir -p "$cache" && cache=$(cd "$cache" && pwd) || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# apt_of SUITE PROGRAM ARG...: apt of another release, with lists of its own.
apt_of() {
	local suite=$1 program=$2 state=$cache/apt-$1
	shift 2
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	echo "deb $MIRROR $suite main" >"$state/sources.list"
	"$program" -q=2 -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=- \
		-o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" \
		-o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

# unpack SUITE PACKAGE FOLDER: downloads and unpacks once.
unpack() {
	[ -e "$3/.done" ] && return
	mkdir -p "$3" "$cache/debs-$1"
	(cd "$cache/debs-$1" && apt_of "$1" apt-get download "$2") || return
	dpkg -x "$cache/debs-$1/$2"_*.deb "$3" && touch "$3/.done"
}

# The newest signed package of a release: "linux-image-6.1.0-56-amd64".
newest_image() {
	apt_of "$1" apt-cache pkgnames "$2" | grep -E "^$2[0-9.]*([-+][0-9a-z]+)*-amd64\$" |
		grep -Ev -- '-(rt|cloud)-' | sort -V | tail -n 1
}

fetch_kernels() {
	local row suite name
	for row in $KERNELS; do
		suite=${row%%:*}
		[ -e "$cache/${row#*:}/.done" ] && continue
		apt_of "$suite" apt-get update && name=$(newest_image "$suite" "${row#*:}") &&
			[ -n "$name" ] && unpack "$suite" "$name" "$cache/${row#*:}" || return
	done
	unpack bookworm busybox-static "$cache/busybox"
}

# Leaves the command in $qemu.
find_qemu() {
	local file
	qemu=(qemu-system-x86_64)
	command -v qemu-system-x86_64 >/dev/null && return
	if ! [ -e "$cache/qemu/.done" ]; then
		mkdir -p "$cache/debs-qemu/partial" "$cache/qemu"
		apt-get -q=2 -y --no-install-recommends --download-only -o Debug::NoLocking=1 \
			-o APT::Sandbox::User=root -o Dir::Cache::archives="$cache/debs-qemu" \
			install qemu-system-x86 || return
		for file in "$cache"/debs-qemu/*.deb; do
			dpkg -x "$file" "$cache/qemu" || return
		done
		touch "$cache/qemu/.done"
	fi
	qemu=(env LD_LIBRARY_PATH="$cache/qemu/usr/lib/x86_64-linux-gnu:$cache/qemu/lib/x86_64-linux-gnu"
		"$cache/qemu/usr/bin/qemu-system-x86_64" -L "$cache/qemu/usr/share/qemu"
		-L "$cache/qemu/usr/share/seabios")
}

# put_program PATH ROOT: with the libraries it needs.
put_program() {
	local library
	install -D "$1" "$2/bin/${1##*/}"
	for library in $(ldd "$1" | grep -o '/[^ ]*'); do
		[ -e "$2$library" ] || install -D "$library" "$2$library"
	done
}

# put_module IMAGE NAME ROOT
put_module() {
	local file
	file=$(find "$1" -name "$2.ko*" | head -n 1)
	case $file in
	*.xz) xz -dc "$file" >"$3/$2.ko" ;;
	*.ko) cp "$file" "$3/$2.ko" ;;
	*) return 1 ;;
	esac
}

# make_root IMAGE FILE: the initramfs.
make_root() {
	local root=$work/root
	rm -rf "$root"
	mkdir -p "$root"/{bin,dev,proc,sys,run,tmp,etc,var}
	cp "$cache/busybox/bin/busybox" "$root/bin/"
	cp "$here/init" "$root/init"
	chmod 755 "$root/init"
	cp /etc/services /etc/protocols "$root/etc/" 2>/dev/null
	echo 'root:x:0:0::/:/bin/sh' >"$root/etc/passwd"
	put_program "$top_builddir/xdpfw" "$root"
	put_program /usr/sbin/ip "$root"
	put_module "$1" veth "$root" || return
	cp -r "$work/rules" "$root/rules"
	(cd "$root" && find . | "$root/bin/busybox" cpio -o -H newc 2>/dev/null) | gzip -1 >"$2"
}

# Loads ruleset number N here, which leaves the built object, the names it needs and the listing.
build_ruleset() {
	local number=$1 ruleset=$2 folder=$work/rules/$1 name
	mkdir -p "$folder/state"
	cp "${ruleset%/*}"/*.list "$folder/" 2>/dev/null
	cp "$ruleset" "$folder/rules.nft"
	chmod 700 "$folder/state"
	cd "$folder" || return
	unshare -n -m -- bash -c '
		mount -t tmpfs tmpfs /run && mkdir -m 1777 /run/bpf && mount -t bpf bpf /run/bpf || exit
		export XDPFW_BPFFS=/run/bpf XDPFW_RUN_DIR=/run/lock XDPFW_STATE_DIR=$PWD/state
		"$0" -c --no-verify -f rules.nft 2>&1 |
			sed -n "s/.*warning: device .\(.*\). does not exist.*/\1/p" | sort -u >devices
		while read -r name; do
			ip link add "$name" type veth peer name "peer$((i += 1))" || exit
		done <devices
		"$0" --no-verify -f rules.nft && "$0" list ruleset >listing' "$top_builddir/xdpfw" \
		>"$work/out" 2>&1 || { cat "$work/out"; return 1; }
}

# boot NAME: one kernel, all rulesets; the guest prints RESULT lines.
boot() {
	local image=$cache/$1 kernel
	kernel=$(find "$image/boot" -name 'vmlinuz-*' | head -n 1)
	make_root "$image" "$work/initrd" || { fail "$1: no initramfs"; return; }
	timeout -k 5 $SECONDS_A_KERNEL "${qemu[@]}" -accel tcg,thread=multi -cpu max -smp 2 -m 2G \
		-kernel "$kernel" -initrd "$work/initrd" -nographic -no-reboot -net none \
		-append 'console=ttyS0 panic=-1 quiet loglevel=3' </dev/null >"$work/console" 2>&1
	tr -d '\r' <"$work/console" >"$work/said"
	[ -z "$XDPFW_KERNELS_VERBOSE" ] || cat "$work/said"
}

judge() {
	local name=$1 number=0 line ruleset
	shift
	echo "$(sed -n 's/.*KERNEL /Linux /p' "$work/said"):" \
		"$(grep -c '^RESULT [0-9]* ok' "$work/said") of $# rulesets," \
		"$(awk '/^RESULT [0-9]+ ok/ { n += $4 } END { print n + 0 }' "$work/said") packets"
	for ruleset; do
		line=$(grep "^RESULT $number " "$work/said")
		if [[ $line = "RESULT $number ok "[1-9]* ]]; then
			pass
		else
			fail "$name: $ruleset: ${line:-no result}"
			sed -n "/^BEGIN $number\$/,/^RESULT $number /p" "$work/said" | head -n 60
		fi
		number=$((number + 1))
	done
	grep -q '^END$' "$work/said" || {
		fail "$name: the guest did not come to its end"
		tail -n 20 "$work/said"
	}
}

fetch_kernels && find_qemu || { fail "cannot get the kernels or qemu"; finish; }
kept=()
for ruleset; do
	ruleset=$(realpath "$ruleset")
	if (build_ruleset ${#kept[@]} "$ruleset"); then
		kept+=("$ruleset")
	else
		fail "$ruleset is not loaded here"
		rm -rf "$work/rules/${#kept[@]}"
	fi
done
for row in $KERNELS; do
	boot "${row#*:}"
	judge "${row#*:}" "${kept[@]}"
done
finish
