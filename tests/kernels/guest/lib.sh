# SPDX-License-Identifier: GPL-2.0-only
# lib.sh: what the scripts in the guest share.  Busybox's shell; no clang, no Python.
#
# A script defines functions named case_*; each runs in a shell of its own and says one line,
# "RESULT NAME ok CHECKS" or "RESULT NAME bad: why".
# shellcheck shell=dash

# The shell would take its own `ip`.
ip() { /bin/ip "$@"; }

# ---- checks ----

stop() {
	echo "why: $*" | tr '\n' ' ' | cut -c -700
	exit 1
}

checked() { echo >>/run/checks; }

# is WHAT GOT WANTED
is() {
	checked
	[ "$2" = "$3" ] || stop "$1: '$2' instead of '$3'"
}

# has TEXT PART...: every part is there.  lacks TEXT PART...: none is.
has() {
	local text="$1" part
	shift
	for part; do
		checked
		case $text in
		*"$part"*) ;;
		*) stop "no '$part' in: $text" ;;
		esac
	done
}

lacks() {
	local text="$1" part
	shift
	for part; do
		checked
		case $text in
		*"$part"*) stop "'$part' is in: $text" ;;
		esac
	done
}

# holds WHAT COMMAND...
holds() {
	local what="$1"
	shift
	checked
	"$@" || stop "$what"
}

# within SECONDS COMMAND...: the command succeeds before the time is over.
within() {
	local tenths=$(($1 * 10))
	shift
	until "$@"; do
		tenths=$((tenths - 1))
		[ $tenths -gt 0 ] || return 1
		usleep 100000
	done
}

# fw STATUS ARG...: runs xdpfw, which must end with STATUS.  Leaves $out and $err.
fw() {
	local wanted=$1 status=0
	shift
	${xdpfw:-xdpfw} "$@" >/run/out 2>/run/err || status=$?
	out=$(cat /run/out) err=$(cat /run/err)
	checked
	[ $status = "$wanted" ] || stop "xdpfw $*: status $status instead of $wanted: $err"
}

# kill_at POINT ARG...: xdpfw-faults has to die there.
kill_at() {
	local point=$1 status=0
	shift
	XDPFW_KILL_AT=$point xdpfw-faults "$@" >/run/out 2>/run/err || status=$?
	is "status of a load killed at $point" $status 137
}

# kernel_is MAJOR MINOR: this one or a newer.
kernel_is() {
	local release
	release=$(uname -r)
	local major=${release%%.*} minor=${release#*.}
	minor=${minor%%[!0-9]*}
	[ "$major" -gt "$1" ] || { [ "$major" = "$1" ] && [ "$minor" -ge "$2" ]; }
}

# ---- devices and packets ----

# load_module NAME...: and what it needs.
load_module() {
	local name file names="$*"
	for name in $names; do
		[ -e "/modules/$name" ] || continue
		while read -r file; do
			set -- "$file"
			[ "$file" != bonding.ko ] || set -- "$file" max_bonds=0
			[ -e "/sys/module/$(echo "${file%.ko}" | tr - _)" ] || insmod "/modules/$@" ||
				echo "cannot insert $file"
		done <"/modules/$name"
	done
}

# name_cards: gives the cards the names that the host wrote into /tests/names; those that begin
# with p go to the namespace `client`.  All are up.
name_cards() {
	local mac name file
	[ -e /run/netns/client ] || ip netns add client
	while read -r mac name; do
		for file in /sys/class/net/*/address; do
			[ "$(cat "$file")" = "$mac" ] || continue
			file=${file%/address}
			ip link set "${file##*/}" name "$name"
			case $name in
			p*)
				ip link set "$name" netns client
				ip -n client link set "$name" promisc on up
				;;
			*) ip link set "$name" promisc on up ;;
			esac
		done
	done </tests/names
	sleep 1
}

# reach DEVICE WORD...: those of the frames that come through, from the card on its wire.
reach() {
	local device=$1
	shift
	frames client "p$device" "$device" "$@"
}

# in_force DEVICE: which of old.nft (drops UDP 1001) and new.nft (1002) decides, by packets.
in_force() {
	case $(reach "$1" udp:1001 udp:1002) in
	"udp:1001 udp:1002") echo none ;;
	udp:1002) echo old ;;
	udp:1001) echo new ;;
	"") echo both ;;
	*) echo neither ;;
	esac
}

# mode_of DEVICE: by the kernel's own words.
mode_of() {
	case $(ip link show "$1") in
	*" xdpgeneric "*) echo generic ;;
	*" xdp "*) echo native ;;
	*) echo none ;;
	esac
}

# counter RULE: the figures of the rule of the loaded ruleset that contains RULE: "packets bytes".
counter() {
	xdpfw list ruleset | sed -n "/$1/s/.*counter packets \([0-9]*\) bytes \([0-9]*\).*/\1 \2/p"
}

pins() { (cd /sys/fs/bpf && find . -mindepth 1 ! -name '*.debug' | sed 's,^\./,,' | sort); }

no_traces() {
	is "pins" "$(pins)" ""
	lacks "$(ip link show)" " xdp " " xdpgeneric "
}

# ---- running the cases ----

run_case() {
	local status=0 said
	: >/run/checks
	echo "CASE $1"
	sh -e -c ". /tests/lib.sh; . $script; case_$1" </dev/null >/run/case 2>&1 || status=$?
	said=$(sed -n 's/^why: //p' /run/case | head -n 1)
	if [ $status = 0 ] && [ -s /run/checks ]; then
		echo "RESULT $1 ok $(wc -l </run/checks)"
	else
		tail -n 30 /run/case
		echo "RESULT $1 bad: ${said:-status $status after $(wc -l </run/checks) checks}"
	fi
	xdpfw unload >/dev/null 2>&1
}

run_cases() {
	local name only=
	grep -q ' cases=' /proc/cmdline && only=,$(sed 's/.* cases=\([a-z0-9_,]*\).*/\1/' /proc/cmdline),
	for name in $(sed -n 's/^case_\([a-z0-9_]*\)() {.*/\1/p' "$script"); do
		case ${only:-,$name,} in
		*,"$name",*) run_case "$name" ;;
		esac
	done
}

# run_script FILE: `prepare`, then its cases in order.
run_script() {
	script=$1
	. "$script"
	prepare
	run_cases
}
