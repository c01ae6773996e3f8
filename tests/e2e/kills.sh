#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kills: a load that is killed at a named point leaves the old rules or the new ones, on all
# devices, and the next command finds nothing in its way and leaves nothing behind.
. "${0%/*}/lib.sh"

# The load points, in order: clang is done; the program is proved; nothing but the folder is
# pinned (at a first load); all devices have the stub; the slot has the new program.
points="built proved pinned attached switched"

# kill_at POINT FILE: xdpfw-faults must have died there.
kill_at() {
	local status=0
	# The braces keep the shell's own "Killed" quiet.
	{ XDPFW_KILL_AT=$1 "${faults[@]}" -f "$2" >out 2>err || status=$?; } 2>/dev/null
	is "status of a load killed at $1" $status 137
}

pins_of() {
	local folder
	folder=$(pins | sed -n 's,^\(xdpfw/v1/[0-9a-f]*\)$,\1,p')
	printf '%s\n' xdpfw xdpfw/v1 "$folder" "${@/#/$folder/}" \
		"$folder"/{attach,cells,control,missed,namespace,slots} | sort
}

link_of() { echo "link-$(<"/sys/class/net/$1/ifindex")"; }

first_load() {
	local point expected ids
	world
	# The kernel's list of devices belongs to the namespace that mounted it.
	mount -t sysfs sysfs /sys
	old_and_new
	for point in $points; do
		expected=none
		[ "$point" != switched ] || expected=new
		kill_at "$point" new.nft
		ids=$(bpf ids)
		is "in force after $point" "$(in_force)" $expected
		"next_$1" "$point" $expected
		[ "$1" != load ] || fw 0 unload
		is "in force at last" "$(in_force)" none
		no_traces $ids
	done
}

next_load() {
	fw 0 -f old.nft
	lacks "$err" notice
	is "in force after the next load" "$(in_force)" old
	is "pins after the next load" "$(pins)" "$(pins_of "$(link_of eth0)")"
	fw 0 status
	has "$out" "load number $([ "$2" = none ] && echo 1 || echo 2) of"
}

next_status() {
	fw 0 status
	if [ "$2" = none ]; then
		is "status" "$out" "no ruleset is loaded in this network namespace"
		no_traces
		return
	fi
	has "$out" "device eth0: native"
	is "in force" "$(in_force)" new
	is "pins" "$(pins)" "$(pins_of "$(link_of eth0)")"
	fw 0 unload
}

next_unload() { fw 0 unload; }

case_first_load_then_load() { first_load load; }

case_first_load_then_status() { first_load status; }

case_first_load_then_unload() { first_load unload; }

# reload FROM TO BEFORE AFTER: BEFORE and AFTER say what is in force on eth0 and eth1.
reload() {
	local point expected links
	for point in $points; do
		fw 0 --drop-devices -f "$1"
		is "in force" "$(in_force eth0) $(in_force eth1)" "$3"
		expected=$3
		[ "$point" != switched ] || expected=$4
		kill_at "$point" "$2"
		is "in force after $point" "$(in_force eth0) $(in_force eth1)" "$expected"
		fw 0 status
		is "in force after status" "$(in_force eth0) $(in_force eth1)" "$expected"
		links=$(link_of eth0)
		[ "${expected#* }" = none ] || links="$links $(link_of eth1)"
		is "pins" "$(pins)" "$(pins_of $links)"
		is "modes" "$(mode_of eth0) $(mode_of eth1)" \
			"native $([ "${expected#* }" = none ] && echo none || echo native)"
		fw 0 -f "$2"
		lacks "${err/notice: not filtered any more/}" notice
		is "in force" "$(in_force eth0) $(in_force eth1)" "$4"
	done
	fw 0 unload
	no_traces
}

case_reload_with_one_device_more() {
	world eth0 eth1
	mount -t sysfs sysfs /sys
	old_and_new
	device='devices = { eth0, eth1 }' rules more.nft "udp dport 1002 counter drop"
	reload old.nft more.nft "old none" "new new"
}

case_reload_with_one_device_less() {
	world eth0 eth1
	mount -t sysfs sysfs /sys
	device='devices = { eth0, eth1 }' rules both.nft "udp dport 1001 counter drop"
	rules less.nft "udp dport 1002 counter drop"
	sed -i '1i flush ruleset' less.nft
	reload both.nft less.nft "old old" "new none"
}

# The load moves the counters to a larger map.
case_reload_with_more_counters() {
	local lines=() i before ids
	world eth0 eth1
	mount -t sysfs sysfs /sys
	old_and_new
	for ((i = 2000; i < 2600; i++)); do
		lines+=("udp dport $i counter")
	done
	rules large.nft "udp dport 1001 counter accept" "udp dport 1002 counter drop" "${lines[@]}"
	rules small.nft "udp dport 1001 counter drop" "udp dport 1002 counter drop"
	fw 0 -f large.nft
	fw 0 -f small.nft
	is "in force" "$(in_force)" both
	kill_at switched large.nft
	is "in force" "$(in_force)" new
	fw 0 -f large.nft
	fw 0 list ruleset
	has "$out" "udp dport 1002 counter packets 2 bytes 76 drop"
	is "in force" "$(in_force)" new
	fw 0 list ruleset
	has "$out" "udp dport 1002 counter packets 3 bytes 114 drop"
	is "maps of cells" "$(bpf names | grep -c xdpfw_cells)" 1
	fw 0 unload
	no_traces
}

# Not at a named point but anywhere, loads and unloads; the next commands work every time.
case_killed_at_any_instant() {
	local i pid words status deaths=0
	world eth0 eth1
	old_and_new
	device='devices = { eth0, eth1 }' rules more.nft "udp dport 1002 counter drop"
	for words in old new more; do
		fw 0 --drop-devices -f $words.nft
	done
	for ((i = 0; i < 40; i++)); do
		case $((i % 4)) in
		0) words="-f new.nft" ;;
		1) words="-f more.nft" ;;
		2) words="--drop-devices -f new.nft" ;;
		3) words=unload ;;
		esac
		# shellcheck disable=SC2086
		"${xdpfw[@]}" $words 2>/dev/null &
		pid=$! status=0
		sleep "0.$(printf %03d $((RANDOM % 120)))"
		kill -KILL $pid 2>/dev/null || true
		{ wait $pid || status=$?; } 2>/dev/null
		[ $status != 137 ] || deaths=$((deaths + 1))
		fw 0 status
		fw 0 --drop-devices -f old.nft
		is "in force" "$(in_force eth0) $(in_force eth1)" "old none"
	done
	holds "some were killed" [ $deaths -gt 0 ]
	fw 0 unload
	no_traces
}

