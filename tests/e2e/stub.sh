#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# stub: the program on the devices: its form, and a stub of an older xdpfw that is replaced while
# packets come in.
. "${0%/*}/lib.sh"

# The kernel makes a jump of a tail call whose slot is constant; clang could make one call of two.
case_two_tail_calls() {
	local calls
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 status
	bpftool prog dump xlated id "$(sed -n 's/^stub: id //p' "$work/out")" >stub
	calls=$(grep -v '^;' stub | grep -B1 'call bpf_tail_call' | sed -n 's/.*) \(w3 = .*\)/\1/p')
	is "slots that are called" "$(sort <<<"$calls")" "w3 = 0"$'\n'"w3 = 1"
	is "calls" "$(grep -c 'call bpf_tail_call' stub)" 2
	is "look-ups" "$(grep -c 'call .*lookup' stub || true)" 0
	# Registers that outlive calls would cost every packet.
	lacks "$(cat stub)" "r6" "r7" "r8" "r9"
}

# put_first: the devices get the stub of the first version, which runs what is in force.
put_first() {
	local folder program link
	clang -target bpf -mcpu=v3 -O2 -g -c "$here/stub_first.bpf.c" -o first.o
	fw 0 status
	program=$(sed -n 's/^program: id \([0-9]*\),.*/\1/p' "$work/out")
	folder=$(dirname "$(find bpf/xdpfw -name slots)")
	bpftool prog load first.o bpf/first type xdp pinmaps bpf/first_maps
	bpftool map update pinned bpf/first_maps/slots key 0 0 0 0 value id "$program"
	bpftool map update pinned bpf/first_maps/control key 0 0 0 0 \
		value 5 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0
	for link in "$folder"/link-*; do
		bpf update_link "$link" bpf/first
	done
	rm "$folder"/{slots,control,missed}
	bpftool map pin pinned bpf/first_maps/slots "$folder/slots"
	bpftool map pin pinned bpf/first_maps/control "$folder/control"
	rm -r bpf/first bpf/first_maps
}

# Both rulesets drop port 1001; whatever arrives while one replaces the other got by.
prepare() {
	world eth0 eth1
	mount -t sysfs sysfs /sys
	device='devices = { eth0, eth1 }' rules old.nft "udp dport 1001 counter drop"
	device='devices = { eth0, eth1 }' rules new.nft "udp dport { 1001, 1002 } counter drop" \
		"udp dport 1001 counter"
	fw 0 -f old.nft
	put_first
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
}

case_first_stub_is_replaced() {
	prepare
	net pour 198.51.100.2 1001 ready >got &
	within 20 test -s ready
	fw 0 --confirm 60 -f new.nft
	: >stop
	wait $!
	lacks "$err" "somebody"
	read -r sent arrived <got
	holds "packets were sent: $sent" [ "$sent" -gt 100 ]
	is "packets that got by" "$arrived" 0
	is "in force" "$(in_force eth0) $(in_force eth1)" "both both"
	fw 0 status
	has "$out" "missed tail calls: 5" "confirm: " "device eth0: native" "device eth1: native"
	is "stubs" "$(bpf ids | tr ' ' '\n' | grep -c prog)" 3
	fw 0 rollback
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
	fw 0 unload
	no_traces
}

case_replacing_it_is_killed() {
	local status point
	prepare
	for point in aside replaced; do
		status=0
		{ XDPFW_KILL_AT=$point "${faults[@]}" -f new.nft >out 2>err || status=$?; } 2>/dev/null
		is "status of a load killed at $point" $status 137
		is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
		fw 0 status
		is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
	done
	fw 0 -f new.nft
	is "in force" "$(in_force eth0) $(in_force eth1)" "both both"
	fw 0 status
	has "$out" "missed tail calls: 5"
	fw 0 unload
	no_traces
}

# Without a load nothing of it is touched.
case_commands_meet_the_first_stub() {
	prepare
	fw 0 list ruleset
	has "$out" 1001
	fw 3 confirm
	has "$err" "there is nothing to confirm: load number 1 is in force"
	fw 3 rollback
	has "$err" "there is no ruleset to go back to"
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
	fw 0 unload
	no_traces
}

e2e_main "$@"
