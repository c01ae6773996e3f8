# SPDX-License-Identifier: GPL-2.0-only
# lib.sh: Debian's kernels in qemu, for the scripts in this folder.
#
# In: $cache, a folder for what is downloaded; $work, a temporary one.  Kernels, busybox and (when
# there is none in PATH) qemu come with `apt-get download` and `dpkg -x`; nothing is installed, and
# no maintainer script runs.  A kernel has a short name, "6.1"; a guest is a kernel, an initramfs
# made for one run, and cards; it prints what it has to say on its console and powers itself off.
# shellcheck shell=bash

MIRROR=${XDPFW_DEBIAN:-http://deb.debian.org/debian}
GUEST_SECONDS=${XDPFW_GUEST_SECONDS:-1200}
here=$top_srcdir/tests/kernels

# NAME:SUITE:the beginnings of the newest packages of that name.  7.x has its parts in packages of
# their own.
KERNELS="5.10:bullseye:linux-image-5.10
6.1:bookworm:linux-image-6.1
6.12:trixie:linux-image-6.12
new:trixie-backports:linux-image- linux-binary- linux-modules- linux-base-"

# ---- what comes from Debian ----

# apt_of SUITE PROGRAM ARG...: apt of another release, with lists of its own.
apt_of() {
	local suite=$1 program=$2 state=$cache/apt-$1
	shift 2
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	echo "deb $MIRROR $suite main" >"$state/sources.list"
	"$program" -q=2 -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=- \
		-o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" \
		-o Acquire::Retries=2 -o Acquire::http::Timeout=30 \
		-o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

# unpack SUITE PACKAGE FOLDER
unpack() {
	mkdir -p "$3" "$cache/debs-$1"
	rm -f "$cache/debs-$1/$2"_*
	(cd "$cache/debs-$1" && apt_of "$1" apt-get download "$2") || return
	dpkg -x "$cache/debs-$1/$2"_*.deb "$3" && rm -f "$cache/debs-$1/$2"_*.deb
}

# The newest signed package of a release: "linux-image-6.1.0-56-amd64".
newest_package() {
	apt_of "$1" apt-cache pkgnames "$2" | grep -E "^$2[0-9.]+([-+][0-9a-z]+)*-amd64\$" |
		grep -Ev -- '-(rt|cloud)-' | sort -V | tail -n 1
}

# fetch_kernel NAME: into $cache/NAME, once; with the list of which module needs which.
fetch_kernel() {
	local suite beginnings beginning package folder=$cache/$1
	[ ! -e "$folder/.done" ] || return 0
	IFS=: read -r _ suite beginnings < <(grep "^$1:" <<<"$KERNELS")
	rm -rf "$folder"
	apt_of "$suite" apt-get update || return
	for beginning in $beginnings; do
		package=$(newest_package "$suite" "$beginning") && [ -n "$package" ] &&
			unpack "$suite" "$package" "$folder" || return
	done
	[ -e "$folder/lib" ] || ln -s usr/lib "$folder/lib"
	depmod -b "$folder" "$(ls "$folder/lib/modules")" && touch "$folder/.done"
}

fetch_busybox() {
	[ -e "$cache/busybox/.done" ] && return
	apt_of bookworm apt-get update && unpack bookworm busybox-static "$cache/busybox" &&
		touch "$cache/busybox/.done"
}

# Leaves the command in $qemu.
fetch_qemu() {
	local file
	qemu=(qemu-system-x86_64)
	command -v qemu-system-x86_64 >/dev/null && return
	if ! [ -e "$cache/qemu/.done" ]; then
		mkdir -p "$cache/debs-qemu/partial" "$cache/qemu"
		apt-get -q=2 -y --no-install-recommends --download-only -o Debug::NoLocking=1 \
			-o APT::Sandbox::User=root -o Dir::Cache::archives="$cache/debs-qemu" \
			install qemu-system-x86 >&2 || return
		for file in "$cache"/debs-qemu/*.deb; do
			dpkg -x "$file" "$cache/qemu" || return
		done
		rm -f "$cache"/debs-qemu/*.deb
		touch "$cache/qemu/.done"
	fi
	qemu=(env LD_LIBRARY_PATH="$cache/qemu/usr/lib/x86_64-linux-gnu:$cache/qemu/lib/x86_64-linux-gnu"
		"$cache/qemu/usr/bin/qemu-system-x86_64" -L "$cache/qemu/usr/share/qemu"
		-L "$cache/qemu/usr/share/seabios" -L "$cache/qemu/usr/lib/ipxe/qemu")
}

# fetch KERNEL...: all that a run needs; says what it could not get.
fetch() {
	local name
	for name; do
		fetch_kernel "$name" >&2 || { echo "no Linux $name from $MIRROR"; return 1; }
	done
	fetch_busybox >&2 || { echo "no busybox-static from $MIRROR"; return 1; }
	fetch_qemu >&2 || { echo "no qemu-system-x86 from Debian"; return 1; }
}

# ---- the initramfs ----

# put_program PATH ROOT: with the libraries it needs.
put_program() {
	local library
	install -D "$1" "$2/bin/${1##*/}"
	for library in $(ldd "$1" | grep -o '/[^ ]*'); do
		[ -e "$2$library" ] || install -D "$library" "$2$library"
	done
}

# put_modules KERNEL ROOT MODULE...: the modules and what they need, and for each a list of the
# files to insert, in order; one that this kernel does not have gets none.
put_modules() {
	local folder=$cache/$1 root=$2 module verb file name
	shift 2
	mkdir -p "$root/modules"
	for module; do
		modprobe -d "$folder" -S "$(ls "$folder/lib/modules")" --show-depends "$module" \
			2>/dev/null | while read -r verb file _; do
			[ "$verb" = insmod ] || continue
			name=${file##*/}
			name=${name%.xz}
			echo "$name" >>"$root/modules/$module"
			case $file in
			*.xz) [ -e "$root/modules/$name" ] || xz -dc "$file" >"$root/modules/$name" ;;
			*) cp "$file" "$root/modules/$name" ;;
			esac
		done
	done
}

