#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# devices: several devices of one ruleset, and devices that come and go.
. "${0%/*}/lib.sh"

both='devices = { eth0, eth1 }'

case_two_devices_in_one_load() {
	world eth0 eth1
	device=$both old_and_new
	fw 0 -f old.nft
	is "in force on eth0" "$(in_force eth0)" old
	is "in force on eth1" "$(in_force eth1)" old
	fw 0 -f new.nft
	is "in force on eth0" "$(in_force eth0)" new
	is "in force on eth1" "$(in_force eth1)" new
	is "modes" "$(mode_of eth0) $(mode_of eth1)" "native native"
	fw 0 list ruleset
	has "$out" "devices = { eth0, eth1 }" "udp dport 1002 counter packets 2 bytes 76 drop"
	is "programs" "$(ip -d link show | grep -o 'prog/xdp id [0-9]*' | sort -u | wc -l)" 1
}

# Each further stub program would make every switch slower.
case_a_second_device_gets_the_same_stub() {
	local stub
	world eth0 eth1
	old_and_new
	fw 0 -f old.nft
	stub=$(ip -d link show eth0 | grep -o 'prog/xdp id [0-9]*')
	fw 0 --device eth0,eth1 -f new.nft
	is "the stub of eth0" "$(ip -d link show eth0 | grep -o 'prog/xdp id [0-9]*')" "$stub"
	is "the stub of eth1" "$(ip -d link show eth1 | grep -o 'prog/xdp id [0-9]*')" "$stub"
}

# One device has its frames, then the other: from the first that one of them drops, both drop.
case_two_devices_switch_at_the_same_instant() {
	local last i
	world eth0 eth1
	device=$both rules pass.nft "ether type 0x88b5 counter accept"
	device=$both rules drop.nft "ether type 0x88b5 counter drop"
	for ((i = 0; i < 5; i++)); do
		fw 0 -f pass.nft
		net switch eth0 eth1 >numbers &
		sleep 0.2
		fw 0 -f drop.nft
		wait $!
		read -r -a last <numbers
		holds "frames went through before: ${last[*]}" [ "${last[0]}" -gt 100 ]
		holds "the last frames that went through: ${last[*]}" \
			[ "$((last[0] - last[1]))" -le 1 -a "$((last[1] - last[0]))" -le 1 ]
	done
}

case_rules_of_each_device() {
	world eth0 eth1
	rules each.nft "udp dport 1001 counter drop"
	device='device eth1' rules more.nft "udp dport 1002 counter drop"
	sed 's/netdev t/netdev u/' more.nft >>each.nft
	fw 0 -f each.nft
	is "in force on eth0" "$(in_force eth0)" old
	is "in force on eth1" "$(in_force eth1)" new
	fw 0 list ruleset
	has "$out" "udp dport 1001 counter packets 1 bytes 38 drop" \
		"udp dport 1002 counter packets 1 bytes 38 drop"
}

case_a_device_that_would_be_left_open() {
	world eth0 eth1
	device=$both rules both.nft "udp dport 1001 drop"
	rules one.nft "udp dport 1002 drop"
	fw 0 -f both.nft
	fw 3 -f one.nft
	has "$err" "has no filter for eth1, which has one now" "--drop-devices" "flush ruleset" \
		"the previous ruleset stays in force on eth0, eth1"
	is "in force on eth0" "$(in_force eth0)" old
	is "in force on eth1" "$(in_force eth1)" old
	fw 0 --drop-devices -f one.nft
	is "in force on eth0" "$(in_force eth0)" new
	is "in force on eth1" "$(in_force eth1)" none
	is "mode of eth1" "$(mode_of eth1)" none

	fw 0 -f both.nft
	is "in force on eth1" "$(in_force eth1)" old
	{ echo "flush ruleset"; cat one.nft; } >flush.nft
	fw 0 -f flush.nft
	is "in force on eth0" "$(in_force eth0)" new
	is "in force on eth1" "$(in_force eth1)" none
	is "mode of eth1" "$(mode_of eth1)" none
}

case_an_empty_ruleset() {
	world
	old_and_new
	echo "# nothing" >empty.nft
	echo "flush ruleset" >flush.nft
	fw 0 -f empty.nft
	no_traces
	fw 0 -f old.nft
	fw 3 -f empty.nft
	has "$err" "has no filter for eth0"
	is "in force" "$(in_force)" old
	fw 0 -f flush.nft
	is "in force" "$(in_force)" none
	no_traces
}

case_device_option() {
	world eth0 eth1
	old_and_new
	fw 0 --device eth1 -f old.nft
	is "in force on eth0" "$(in_force eth0)" none
	is "in force on eth1" "$(in_force eth1)" old
	fw 0 --device eth0,eth1 -f new.nft
	is "in force on eth0" "$(in_force eth0)" new
	is "in force on eth1" "$(in_force eth1)" new
	fw 0 list ruleset
	has "$out" "devices = { eth0, eth1 }"
	fw 3 --device eth0,eth7 -f new.nft
	has "$err" "device 'eth7' does not exist"
	device='device eth1' rules more.nft "udp dport 1002 drop"
	{ cat old.nft; sed 's/netdev t/netdev u/' more.nft; } >two.nft
	fw 2 --device eth0 -f two.nft
	has "$err" "--device"
	is "in force on eth0" "$(in_force eth0)" new
}

