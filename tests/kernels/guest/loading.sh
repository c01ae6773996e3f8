# SPDX-License-Identifier: GPL-2.0-only
# loading: loads, reloads, kills and unloads, with packets, on two native cards.
# shellcheck shell=dash

cd /tests/rules

# In the order in which a load comes to them.
points="built proved pinned attached saved previous deadline switched"

prepare() {
	load_module veth virtio_pci virtio_net e1000
	name_cards
}

case_load_reload_unload() {
	fw 0 -f old.nft
	lacks "$err" notice
	is "mode" "$(mode_of n0)" native
	is "in force" "$(in_force n0)" old
	is "counter" "$(counter 1001)" "1 52"
	fw 0 -f new.nft
	is "in force" "$(in_force n0)" new
	fw 0 status
	has "$out" "device n0: native" "load number 2 of"
	fw 0 -f old.nft
	is "in force" "$(in_force n0)" old
	fw 0 unload
	is "in force" "$(in_force n0)" none
	no_traces
}

# What was not built on the host cannot be built here.
case_no_clang() {
	fw 0 -f old.nft
	sed s/1001/7/ old.nft >/run/other.nft
	fw 3 -f /run/other.nft
	has "$err" "clang is needed to build the program" "the previous ruleset stays in force on n0"
	is "in force" "$(in_force n0)" old
}

# A generic device stays generic over a reload.
case_generic() {
	fw 0 --mode generic -f old.nft
	is "mode" "$(mode_of n0)" generic
	is "in force" "$(in_force n0)" old
	fw 0 -f new.nft
	is "mode" "$(mode_of n0)" generic
	is "in force" "$(in_force n0)" new
	fw 0 unload
	no_traces
}

# A load that is killed leaves the old rules or the new ones, on both devices.
case_killed() {
	local point wanted
	for point in $points; do
		fw 0 -f both_old.nft
		kill_at $point -f both_new.nft
		wanted=old
		[ $point != switched ] || wanted=new
		is "on n0 after $point" "$(in_force n0)" $wanted
		is "on n1 after $point" "$(in_force n1)" $wanted
		fw 0 status
		has "$out" "device n0: native" "device n1: native"
		is "on n0 after status" "$(in_force n0)" $wanted
		fw 0 -f both_new.nft
		is "on n0 after the next load" "$(in_force n0)" new
		is "on n1 after the next load" "$(in_force n1)" new
	done
	fw 0 unload
	no_traces
}

case_killed_at_the_first_load() {
	local point wanted
	# There is nothing to be saved.
	for point in built proved pinned attached switched; do
		kill_at $point -f both_new.nft
		wanted=none
		[ $point != switched ] || wanted=new
		is "on n0 after $point" "$(in_force n0)" $wanted
		is "on n1 after $point" "$(in_force n1)" $wanted
		fw 0 unload
		no_traces
	done
}

case_killed_anywhere() {
	local i=0 pid status deaths=0
	fw 0 -f both_old.nft
	while [ $i -lt 12 ]; do
		i=$((i + 1)) status=0
		xdpfw -f both_new.nft 2>/run/err &
		pid=$!
		usleep $((i * 30000))
		kill -KILL $pid 2>/dev/null || true
		wait $pid || status=$?
		[ $status != 137 ] || deaths=$((deaths + 1))
		case "$(in_force n0) $(in_force n1)" in
		"old old" | "new new") checked ;;
		*) stop "half: $(in_force n0) on n0, $(in_force n1) on n1" ;;
		esac
		fw 0 -f both_old.nft
		is "on n0" "$(in_force n0)" old
		is "on n1" "$(in_force n1)" old
	done
	echo "$deaths of $i were killed"
	holds "none was killed" [ $deaths -gt 0 ]
	fw 0 unload
	no_traces
}

# ---- the way back ----

# both WANTED WHEN
both() {
	is "on n0 $2" "$(in_force n0)" "$1"
	is "on n1 $2" "$(in_force n1)" "$1"
}

case_confirmed() {
	fw 0 -f both_old.nft
	fw 0 --confirm 15 -f both_new.nft
	has "$err" "the ruleset before comes back in 15 seconds"
	fw 0 status
	has "$out" "confirm: " "then load number 1 comes back"
	fw 0 confirm
	sleep 16
	both new "after the time is over"
	fw 0 unload
	no_traces
}

# No process of xdpfw is left, and none is started before the packets are judged.
case_not_confirmed() {
	fw 0 -f both_old.nft
	fw 0 --confirm 12 -f both_new.nft
	both new "at first"
	sleep 13
	! pidof xdpfw || stop "xdpfw runs"
	both old "when the time is over"
	fw 3 confirm
	has "$err" "load number 2 was not confirmed in time: load number 1 is in force again"
	both old "after the next command"
	fw 0 -f both_new.nft
	both new "after the next load"
	fw 0 unload
	no_traces
}

case_not_confirmed_first_load() {
	fw 0 --confirm 12 -f both_new.nft
	both new "at first"
	sleep 13
	both none "when the time is over"
	fw 3 confirm
	has "$err" "load number 1 was not confirmed in time: there is no ruleset again"
	both none "after the next command"
	no_traces
}

case_rollback() {
	fw 0 -f both_old.nft
	is "figures" "$(reach n0 udp:1001) $(counter 1001)" " 1 52"
	fw 0 -f both_new.nft
	both new "before"
	fw 0 rollback
	has "$err" "load number 1 is in force again"
	both old "after one rollback"
	is "figures" "$(counter 1001)" "3 156"
	fw 0 rollback
	both new "after two"
	fw 0 --confirm 60 -f both_old.nft
	both old "while it is pending"
	fw 0 rollback
	both new "after a rollback of that"
	fw 0 unload
	no_traces
}

# What was to be confirmed and is killed at any point leaves one of the two, and a way back.
case_killed_with_confirm() {
	local point wanted
	for point in proved deadline switched; do
		fw 0 -f both_old.nft
		kill_at $point --confirm 6 -f both_new.nft
		wanted=old
		[ $point != switched ] || wanted=new
		both $wanted "after $point"
		sleep 7
		both old "when the time is over, after $point"
		fw 0 status
		both old "after status, after $point"
		fw 0 unload
		no_traces
	done
}