# make_root KERNEL ROOT MODULE...: what every guest has.  ROOT may hold more already.
make_root() {
	local kernel=$1 root=$2
	shift 2
	mkdir -p "$root"/{bin,dev,proc,sys,run,tmp,etc,var,tests}
	cp "$cache/busybox/bin/busybox" "$root/bin/"
	cp -r "$here"/guest/* "$root/tests/"
	install -m 755 "$here/guest/init" "$root/init"
	cp /etc/services /etc/protocols "$root/etc/" 2>/dev/null
	echo 'root:x:0:0::/:/bin/sh' >"$root/etc/passwd"
	put_program "$top_builddir/xdpfw" "$root"
	put_program /usr/sbin/ip "$root"
	put_modules "$kernel" "$root" "$@"
}

# pack ROOT FILE
pack() {
	(cd "$1" && find . | "$cache/busybox/bin/busybox" cpio -o -H newc 2>/dev/null) | gzip -1 >"$2"
}

# ---- the guest ----

# cards NAME:MODEL[,OPTION]...: leaves qemu's words in $cards and the guest's list in $work/names.
# Each is on a wire of its own with a virtio card, which the guest calls pNAME.  A wire of qemu's
# own takes from both the offloads; NAME@MODEL is wired through a bridge of the host's kernel, which
# lets a virtio card have them.  A card NAME+MODEL is not there: only its wire and pNAME are.
cards() {
	local card name model number=0
	cards=() taps=
	: >"$work/names"
	for card; do
		number=$((number + 1))
		name=${card%%[:@+]*} model=${card#*[:@+]}
		case $card in
		*@*)
			taps+="$number "
			cards+=(-netdev "tap,id=a$number,ifname=a$number,script=no,downscript=no"
				-netdev "tap,id=b$number,ifname=b$number,script=no,downscript=no") ;;
		*)
			cards+=(-netdev "hubport,id=a$number,hubid=$number"
				-netdev "hubport,id=b$number,hubid=$number") ;;
		esac
		[[ $card = *+* ]] ||
			cards+=(-device "$model,netdev=a$number,mac=52:54:00:00:0$number:01,romfile=")
		cards+=(-device "virtio-net-pci,netdev=b$number,mac=52:54:00:00:0$number:02,romfile=")
		printf '52:54:00:00:0%s:01 %s\n52:54:00:00:0%s:02 p%s\n' \
			$number "$name" $number "$name" >>"$work/names"
	done
}

# with_taps COMMAND...: in a network namespace that has a pair of taps and a bridge between them for
# each number in $taps.
with_taps() {
	unshare -n -- bash -c '
		echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
		for number in $1; do
			ip link add "c$number" type bridge && ip link set "c$number" up || exit
			for end in a b; do
				ip tuntap add dev "$end$number" mode tap vnet_hdr &&
					ip link set "$end$number" master "c$number" up || exit
			done
		done
		shift
		exec "$@"' with_taps "$taps" "$@"
}

# boot KERNEL ROOT SCRIPT QEMU-WORD...: runs /tests/SCRIPT in a guest; what it said is in
# $work/said.  A line "@monitor COMMAND" of the guest is a command for qemu.
boot() {
	local kernel=$1 root=$2 script=$3 cases=${XDPFW_GUEST_CASES:+cases=$XDPFW_GUEST_CASES}
	local line command
	shift 3
	pack "$root" "$work/initrd"
	rm -f "$work"/monitor.in "$work"/monitor.out
	mkfifo "$work/monitor.in" "$work/monitor.out"
	exec 7<>"$work/monitor.in" 8<>"$work/monitor.out"
	with_taps timeout -k 5 "$GUEST_SECONDS" "${qemu[@]}" -accel tcg,thread=multi -cpu max -smp 2 \
		-m 1G -kernel "$(find "$cache/$kernel/" -name 'vmlinuz*' | head -n 1)" \
		-initrd "$work/initrd" -display none -serial stdio \
		-chardev "pipe,id=monitor,path=$work/monitor" -mon chardev=monitor -net none "$@" \
		-append "console=ttyS0 panic=-1 quiet loglevel=3 tests=$script $cases" \
		</dev/null 2>&1 7>&- 8>&- | while read -r line; do
		line=${line%$'\r'}
		case $line in
		*' warning: hub '*) continue ;;
		'@monitor '*)
			command=${line#@monitor }
			printf '%s\n' "$command" >&7 ;;
		esac
		printf '%s\n' "$line"
	done >"$work/said"
	exec 7>&- 8>&-
	[ -z "$XDPFW_KERNELS_VERBOSE" ] || cat "$work/said"
}

# The names of a script's cases, in its order.
cases_of() { sed -n 's/^case_\([a-z0-9_]*\)() {.*/\1/p' "$here/guest/$1"; }

# judge_end KERNEL WHAT: a guest that stopped early, or never began, has failed.
judge_end() {
	if grep -q '^END$' "$work/said"; then
		pass
	else
		fail "Linux $1: $2: the guest did not come to its end"
		tail -n 20 "$work/said"
	fi
}

# judge KERNEL SCRIPT: each case of the script has to have said that it is well, with the number of
# its checks.
judge() {
	local name line well=0 checks=0
	for name in $(cases_of "$2"); do
		line=$(grep "^RESULT $name " "$work/said")
		if [[ $line =~ ^RESULT\ $name\ ok\ ([1-9][0-9]*)$ ]]; then
			pass
			well=$((well + 1)) checks=$((checks + BASH_REMATCH[1]))
		else
			fail "Linux $1: ${2%.sh}/$name: ${line:-no result}"
			sed -n "/^CASE $name\$/,/^RESULT $name /p" "$work/said" | tail -n 40
		fi
	done
	judge_end "$1" "${2%.sh}"
	echo "$(sed -n 's/^KERNEL /Linux /p' "$work/said" | head -n 1): ${2%.sh}:" \
		"$well of $(cases_of "$2" | wc -l) cases, $checks checks"
}

# make_tables DIR: rulesets that need large tables of each kind.
make_tables() {
	local shape
	. "$top_srcdir/tests/bench/lib.sh"
	for shape in "acl 1000 4" "fw 1000 4" "ipc 1000 4" "ipc 300 6" "grid 300 4"; do
		# shellcheck disable=SC2086 # three words
		make_shape "$1" $shape 1 1 || return
	done
	for shape in "hosts 20000" "nets 5000" "nets6 3000" "ports 9000" "boxes 1000"; do
		# shellcheck disable=SC2086 # two words
		python3 "$bench/make_set.py" $shape 1 "$1/${shape% *}" || return
	done
}
