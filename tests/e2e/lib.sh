# SPDX-License-Identifier: GPL-2.0-only
# lib.sh: what the end-to-end tests share.
#
# A test script sources this file, defines functions named case_*, and ends with `e2e_main "$@"`.
#
#	top_builddir=BUILD tests/e2e/modes.sh [CASE...]
#
# Each case runs in network, mount and process namespaces of its own: what it makes (devices,
# network namespaces, mounts, processes, and with them pins and programs) is gone when it ends,
# however it ends.  Out: one line for each case, "ok NAME" or "not ok NAME: why", and what the case
# printed before it failed.  A case that has checked nothing has failed.
# shellcheck shell=bash

: "${top_builddir:?the folder xdpfw was built in}"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C PYTHONDONTWRITEBYTECODE=1

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
: "${top_srcdir:=$here/../..}"
E2E_SECONDS=90			# for one case; it is killed then

# ---- what a case is made of ----

# Ends the case.
stop() {
	printf 'why: %s\n' "$*"
	exit 1
}

# is WHAT GOT WANTED
is() {
	checked=$((checked + 1))
	[ "$2" = "$3" ] || stop "$1: '${2//$'\n'/ | }' instead of '${3//$'\n'/ | }'"
}

# has TEXT PART...: every part is there.  lacks TEXT PART...: none is.
has() {
	local text=$1 part
	shift
	for part; do
		checked=$((checked + 1))
		[[ $text = *"$part"* ]] || stop "no '$part' in: ${text//$'\n'/ | }"
	done
}

lacks() {
	local text=$1 part
	shift
	for part; do
		checked=$((checked + 1))
		[[ $text != *"$part"* ]] || stop "'$part' is in: ${text//$'\n'/ | }"
	done
}

# holds WHAT COMMAND...: the command succeeds.
holds() {
	local what=$1
	shift
	checked=$((checked + 1))
	"$@" || stop "$what"
}

# same WHAT FILE FILE: equal, byte for byte.
same() {
	checked=$((checked + 1))
	cmp -s "$2" "$3" || stop "$1: $(diff "$2" "$3" | head -n 4 | tr '\n' '|')"
}

# within SECONDS COMMAND...: the command succeeds before the time is over.
within() {
	local tenths=$(($1 * 10))
	shift
	until "$@"; do
		[ $((tenths -= 1)) -gt 0 ] || return 1
		sleep 0.1
	done
}

# fw STATUS ARG...: runs xdpfw, which must end with STATUS.  Leaves $out and $err.
# $xdpfw is the program, an array, so that a case can put words in front of it.
fw() {
	local wanted=$1 status=0
	shift
	"${xdpfw[@]}" "$@" >"$work/out" 2>"$work/err" || status=$?
	out=$(<"$work/out") err=$(<"$work/err")
	checked=$((checked + 1))
	[ "$status" = "$wanted" ] ||
		stop "xdpfw $*: status $status instead of $wanted: ${err//$'\n'/ | }"
}

# fw_as NAME=VALUE... -- STATUS ARG...: the same, with more in the environment.
fw_as() {
	local before=("${xdpfw[@]}") words=()
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	xdpfw=(env "${words[@]}" "${xdpfw[@]}")
	fw "$@"
	xdpfw=("${before[@]}")
}

# hostile WHAT: makes $work/clang-WHAT, a compiler that misbehaves (tests/tool/hostile_clang.c).
hostile() {
	cp "$top_builddir/tests/tool/hostile_clang" "$work/clang-$1"
	chmod 755 "$work/clang-$1"
}

# keep FILE OBJECT: OBJECT becomes what FILE's kept object holds, with the right digest.
keep() {
	python3 - "$1" "$2" <<-'END'
	import hashlib, struct, sys
	data = open(sys.argv[2], "rb").read()
	with open(sys.argv[1], "wb") as file:
	    file.write(b"xdpfwob1" + struct.pack("=Q", len(data)) + hashlib.sha256(data).digest())
	    file.write(data)
	END
}

# ---- the world of a case ----
#
# The case's network namespace is the server's; `client` is the other end of its devices.  DEVICE
# has the network NET.0/24 and NET6::/64, the server is .2, the client .1.  Nothing but what a test
# sends crosses the wires, except multicast listener reports: neighbours are permanent, and there
# are no link-local addresses.

net_of() {
	case $1 in
	eth0 | wan0) echo 198.51.100 ;;
	eth1) echo 203.0.113 ;;
	eth2) echo 192.0.2 ;;
	*) stop "no network for $1" ;;
	esac
}

net6_of() { echo "2001:db8:${1#???}"; }

in_client() { nsenter --net=/run/netns/client "$@"; }

# address COMMAND-PREFIX... DEVICE OWN OTHER
address() {
	local own=${*: -2:1} other=${*: -1} device=${*: -3:1} net
	set -- "${@:1:$#-3}"
	net=$(net_of "$device")
	"$@" ip link set "$device" address "02:00:00:00:0${device#???}:0$own" addrgenmode none
	"$@" ip address add "$net.$own/24" dev "$device"
	"$@" ip address add "$(net6_of "$device")::$own/64" dev "$device" nodad
	"$@" ip link set "$device" up
	"$@" ip neighbour add "$net.$other" dev "$device" \
		lladdr "02:00:00:00:0${device#???}:0$other" nud permanent
	"$@" ip neighbour add "$(net6_of "$device")::$other" dev "$device" \
		lladdr "02:00:00:00:0${device#???}:0$other" nud permanent
}

