#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# confirm: loads that are to be confirmed, and the way back.  What is in force is told by packets.
. "${0%/*}/lib.sh"

# two_loads: old.nft is in force, new.nft is there.
two_loads() {
	world "$@"
	mount -t sysfs sysfs /sys
	old_and_new
	fw 0 -f old.nft
	is "in force" "$(in_force)" old
}

is_in_force() { [ "$(in_force)" = "$1" ]; }

# force WANTED [WHAT]
force() { is "in force${2:+ $2}" "$(in_force)" "$1"; }

figure() {
	fw 0 list ruleset
	counter "$work/out" "$1"
}

link_of() { echo "link-$(<"/sys/class/net/$1/ifindex")"; }

has_stub() { pins | grep -q "/$(link_of "$1")\$"; }

settled() {
	fw 0 status
	lacks "$out" "confirm:"
}

# ---- confirm ----

case_confirmed() {
	two_loads
	fw 0 --confirm 5 -f new.nft
	has "$err" "notice: the ruleset before comes back in 5 seconds unless 'xdpfw confirm' is said"
	force new
	fw 0 status
	has "$out" "load number 2 of this" "confirm: " " seconds left, then load number 1 comes back"
	fw 0 confirm
	is "what confirm says" "$out$err" ""
	settled
	has "$out" "before: load number 1, loaded " "; 'xdpfw rollback' brings it back"
	sleep 5.2
	force new "after the time is over"
	fw 3 confirm
	has "$err" "there is nothing to confirm: load number 2 is in force"
	fw 0 unload
	no_traces
}

# Nothing of xdpfw runs, and nothing is run before the packets are judged.
case_expired_without_any_process() {
	two_loads
	"${xdpfw[@]}" --confirm 2 -f new.nft 2>/dev/null &
	wait $!
	force new
	is "processes of xdpfw" "$(pgrep -x xdpfw || true)" ""
	sleep 2
	force old "after the time is over"
	fw 3 confirm
	has "$err" "notice: load number 2 was not confirmed in time: load number 1 is in force again" \
		"there is nothing to confirm: load number 1 is in force again, as load number 2" \
		"was not confirmed in time"
	force old
	fw 0 status
	is "notices" "$err" ""
	has "$out" "load number 1 of this" "taken back: load number 2, not confirmed in time"
	lacks "$out" "confirm:" "before:"
	fw 3 rollback
	has "$err" "there is no ruleset to go back to: load number 1 is in force again"
	fw 0 -f new.nft
	fw 0 status
	has "$out" "load number 3 of this" "before: load number 1"
	lacks "$out" "taken back"
	force new
	fw 0 unload
	no_traces
}

# Who only looks while another command has the lock sees what decides.
case_expired_and_the_lock_is_taken() {
	two_loads
	fw 0 --confirm 1 -f new.nft
	sleep 1.1
	exec 9<lock/lock
	flock 9
	fw 0 list ruleset
	has "$out" 1001
	lacks "$out" 1002
	fw 0 status
	has "$out" "load number 1 of this" "confirm: the load after this one was not confirmed in time"
	exec 9<&-
	force old
	fw 0 status
	has "$err" "notice: load number 2 was not confirmed in time"
	lacks "$out" "confirm:"
}

# The clock of a container may be shifted; that of the stub is not.
case_time_namespaces() {
	local shift
	two_loads
	for shift in 100000 -1000; do
		xdpfw=(unshare --time --boottime "$shift" --fork "$work/xdpfw")
		fw 0 --confirm 3 -f new.nft
		force new "with a clock shifted by $shift"
		fw 0 status
		has "$out" "confirm: " " seconds left, then load number 1 comes back"
		lacks "$out" "confirm: 1000" "confirm: 999"
		sleep 3
		force old "with a clock shifted by $shift, after the time is over"
		fw 0 status
		has "$err" "was not confirmed in time"
	done
}

case_expired_first_load() {
	local ids
	world
	old_and_new
	fw 0 --confirm 1 -f new.nft
	has "$err" "notice: the ruleset goes in 1 seconds unless 'xdpfw confirm' is said"
	ids=$(bpf ids)
	force new
	fw 0 status
	has "$out" "confirm: 1 seconds left, then there is no ruleset any more"
	sleep 1.1
	force none "after the time is over"
	fw 3 confirm
	has "$err" "load number 1 was not confirmed in time: there is no ruleset again" \
		"there is nothing to confirm: no ruleset is loaded in this network namespace"
	no_traces $ids
}