# ---- clang ----

clang_runs() { grep -lx clang-wait /proc/[0-9]*/comm >found 2>/dev/null; }

case_killed_while_clang_runs() {
	local fw_pid clang_pid
	world
	old_and_new
	fw 0 -f old.nft
	hostile wait
	XDPFW_CLANG=$work/clang-wait "${xdpfw[@]}" -f new.nft &
	fw_pid=$!
	within 10 clang_runs || stop "clang-wait did not start"
	clang_pid=$(sed 's,/proc/\([0-9]*\)/.*,\1,' found)
	is "clang's user" "$(stat -c %u /proc/"$clang_pid")" 65534
	# What clang holds up is not the lock: a command in between does not wait.
	SECONDS=0
	fw 0 -f old.nft
	lacks "$err" "another xdpfw is at work"
	kill -KILL $fw_pid
	wait $fw_pid 2>/dev/null || true
	holds "clang outlives xdpfw" within 20 [ ! -e /proc/"$clang_pid"/exe ]
	is "in force" "$(in_force)" old
	fw 0 -f new.nft
	lacks "$err" notice
	is "in force" "$(in_force)" new
}

case_clang_is_killed() {
	world
	old_and_new
	fw 0 -f old.nft
	hostile wait
	(within 10 clang_runs && kill -KILL "$(sed 's,/proc/\([0-9]*\)/.*,\1,' found)") &
	fw_as XDPFW_CLANG="$work/clang-wait" -- 3 -f new.nft
	has "$err" "$work/clang-wait was ended by signal 9 (Killed)" \
		"the previous ruleset stays in force on eth0"
	is "in force" "$(in_force)" old
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
}

# ---- the lock ----

case_two_loads_wait_for_each_other() {
	local waiter
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 -f new.nft
	# The lock is this shell's, and is not to be inherited.
	exec 9<lock/lock
	flock 9
	"${xdpfw[@]}" -f old.nft 2>waiting 9<&- &
	waiter=$!
	holds "the load waits and says so" within 20 grep -qs "another xdpfw is at work" waiting
	sleep 0.5
	is "in force while it waits" "$(in_force)" new
	# Who only looks does not wait.
	fw 0 list ruleset
	has "$out" 1002
	fw 0 status
	flock -u 9
	exec 9<&-
	wait $waiter
	is "in force" "$(in_force)" old
}

case_many_loads_at_once() {
	local i pids=() wanted
	world
	old_and_new
	fw 0 -f old.nft
	for i in 1 2 3 4; do
		"${xdpfw[@]}" -f old.nft 2>/dev/null &
		pids+=($!)
		"${xdpfw[@]}" -f new.nft 2>/dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		holds "a load failed" wait "$i"
	done
	fw 0 status
	has "$out" "load number 9 of this namespace"
	fw 0 list ruleset
	wanted=old
	[[ $out != *1002* ]] || wanted=new
	is "in force" "$(in_force)" $wanted
	fw 0 unload
	no_traces
}

case_lock_of_a_dead_process() {
	world
	old_and_new
	fw 0 -f old.nft
	kill_at pinned new.nft
	fw 0 -f new.nft
	lacks "$err" "another xdpfw is at work"
	is "in force" "$(in_force)" new
}

e2e_main "$@"