# wire DEVICE [PEER-OPTION...]: a veth pair; the options are for the client's end.
wire() {
	local device=$1
	shift
	ip link add "$device" type veth peer name "$device" netns client "$@"
	address env "$device" 2 1
	address in_client "$device" 1 2
}

# world [DEVICE...]: namespaces and wires; eth0 if none is named.
world() {
	local device
	ip netns add client
	in_client ip link set lo up
	for device in "${@:-eth0}"; do
		wire "$device"
	done
}

# net COMMAND...: packets, by net.py.
net() { python3 "$here/net.py" "$@"; }

# rules FILE CHAIN-LINE...: writes a ruleset of one base chain on eth0 ($device names others).
rules() {
	local file=$1
	shift
	{
		printf 'table netdev t {\n\tchain in {\n\t\ttype filter hook ingress %s %s\n' \
			"${device:-device \"eth0\"}" "priority filter; policy accept;"
		printf '\t\t%s\n' "$@"
		printf '\t}\n}\n'
	} >"$file"
}

# The two rulesets of most cases, told apart by what they drop.  A constant of its own gives a
# case programs that no other process of this machine has.
old_and_new() {
	rules old.nft "ip saddr 10.0.0.$((RANDOM % 256)) drop" "udp dport 1001 counter drop"
	rules new.nft "ip saddr 10.0.1.$((RANDOM % 256)) drop" "udp dport 1002 counter drop"
}

# in_force [DEVICE]: which of them decides about the packets of a device, by packets.
in_force() {
	case $(net reach "${1:-eth0}" 1001 1002) in
	"1001 1002") echo none ;;
	1002) echo old ;;
	1001) echo new ;;
	"") echo both ;;
	esac
}

# mode_of DEVICE: how an XDP program is attached, by the kernel's own words.
mode_of() {
	case $(ip link show "$1") in
	*" xdpgeneric "*) echo generic ;;
	*" xdp "*) echo native ;;
	*) echo none ;;
	esac
}

# The pins, without the two files of the kernel itself.
pins() {
	(cd "$XDPFW_BPFFS" && find . -mindepth 1 ! -name '*.debug' | sed 's,^\./,,' | sort)
}

# counter FILE RULE: the figures in a listing of the only rule that contains RULE: "packets bytes".
counter() {
	sed -n "/$2/s/.*counter packets \([0-9]*\) bytes \([0-9]*\).*/\1 \2/p" "$1"
}

# bpf COMMAND...: programs of others, and what is in the kernel, by bpf.py.
bpf() { python3 "$here/bpf.py" "$@"; }

# no_traces [WORD...]: nothing of xdpfw is left; the words are of `bpf ids`, taken while it was.
no_traces() {
	is "pins" "$(pins)" ""
	lacks "$(ip link show)" " xdp " " xdpgeneric "
	[ $# = 0 ] || holds "still in the kernel: $*" within 20 bpf gone "$@"
}

# ---- running the cases ----

run_inside() {
	work=/run/e2e
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p $work/bpf /run/netns
	mount -t bpf -o mode=1777 bpf $work/bpf
	cp "$top_builddir/xdpfw" "$top_builddir/xdpfw-faults" $work/
	cd $work
	xdpfw=("$work/xdpfw") faults=("$work/xdpfw-faults") checked=0 out='' err=''
	export XDPFW_BPFFS=$work/bpf XDPFW_STATE_DIR=$work/state XDPFW_RUN_DIR=$work/lock
	export XDPFW_CONF=$work/xdpfw.conf	# not there unless a case writes it
	unset XDPFW_CLANG XDPFW_KILL_AT XDPFW_MISCOMPILE
	ip link set lo up
	set -eE
	trap 'printf "why: line %s: %s\n" "${BASH_LINENO[0]}" "$BASH_COMMAND"' ERR
	"$1"
	printf 'checked: %d\n' "$checked"
}

run_case() {
	local name=$1 stem output status why
	stem=${0##*/}
	output=$(timeout -s KILL $E2E_SECONDS unshare --net --mount --propagation private \
		--pid --fork --kill-child --mount-proc \
		bash "$here/${0##*/}" --inside "$name" 2>&1 </dev/null)
	status=$?
	name=${stem%.sh}/${name#case_}
	if [ $status = 0 ] && [[ ${output##*$'\n'} =~ ^checked:\ [1-9] ]]; then
		printf 'ok %s\n' "$name"
		[ -z "$XDPFW_E2E_VERBOSE" ] || printf '%s\n' "$output" | sed 's/^/    /'
		return
	fi
	why=$(sed -n 's/^why: //p' <<<"$output" | head -n 1)
	[ $status != 137 ] || why="killed after $E2E_SECONDS seconds"
	[ $status != 0 ] || why="it checked nothing"
	printf 'not ok %s: %s\n' "$name" "${why:-status $status}"
	printf '%s\n' "$output" | tail -n 30 | sed 's/^/    /'
	bad=$((bad + 1))
}

e2e_main() {
	local names name bad=0
	if [ "$1" = --inside ]; then
		run_inside "$2"
		exit
	fi
	mapfile -t names < <(sed -n 's/^\(case_[a-z0-9_]*\)() {.*/\1/p' "$here/${0##*/}")
	[ $# = 0 ] || names=("${@/#/case_}")
	for name in "${names[@]}"; do
		run_case "$name"
	done
	[ ${#names[@]} != 0 ] && [ $bad = 0 ]
}