case_seconds() {
	local word
	world
	old_and_new
	for word in 0 86401 -1 1s 1.5 "" x 99999999999999999999; do
		fw 2 --confirm="$word" -f new.nft
		has "$err" "--confirm is given in seconds, from 1 to 86400, not '$word'"
	done
	fw 2 --confirm 5 status
	fw 2 --confirm 5 confirm
	fw 2 confirm rollback
	has "$err" "one command at a time: 'rollback' is one too many"
	fw 3 confirm
	has "$err" "there is nothing to confirm: no ruleset is loaded"
	fw 3 rollback
	has "$err" "there is nothing to roll back: no ruleset is loaded"
	is "pins" "$(pins)" ""
	fw 0 -c --confirm 5 -f new.nft
	is "pins" "$(pins)" ""
	fw 0 --confirm 86400 -f new.nft
	fw 0 status
	has "$out" "confirm: 86400 seconds left"
	fw 0 confirm
	force new
	printf 'flush ruleset\n' >empty.nft
	fw 3 --confirm 5 -f empty.nft
	has "$err" "--confirm needs a ruleset" "the previous ruleset stays in force on eth0"
	force new
}

# ---- a load while one is pending ----

case_load_while_pending() {
	two_loads
	fw 0 --confirm 60 -f new.nft
	fw 3 -f old.nft
	has "$err" "the ruleset in force has not been confirmed: say 'xdpfw confirm' or" \
		"'xdpfw rollback' first, or load with --confirm" \
		"the previous ruleset stays in force on eth0"
	force new
	printf 'flush ruleset\n' >empty.nft
	fw 3 -f empty.nft
	has "$err" "has not been confirmed"
	rules wrong.nft "udp dprot 1 drop"
	fw 1 --confirm 60 -f wrong.nft
	fw 0 status
	has "$out" "load number 2 of" "then load number 1 comes back"
	# The time begins anew, and the way back is the same.
	rules third.nft "ip saddr 10.0.2.$((RANDOM % 256)) drop" "udp dport { 1001, 1002 } drop"
	fw 0 --confirm 2 -f third.nft
	force both
	fw 0 status
	has "$out" "load number 3 of" "then load number 1 comes back"
	sleep 2
	force old "after the time is over"
	fw 0 -f new.nft
	has "$err" "notice: load number 3 was not confirmed in time: load number 1 is in force again"
	fw 0 status
	has "$out" "load number 4 of" "before: load number 1"
	force new
}

case_unload_while_pending() {
	two_loads
	fw 0 --confirm 1 -f new.nft
	fw 0 unload
	force none
	no_traces
	sleep 1.1
	force none "after the time is over"
	fw 3 rollback
	has "$err" "there is nothing to roll back: no ruleset is loaded"
}

# ---- rollback ----

case_rollback_while_pending() {
	two_loads
	fw 0 --confirm 60 -f new.nft
	force new
	fw 0 rollback
	has "$err" "notice: load number 1 is in force again, on eth0"
	force old
	settled
	has "$out" "load number 1 of" "taken back: load number 2, by 'xdpfw rollback'"
	fw 3 rollback
	has "$err" "there is no ruleset to go back to: load number 1 is in force again, instead of" \
		"load number 2"
	fw 3 confirm
	has "$err" "there is nothing to confirm: load number 1 is in force again, instead of"
	force old
	fw 0 -f new.nft
	fw 0 status
	has "$out" "load number 3 of"
	fw 0 unload
	no_traces
}

case_rollback_of_a_first_load() {
	world
	old_and_new
	fw 0 --confirm 60 -f new.nft
	fw 0 rollback
	force none
	no_traces
	fw 0 -f new.nft
	fw 3 rollback
	has "$err" "there is no ruleset to go back to: load number 1 is in force"
	force new
}

