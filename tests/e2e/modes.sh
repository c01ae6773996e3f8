#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: how the stub is attached: native, generic, and what happens when the driver says no.
. "${0%/*}/lib.sh"

case_native_on_veth() {
	world
	old_and_new
	fw 0 -f old.nft
	lacks "$err" notice
	is "mode" "$(mode_of eth0)" native
	is "in force" "$(in_force)" old
	fw 0 status
	is "the device" "$(grep ^device "$work/out")" "device eth0: native"
}

case_generic_asked_for() {
	world
	old_and_new
	fw 0 --mode generic -f old.nft
	lacks "$err" notice
	is "mode" "$(mode_of eth0)" generic
	is "in force" "$(in_force)" old
	fw 0 status
	has "$out" "device eth0: generic (asked for)"
}

# The driver refuses a device that has fewer queues to receive than its peer has to send.
few_queues() {
	ip netns add client
	in_client ip link set lo up
	ip link add eth0 numrxqueues 1 numtxqueues 1 type veth \
		peer name eth0 netns client numrxqueues 2 numtxqueues 2
	address env eth0 2 1
	address in_client eth0 1 2
}
refusal="veth: XDP expects number of rx queues not less than peer tx queues"

case_refused_native_falls_to_generic() {
	few_queues
	old_and_new
	fw 0 -f old.nft
	has "$err" "notice: eth0: generic mode, which is slower, because native mode was refused" \
		"refused: $refusal"
	is "mode" "$(mode_of eth0)" generic
	is "in force" "$(in_force)" old
	fw 0 status
	has "$out" "device eth0: generic ($refusal)"
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
	fw 0 status
	has "$out" "device eth0: generic ($refusal)"
}

case_refused_native_is_an_error_when_asked_for() {
	few_queues
	old_and_new
	fw 3 --mode native -f old.nft
	has "$err" "cannot attach to eth0 in native mode: $refusal" "no ruleset is in force"
	is "in force" "$(in_force)" none
	no_traces
}

# Both or none: the first device took the stub before the second one refused.
case_refusal_on_the_second_device_takes_the_first_back() {
	few_queues
	wire eth1
	old_and_new
	device='devices = { eth1, eth0 }' rules both.nft "udp dport 1002 drop"
	fw 3 --mode native -f both.nft
	has "$err" "cannot attach to eth0 in native mode"
	no_traces
	device='device eth1' rules one.nft "udp dport 1001 drop"
	fw 0 --mode native -f one.nft
	fw 3 --mode native -f both.nft
	has "$err" "the previous ruleset stays in force on eth1"
	is "in force on eth1" "$(in_force eth1)" old
	is "in force on eth0" "$(in_force eth0)" none
	is "mode of eth0" "$(mode_of eth0)" none
}

case_device_without_native_xdp() {
	old_and_new
	device='device lo' rules lo.nft "udp dport 1001 counter drop"
	fw 3 --mode native -f lo.nft
	has "$err" "cannot attach to lo in native mode: Underlying driver does not support XDP"
	no_traces
	fw 0 -f lo.nft
	has "$err" "lo: generic mode" "Underlying driver does not support XDP in native mode"
	is "in force" "$(in_force lo)" old
	fw 0 list ruleset
	has "$out" "udp dport 1001 counter packets 1 bytes 38 drop"
}

case_reload_keeps_the_mode() {
	world
	old_and_new
	fw 0 --mode generic -f old.nft
	fw 0 -f new.nft
	is "mode" "$(mode_of eth0)" generic
	fw 3 --mode native -f old.nft
	has "$err" "eth0 is in generic mode, and a reload keeps the mode" "unload" \
		"the previous ruleset stays in force on eth0"
	is "in force" "$(in_force)" new
	fw 0 unload
	fw 0 --mode native -f old.nft
	fw 3 --mode generic -f new.nft
	has "$err" "eth0 is in native mode"
	is "in force" "$(in_force)" old
}

case_jumbo_frames_attach_native() {
	world
	ip link set eth0 mtu 9000
	in_client ip link set eth0 mtu 9000
	old_and_new
	fw 0 --mode native -f old.nft
	is "in force" "$(in_force)" old
	holds "a ping of 8000 bytes" in_client ping -q -c 1 -W 2 -M "do" -s 8000 198.51.100.2
	fw 0 list ruleset
	has "$out" "udp dport 1001 counter packets 1 bytes 38 drop"
}

e2e_main "$@"
