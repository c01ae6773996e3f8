# SPDX-License-Identifier: GPL-2.0-only
# loading: loads, reloads, kills and unloads, with packets, on two native cards.
# shellcheck shell=dash

cd /tests/rules

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
	echo 'table netdev t { chain in { type filter hook ingress device n0 priority 0; udp dport 7 drop; }; }' \
		>/run/other.nft
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
	for point in built proved pinned attached switched; do
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