# Without a confirm two rulesets change places, as often as one likes.
case_rollback_at_any_time() {
	local i
	two_loads
	fw 3 rollback
	has "$err" "there is no ruleset to go back to: load number 1 is in force"
	fw 0 -f new.nft
	for i in 1 2 3; do
		fw 0 rollback
		force old "after rollback $i"
		fw 0 status
		has "$out" "load number 1 of" "before: load number 2"
		fw 0 rollback
		force new "after its rollback $i"
		fw 0 status
		has "$out" "load number 2 of" "before: load number 1" "taken back: load number 1"
	done
	is "figures" "$(figure 'dport 1002')" "3 114"
	fw 0 rollback
	is "figures" "$(figure 'dport 1001')" "4 152"
	fw 0 -f new.nft
	fw 0 status
	has "$out" "load number 3 of"
	fw 0 unload
	no_traces
}

case_two_rollbacks_at_once() {
	local i pids status good
	two_loads
	for i in 1 2 3; do
		fw 0 --confirm 60 -f new.nft
		"${xdpfw[@]}" rollback 2>/dev/null &
		pids=($!)
		"${xdpfw[@]}" rollback 2>/dev/null &
		pids+=($!) good=0
		for pid in "${pids[@]}"; do
			status=0
			wait "$pid" || status=$?
			[ $status != 0 ] || good=$((good + 1))
			[ $status = 0 ] || is "status" $status 3
		done
		is "rollbacks that worked" $good 1
		force old
	done
}

# ---- devices ----

# A load that gives up eth1 and takes eth2: both have the stub until it is confirmed.
pending_devices() {
	two_loads eth0 eth1
	device='devices = { eth0, eth1 }' rules both.nft "udp dport 1001 counter drop"
	rules less.nft "udp dport 1002 counter drop"
	fw 0 -f both.nft
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
	fw 3 --confirm 60 -f less.nft
	has "$err" "this ruleset has no filter for eth1"
	fw 0 --confirm "$1" --drop-devices -f less.nft
	is "in force" "$(in_force eth0) $(in_force eth1)" "new none"
	holds "a device that is given up keeps its stub" has_stub eth1
	fw 0 status
	holds "it still does" has_stub eth1
}

case_dropped_device_is_confirmed() {
	pending_devices 60
	# What it has no filter for now is not lost again.
	fw 0 --confirm 60 -f less.nft
	fw 0 confirm
	holds "its stub is gone" eval '! has_stub eth1'
	is "in force" "$(in_force eth0) $(in_force eth1)" "new none"
}

case_dropped_device_expires() {
	pending_devices 2
	sleep 2
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
	fw 0 status
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
	has "$out" "device eth1: native"
}

case_dropped_device_is_rolled_back() {
	pending_devices 60
	fw 0 rollback
	has "$err" "is in force again, on eth0, eth1"
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
}

# The load is in force for good, and eth1 has lost its stub: the rollback puts it there again.
case_rollback_to_more_devices() {
	world eth0 eth1
	mount -t sysfs sysfs /sys
	device='devices = { eth0, eth1 }' rules both.nft "udp dport 1001 counter drop"
	rules less.nft "udp dport 1002 counter drop"
	fw 0 --mode generic -f both.nft
	fw 0 --drop-devices -f less.nft
	holds "its stub is gone" eval '! has_stub eth1'
	is "in force" "$(in_force eth0) $(in_force eth1)" "new none"
	fw 0 rollback
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
	is "modes" "$(mode_of eth0) $(mode_of eth1)" "generic generic"
	fw 0 rollback
	is "in force" "$(in_force eth0) $(in_force eth1)" "new none"
	holds "its stub is gone again" eval '! has_stub eth1'
}

# Somebody's program is on it meanwhile: nothing is changed.
case_rollback_to_a_device_that_is_taken() {
	two_loads eth0 eth1
	device='devices = { eth0, eth1 }' rules both.nft "udp dport 1001 counter drop"
	rules less.nft "udp dport 1002 counter drop"
	fw 0 -f both.nft
	fw 0 --drop-devices -f less.nft
	bpf foreign_link eth1 bpf/foreign
	fw 3 rollback
	has "$err" "eth1" "foreign" "load number 3 stays in force on eth0"
	force new
	rm bpf/foreign
	within 20 eval '[ "$(mode_of eth1)" = none ]'
	fw 0 rollback
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
}

case_added_device_expires() {
	two_loads eth0 eth1
	device='devices = { eth0, eth1 }' rules more.nft "udp dport 1002 counter drop"
	fw 0 --confirm 2 -f more.nft
	is "in force" "$(in_force eth0) $(in_force eth1)" "new new"
	sleep 2
	is "in force" "$(in_force eth0) $(in_force eth1)" "old none"
	fw 0 status
	holds "its stub is gone" eval '! has_stub eth1'
	is "in force" "$(in_force eth0) $(in_force eth1)" "old none"
}

