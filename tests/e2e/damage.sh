#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# damage: what somebody did to pins, kept objects and places.  Who only looks changes nothing that
# holds a device; a load puts things right without a moment in which the devices are open.
. "${0%/*}/lib.sh"

no_clang=(XDPFW_CLANG=/nonexistent/clang)

# ---- pins ----

emptied_slot() {
	local folder before
	world eth0 eth1
	mount -t sysfs sysfs /sys
	old_and_new
	fw 0 -f old.nft
	folder=$(dirname "$(find bpf/xdpfw -name slots)")
	"$@" "$folder/slots"
	before=$(pins)
	holds "the device is shut" is_shut eth0
	fw 0 status
	has "$out" "ruleset: NONE: somebody emptied its slot" "missed tail calls: " \
		"device eth0: EVERY PACKET IS DROPPED"
	fw 3 list ruleset
	has "$err" "somebody emptied its slot"
	rules wrong.nft "udp dprot 1 drop"
	fw 1 -f wrong.nft
	device='device "eth1"' rules other.nft "udp dport 1002 drop"
	fw 3 -f other.nft
	has "$err" "this ruleset has no filter for eth0" "drop every packet"
	is "pins" "$(pins)" "$before"
	holds "the device is shut after looking" is_shut eth0
	# Nothing that is sent while the load runs gets by, until its ruleset lets it.
	rules block.nft "ip saddr 10.0.2.$((RANDOM % 256)) accept" "udp dport { 1001, 1002 } drop"
	stream 1001 &
	fw 0 -f block.nft
	wait $!
	is "packets that got by" "$(cat got)" 0
	has "$err" "notice: somebody emptied the slot"
	is "in force" "$(in_force)" both
	fw 0 -f new.nft
	lacks "$err" notice
	is "in force" "$(in_force)" new
	fw 0 status
	has "$out" "device eth0: native"
	fw 0 unload
	no_traces
}

is_shut() { [[ $(net reach "$1" 1001 1002) = *"did not arrive"* ]]; }

# stream PORT: packets for two seconds; says in the file `got` how many arrived.
stream() {
	python3 - "$1" >got <<-'END'
	import os, socket, sys, time
	server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	server.bind(("198.51.100.2", int(sys.argv[1])))
	server.setblocking(False)
	namespace = os.open("/run/netns/client", os.O_RDONLY)
	import ctypes
	ctypes.CDLL(None).setns(namespace, 0x40000000)
	client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	end, got = time.monotonic() + 2, 0
	while time.monotonic() < end:
	    client.sendto(b"x", ("198.51.100.2", int(sys.argv[1])))
	    time.sleep(0.0002)
	    try:
	        server.recv(16)
	        got += 1
	    except BlockingIOError:
	        pass
	print(got)
	END
}

take_program() { bpf empty_slot "$1" 0; }
take_pin() { rm "$1"; }

case_emptied_slot() { emptied_slot take_program; }

# The kernel empties the slots when the last pin goes.
case_removed_slots() { emptied_slot take_pin; }

case_emptied_slot_and_unload() {
	world
	old_and_new
	fw 0 -f old.nft
	take_program "$(find bpf/xdpfw -name slots)"
	fw 0 unload
	is "in force" "$(in_force)" none
	no_traces
}

# Pins that hold something else.
case_exchanged_pins() {
	local folder name
	world
	mount -t sysfs sysfs /sys
	old_and_new
	for name in slots control cells link; do
		fw 0 -f old.nft
		folder=$(dirname "$(find bpf/xdpfw -name slots)")
		[ $name != link ] || name=$(basename "$folder"/link-*)
		rm "$folder/$name"
		bpf foreign "$folder/$name"
		fw 0 status
		case $name in
		link-*) has "$out" "device eth0: NOT FILTERED" ;;
		slots) has "$out" "EVERY PACKET IS DROPPED" ;;
		*) has "$out" "device eth0: native" ;;
		esac
		fw 0 -f new.nft
		is "in force" "$(in_force)" new
		fw 0 -f old.nft
		is "in force" "$(in_force)" old
		fw 0 unload
		no_traces
	done
}

case_another_program_in_the_link() {
	local link
	world
	old_and_new
	fw 0 -f old.nft
	link=$(find bpf/xdpfw -name 'link-*')
	bpf foreign bpf/foreign
	bpf update_link "$link" bpf/foreign
	is "in force" "$(in_force)" none
	fw 0 status
	has "$out" "device eth0: NOT FILTERED"
	fw 0 -f new.nft
	has "$err" "notice: somebody put another XDP program"
	is "in force" "$(in_force)" new
	rm bpf/foreign
	fw 0 unload
	no_traces
}

# ---- kept objects ----

case_kept_object_that_is_refused() {
	local object other kind
	world
	old_and_new
	fw 0 -f old.nft
	object=$(find state/objects -type f)
	fw 0 -f new.nft
	other=$(find state/objects -type f ! -path "$object")
	tail -c +49 "$object" >right
	tail -c +49 "$other" >wrong
	head -c 4000 right >half
	head -c 4000 /dev/urandom >noise
	: >nothing
	for kind in wrong half noise nothing; do
		keep "$object" $kind
		rm -rf state/failed
		fw_as "${no_clang[@]}" -- 4 -f old.nft
		has "$err" "the previous ruleset stays in force on eth0"
		is "in force" "$(in_force)" new
		rm -rf state/failed
		fw 0 -f old.nft
		has "$err" "notice: the kept program is not accepted and is built anew: "
		is "in force" "$(in_force)" old
		holds "no failure is kept" [ ! -e state/failed ]
		fw_as "${no_clang[@]}" -- 0 -f old.nft
		lacks "$err" notice
		fw 0 -f new.nft
	done
	keep "$object" noise
	fw 0 unload
	fw 0 -f old.nft
	is "in force" "$(in_force)" old
	fw 0 unload
	no_traces
}