case_missing_device() {
	world
	device='device "eth9"' rules missing.nft "udp dport 1001 drop"
	fw 3 -f missing.nft
	has "$err" "missing.nft:3:" "device 'eth9' does not exist in this network namespace" \
		"did you mean 'eth0'?"
	no_traces
	rules iif.nft "iif eth9 udp dport 1001 drop" "iifname eth8 accept"
	fw 3 -f iif.nft
	has "$err" "iif.nft:4:" "device 'eth9' does not exist" "iifname does not"
	lacks "$err" eth8
	no_traces
	old_and_new
	fw 0 -f old.nft
	fw 3 -f missing.nft
	fw 3 -f iif.nft
	is "in force" "$(in_force)" old
}

case_iif_and_iifname() {
	world eth0 eth1
	device=$both rules names.nft "iif eth0 udp dport 1001 drop" \
		"iifname eth1 udp dport 1002 drop" 'iifname "eth9" drop'
	fw 0 -f names.nft
	is "in force on eth0" "$(in_force eth0)" old
	is "in force on eth1" "$(in_force eth1)" new
}

case_a_device_removed_under_its_filter() {
	world eth0 eth1
	device=$both old_and_new
	device='device eth1' rules one.nft "udp dport 1002 drop"
	fw 0 -f old.nft
	ip link del eth0
	fw 0 status
	has "$out" "device eth0: gone" "device eth1: native"
	fw 0 list ruleset
	has "$out" "udp dport 1001 counter packets 0 bytes 0 drop"
	is "in force on eth1" "$(in_force eth1)" old
	fw 3 -f new.nft
	has "$err" "device 'eth0' does not exist"
	is "in force on eth1" "$(in_force eth1)" old

	# A new device of the same name is another device until the next load.
	wire eth0
	is "in force on eth0" "$(in_force eth0)" none
	fw 0 status
	has "$out" "device eth0: gone" "device eth0: NOT FILTERED YET: it came after the load"
	fw 0 -f new.nft
	is "in force on eth0" "$(in_force eth0)" new
	is "in force on eth1" "$(in_force eth1)" new

	# Nobody is left open by a load that does not name what is gone.
	ip link del eth0
	fw 0 -f one.nft
	is "in force on eth1" "$(in_force eth1)" new
	ip link del eth1
	fw 0 status
	has "$out" "device eth1: gone"
	fw 0 unload
	no_traces
}

# Names are read at a load; a device keeps its filter under every name.
case_a_renamed_device() {
	local stub
	world
	old_and_new
	fw 0 -f old.nft
	ip link set eth0 down
	ip link set eth0 name wan0
	ip address flush dev wan0
	address env wan0 2 1
	is "mode" "$(mode_of wan0)" native
	fw 0 status
	has "$out" "device eth0, now wan0: native"
	stub=$(grep '^stub:' <<<"$out")
	fw 3 -f new.nft
	has "$err" "device 'eth0' does not exist"
	is "in force" "$(in_force)" old
	sed 's/eth0/wan0/' new.nft >renamed.nft
	fw 0 -f renamed.nft
	is "in force" "$(in_force)" new
	fw 0 status
	is "the device" "$(grep ^device <<<"$out")" "device wan0: native"
	is "the stub" "$(grep '^stub:' <<<"$out")" "$stub"
}

case_a_device_moved_to_another_namespace() {
	world eth0 eth1
	device='devices = { eth0, eth1 }' old_and_new
	device='device eth1' rules one.nft "udp dport 1002 drop"
	fw 0 -f old.nft
	ip netns add other
	ip link set eth0 netns other
	fw 0 status
	has "$out" "device eth0: gone" "device eth1: native"
	# What another namespace does with it is its own affair.
	lacks "$(nsenter --net=/run/netns/other ip link show eth0)" xdp
	fw 3 -f old.nft
	has "$err" "device 'eth0' does not exist"
	fw 0 -f one.nft
	is "in force on eth1" "$(in_force eth1)" new
	fw 0 unload
	no_traces
}

case_a_namespace_that_died() {
	local ids
	world
	old_and_new
	ip netns add dead
	nsenter --net=/run/netns/dead ip link add eth0 type veth peer name eth1
	fw 0 --netns dead -f old.nft
	is "folders" "$(pins | grep -c '^xdpfw/v1/[0-9a-f]*$')" 1
	ids=$(bpf ids)
	ip netns del dead
	fw 0 -f new.nft
	# The kernel takes a namespace apart when it has time.
	holds "the folder of the dead namespace is removed" within 20 one_folder_left
	is "in force" "$(in_force)" new
	holds "still in the kernel: $ids" within 20 bpf gone $ids
	fw 0 unload
	no_traces
}

one_folder_left() {
	fw 0 status
	[ "$(pins | grep -c '^xdpfw/v1/[0-9a-f]*$')" = 1 ]
}

case_namespaces_do_not_meet() {
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 --netns client -f new.nft
	is "folders" "$(pins | grep -c '^xdpfw/v1/[0-9a-f]*$')" 2
	fw 0 list ruleset
	has "$out" "udp dport 1001"
	fw 0 --netns client list ruleset
	has "$out" "udp dport 1002"
	fw 0 --netns client unload
	fw 0 --netns client list ruleset
	is "the client's rules" "$out" ""
	is "in force" "$(in_force)" old
	fw 0 unload
	no_traces
}

e2e_main "$@"