# The device is gone and there is a new one of that name.
case_rollback_to_a_device_that_is_another_one() {
	two_loads eth0 eth1
	device='devices = { eth0, eth1 }' rules both.nft "udp dport 1001 counter drop"
	rules less.nft "udp dport 1002 counter drop"
	fw 0 -f both.nft
	fw 0 --drop-devices -f less.nft
	ip link delete eth1
	wire eth1
	fw 0 rollback
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
	fw 0 status
	has "$out" "device eth1: native"
}

# ---- counters ----

# figures_over FILE FILE: what was counted by a load that is taken back is not lost.
figures_over() {
	world
	fw 0 -f "$1"
	is "what arrives" "$(net reach eth0 1001 1002)" "1002"
	fw 0 --confirm 60 -f "$2"
	is "what arrives" "$(net reach eth0 1001 1002)" ""
	is "figures" "$(figure 'dport 1001')" "2 76"
	fw 0 rollback
	is "figures after the rollback" "$(figure 'dport 1001')" "2 76"
	is "what arrives" "$(net reach eth0 1001 1002)" "1002"
	is "figures" "$(figure 'dport 1001')" "3 114"
	fw 0 --confirm 2 -f "$2"
	is "what arrives" "$(net reach eth0 1001 1002)" ""
	sleep 2
	is "what arrives after the time is over" "$(net reach eth0 1001 1002)" "1002"
	is "figures after the time is over" "$(figure 'dport 1001')" "5 190"
	# Another load in between, and one on top of it.
	fw 0 --confirm 60 -f "$2"
	fw 0 --confirm 60 -f "$2"
	is "what arrives" "$(net reach eth0 1001 1002)" ""
	fw 0 --confirm 60 -f "$1"
	is "what arrives" "$(net reach eth0 1001 1002)" "1002"
	fw 0 rollback
	is "figures after three loads" "$(figure 'dport 1001')" "7 266"
	# For good, and then to and fro.
	fw 0 -f "$2"
	is "what arrives" "$(net reach eth0 1001 1002)" ""
	fw 0 rollback
	is "what arrives" "$(net reach eth0 1001 1002)" "1002"
	fw 0 rollback
	is "what arrives" "$(net reach eth0 1001 1002)" ""
	is "figures at last" "$(figure 'dport 1001')" "10 380"
	fw 0 rollback
	is "figures at last" "$(figure 'dport 1001')" "10 380"
	fw 0 unload
	no_traces
}

case_figures() {
	rules small.nft "udp dport 1001 counter drop"
	rules more.nft "udp dport 1001 counter drop" "udp dport 1002 counter drop"
	figures_over small.nft more.nft
}

# The map of cells grows with the second ruleset.
case_figures_in_a_larger_map() {
	local lines=() i
	for ((i = 2000; i < 2700; i++)); do
		lines+=("udp dport $i counter")
	done
	rules small.nft "udp dport 1001 counter drop"
	rules more.nft "udp dport 1001 counter drop" "udp dport 1002 counter drop" "${lines[@]}"
	figures_over small.nft more.nft
}

# Counters that a load starts anew are not those of the ruleset that comes back.
case_figures_of_a_fresh_load() {
	two_loads
	fw 0 --confirm 60 --fresh -f old.nft
	force old
	is "figures" "$(figure 'dport 1001')" "1 38"
	fw 0 rollback
	is "figures" "$(figure 'dport 1001')" "1 38"
	force old
	is "figures" "$(figure 'dport 1001')" "2 76"
}

# A counter of the ruleset before keeps its cell, whatever is loaded while that may come back.
case_figures_of_what_may_come_back() {
	two_loads
	rules third.nft "udp dport 1003 counter drop" "udp dport 1004 counter drop"
	fw 0 --confirm 60 -f third.nft
	is "what arrives" "$(net reach eth0 1001 1003 1004)" "1001"
	fw 0 --confirm 60 -f new.nft
	is "what arrives" "$(net reach eth0 1001 1002)" "1001"
	fw 0 rollback
	is "figures" "$(figure 'dport 1001')" "1 38"
	# Handles are not given twice, not even those of what was taken back.
	fw 0 -a list ruleset
	before=$(sed -n 's/.*# handle //p' "$work/out" | sort -n | tail -n 1)
	fw 0 -f new.nft
	fw 0 -a list ruleset
	holds "handles go on" [ "$(sed -n 's/.*1002.*# handle //p' "$work/out")" -gt $((before + 4)) ]
}