# ---- words ----

case_clang_that_is_named_and_not_there() {
	world
	old_and_new
	for words in "-f old.nft" "-c -f old.nft"; do
		# shellcheck disable=SC2086
		fw_as "${no_clang[@]}" -- 3 $words
		has "$err" "XDPFW_CLANG names '/nonexistent/clang', which cannot be run: No such file"
		lacks "$err" "/usr/bin"
		# shellcheck disable=SC2086
		fw_as XDPFW_CLANG=./clang -- 3 $words
		has "$err" "XDPFW_CLANG names './clang', which is not a path from the root folder"
	done
	fw_as XDPFW_CLANG= -- 0 -f old.nft
	is "in force" "$(in_force)" old
}

case_missing_device_and_what_holds() {
	world
	old_and_new
	device='device "eth9"' rules missing.nft "udp dport 1001 drop"
	fw 3 -f missing.nft
	has "$err" "missing.nft:3:" "no ruleset is in force"
	fw 0 -f old.nft
	fw 3 -f missing.nft
	has "$err" "missing.nft:3:" "the previous ruleset stays in force on eth0"
	is "in force" "$(in_force)" old
}

case_status_names_clangs_user() {
	world
	old_and_new
	fw 0 -f old.nft
	cp /etc/passwd passwd
	mount --bind passwd /etc/passwd
	sed '/^xdpfw:/d' -i passwd
	grep -v '^xdpfw:' passwd | cat >/etc/passwd
	fw 0 status
	has "$out" "notice: there is no user 'xdpfw', so clang runs as user 65534"
	echo 'xdpfw:x:444:444::/:/bin/false' >>/etc/passwd
	fw 0 status
	lacks "$out" notice
}

clang_runs() { grep -lx clang-wait /proc/[0-9]*/comm >found 2>/dev/null; }

# Root of a user namespace with one user cannot become another, and is not root outside.
case_check_as_root_of_a_small_user_namespace() {
	old_and_new
	xdpfw=(setpriv --reuid 65533 --regid 65533 --clear-groups
		unshare --user --map-root-user "${xdpfw[@]}")
	fw 0 -c -f old.nft
	hostile wait
	XDPFW_CLANG=$work/clang-wait "${xdpfw[@]}" -c -f old.nft 2>err &
	within 10 clang_runs || stop "clang-wait did not start"
	has "$(<"$(sed 's/comm$/status/' found)")" "CapEff:	0000000000000000" "CapPrm:	0000000000000000" \
		"CapBnd:	0000000000000000" "Seccomp:	2"
	kill $!
	# Root outside stays root outside: that is refused.
	xdpfw=(unshare --user --map-root-user "$work/xdpfw")
	fw 3 -c -f old.nft
	has "$err" "could not give up its groups"
}

# Limits of the caller that are lower than those clang is given stay.
case_low_limits() {
	world
	old_and_new
	(ulimit -n 40 && fw 0 -f old.nft)
	is "in force" "$(in_force)" old
	(ulimit -v 60000 && fw 3 -f new.nft && has "$err" "stays in force on eth0")
	(ulimit -n 7 && fw 3 -f new.nft && has "$err" "Too many open files")
	is "in force" "$(in_force)" old
}

case_netns_that_is_none() {
	mkfifo pipe
	for path in ./pipe /dev/null / /proc/self/ns/mnt; do
		fw 3 --netns $path status
		has "$err" "cannot enter the network namespace '$path'"
	done
}

case_full_state_folder() {
	world
	old_and_new
	mkdir tiny
	mount -t tmpfs -o size=8k,mode=700 tmpfs tiny
	fw_as XDPFW_STATE_DIR="$work/tiny" -- 0 -f old.nft
	has "$err" "the built program is not kept: $work/tiny/objects: No space left on device"
	is "files" "$(find tiny -type f)" ""
	is "in force" "$(in_force)" old
}

# Who only looks needs no lock.
case_lock_folder_that_cannot_be_used() {
	world
	old_and_new
	fw 0 -f old.nft
	mkdir readonly
	mount -t tmpfs -o ro,mode=700 tmpfs readonly
	export XDPFW_RUN_DIR=$work/readonly
	fw 0 status
	has "$out" "device eth0: native"
	fw 0 list ruleset
	for words in "-f new.nft" unload; do
		# shellcheck disable=SC2086
		fw 3 $words
		has "$err" "cannot open $work/readonly/lock: Read-only file system"
	done
	is "in force" "$(in_force)" old
}

# ---- signals ----

# At whatever instant: no ruleset and no trace, or the new one.
case_stopped_by_a_signal() {
	local signal delay pid status
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 unload
	for signal in INT TERM HUP; do
		for delay in 0.01 0.03 0.05 0.08 0.12 0.2; do
			# A job of a shell without job control ignores SIGINT.
			python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "${xdpfw[@]}" -f old.nft 2>err &
			pid=$! status=0
			sleep 0.03
			sleep $delay
			kill -$signal $pid 2>/dev/null || true
			wait $pid || status=$?
			if [ $status = 0 ]; then
				is "in force" "$(in_force)" old
				fw 0 unload
			elif [ $status = 3 ]; then
				has "$(<err)" "stopped by signal" "no ruleset is in force"
			fi
			is "in force" "$(in_force)" none
			no_traces
		done
	done
}

e2e_main "$@"