# ---- kills ----

# die POINT ARG...: xdpfw-faults must have died there.
die() {
	local point=$1 status=0
	shift
	{ XDPFW_KILL_AT=$point "${faults[@]}" "$@" >out 2>err || status=$?; } 2>/dev/null
	is "status of '$*' killed at $point" $status 137
}

# killed POINT EXPECTED STATUS-LINE ARG...: what is in force after the kill and after a command.
killed() {
	local point=$1 expected=$2 line=$3
	shift 3
	die "$point" "$@"
	force "$expected" "after '$*' was killed at $point"
	fw 0 status
	has "$out" "$line"
	force "$expected" "after '$*' was killed at $point, and status"
}

case_load_killed() {
	local point
	two_loads
	# Both are there to go back to.
	fw 0 -f new.nft
	fw 0 rollback
	for point in built proved pinned attached saved previous deadline; do
		killed $point old "before: load number 2" --confirm 2 -f new.nft
		lacks "$out" "confirm:"
	done
	killed switched new "then load number 1 comes back" --confirm 2 -f new.nft
	sleep 2
	force old "after the time is over"
	for point in previous deadline; do
		fw 0 --confirm 60 -f new.nft
		killed $point new "then load number 1 comes back" --confirm 60 -f new.nft
		fw 0 rollback
		force old
	done
	# The time of the load before it goes on.
	fw 0 --confirm 2 -f new.nft
	killed switched new "then load number 1 comes back" --confirm 60 -f new.nft
	sleep 2
	force old "after the time is over"
	fw 0 unload
	no_traces
}

case_confirm_killed() {
	two_loads
	fw 0 --confirm 60 -f new.nft
	killed confirmed new "before: load number 1" confirm
	lacks "$out" "confirm:"
	fw 0 unload
	no_traces
}

case_rollback_killed() {
	local point
	two_loads
	for point in attached settled; do
		fw 0 --confirm 60 -f new.nft
		killed $point new "then load number 1 comes back" rollback
		fw 0 rollback
		force old
	done
	fw 0 --confirm 60 -f new.nft
	killed switched old "load number 1 of" rollback
	lacks "$out" "confirm:" "before:"
	fw 0 -f new.nft
	for point in attached settled saved; do
		killed $point new "before: load number 1" rollback
	done
	killed switched old "before: load number" rollback
	fw 0 rollback
	force new
	fw 0 unload
	no_traces
}

case_clearing_up_killed() {
	local point
	two_loads
	for point in settled switched; do
		fw 0 --confirm 1 -f new.nft
		force new
		sleep 1
		force old
		die $point status
		force old
		fw 0 status
		has "$out" "taken back: "
		lacks "$out" "confirm:"
		force old
	done
	is "figures" "$(figure 'dport 1001')" "7 266"
	fw 0 --confirm 60 -f new.nft
	die opened unload
	force none
	fw 0 status
	has "$out" "no ruleset is loaded"
	no_traces
}

# ---- damage ----

case_emptied_slots() {
	local slots
	two_loads
	fw 0 --confirm 2 -f new.nft
	slots=$(find bpf/xdpfw -name slots)
	bpf empty_slot "$slots" 1
	fw 0 status
	has "$out" "then EVERY PACKET IS DROPPED: somebody emptied the slot of the ruleset before"
	fw 3 rollback
	has "$err" "there is no ruleset to go back to"
	force new
	sleep 2
	has "$(net reach eth0 1001 1002)" "did not arrive"
	fw 0 status
	has "$out" "ruleset: NONE: somebody emptied its slot"
	fw 3 --confirm 5 -f old.nft
	has "$err" "there is nothing to go back to: load without --confirm"
	fw 0 -f old.nft
	force old
	settled
	fw 0 -f new.nft
	bpf empty_slot "$slots" 0
	fw 0 rollback
	has "$err" "load number" "is in force again"
	force old
	fw 0 unload
	no_traces
}

e2e_main "$@"
