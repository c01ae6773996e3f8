#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# foreign: XDP programs and pins of somebody else: named, with their owner, and left alone.
. "${0%/*}/lib.sh"

case_plain_program_is_named() {
	world
	old_and_new
	bpf foreign bpf/foreign
	ip link set eth0 xdp pinned bpf/foreign
	fw 3 -f old.nft
	has "$err" "eth0 has an XDP program of somebody else: 'foreign' (id " ", native)" \
		"--force detaches it, or 'ip link set dev eth0 xdpdrv off'" \
		"loaded $(date +%Y-%m-%d) " "by user 0" "attached without a link" \
		"pinned as $work/bpf/foreign" "no ruleset is in force"
	lacks "$err" "open in process"
	is "pins" "$(pins)" foreign
	fw 0 status --explain eth0
	has "$out" "filtered: no, eth0 has an XDP program of somebody else: 'foreign'" \
		"pinned as $work/bpf/foreign"
	# What it says helps.
	ip link set dev eth0 xdpdrv off
	fw 0 -f old.nft
	is "in force" "$(in_force)" old
}

case_generic_program_is_named() {
	world
	old_and_new
	bpf foreign bpf/foreign
	ip link set eth0 xdpgeneric pinned bpf/foreign
	fw 3 -f old.nft
	has "$err" "'foreign' (id " ", generic)" "ip link set dev eth0 xdpgeneric off"
	ip link set dev eth0 xdpgeneric off
	fw 0 -f old.nft
	is "in force" "$(in_force)" old
}

case_process_that_holds_a_link() {
	local holder id
	world
	old_and_new
	bpf hold_link eth0 >holder &
	holds "there is a link" within 20 [ -s holder ]
	holder=$(<holder)
	fw 3 -f old.nft
	id=$(sed -n 's/.*held on the device by link \([0-9]*\)$/\1/p' <<<"$err")
	has "$(bpftool link show id "$id")" "xdp  prog $(ip -d link show eth0 |
		sed -n 's/.*prog\/xdp id \([0-9]*\).*/\1/p')"
	has "$err" "'foreign' (id " \
		"open in process $holder (python3)" "bpftool link detach id $id"
	lacks "$err" "pinned as"
	fw 3 --force -f old.nft
	has "$err" "cannot take eth0 from the XDP program 'foreign'" "open in process $holder"
	bpftool link detach id "$id"
	fw 0 -f old.nft
	is "in force" "$(in_force)" old
	kill "$holder"
}

case_dispatcher_is_recognised() {
	world
	old_and_new
	bpf named xdp_dispatcher bpf/dispatcher
	ip link set eth0 xdp pinned bpf/dispatcher
	fw 3 -f old.nft
	has "$err" "'xdp_dispatcher'" "the dispatcher of libxdp" "xdp-loader unload eth0 --all"
}

case_names_that_are_not_plain() {
	world
	old_and_new
	bpf foreign bpf/foreign
	ip link set eth0 xdp pinned bpf/foreign
	bpf foreign_link lo bpf/other
	mkdir -p bpf/deep/deeper/deepest
	mv bpf/foreign $'bpf/deep/deeper/deepest/a\e[31mb'
	ln -s / bpf/everything
	fw 3 -f old.nft
	has "$err" "pinned as $work/bpf/deep/deeper/deepest/a?[31mb"
	lacks "$err" $'\e' other
}

# A program that comes after ours was taken off.
case_later_program_is_named_by_status() {
	local link
	world
	old_and_new
	fw 0 -f old.nft
	link=$(find bpf/xdpfw -name 'link-*')
	bpftool link detach pinned "$link"
	bpf foreign bpf/foreign
	ip link set eth0 xdp pinned bpf/foreign
	fw 0 status
	has "$out" "device eth0: NOT FILTERED: somebody took the stub program off; eth0 has an XDP" \
		"'foreign' (id " "pinned as $work/bpf/foreign"
	fw 3 -f new.nft
	has "$err" "eth0 has an XDP program of somebody else: 'foreign'"
	fw 0 --force -f new.nft
	has "$err" "notice: the XDP program 'foreign' (id " "was detached from eth0"
	is "in force" "$(in_force)" new
}

# Asking for the kernel's words means attaching through netlink; a kill there leaves our own stub.
case_stub_of_a_killed_command() {
	local stub
	world
	old_and_new
	fw 0 -f old.nft
	stub=$(ip -d link show eth0 | sed -n 's/.*prog\/xdp id \([0-9]*\).*/\1/p')
	bpftool prog pin id "$stub" bpf/stub
	ip link add eth2 type veth peer name eth2 netns client
	ip link set eth2 xdp pinned bpf/stub
	rm bpf/stub
	device='devices = { eth0, eth2 }' rules both.nft "udp dport 1002 drop"
	fw 0 -f both.nft
	lacks "$err" "somebody else" "was detached"
	is "links" "$(pins | grep -c link-)" 2
	is "mode of eth2" "$(mode_of eth2)" native
}

# ---- pins ----

case_pins_of_others_in_our_folder_stay() {
	local folder
	world
	old_and_new
	fw 0 -f old.nft
	folder=$(dirname "$(find bpf/xdpfw -name slots)")
	bpf map "$folder/theirs"
	bpf foreign "$folder/link-theirs"
	mkdir "$folder/folder"
	bpf map "$folder/folder/inside"
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
	fw 0 status
	fw 0 unload
	has "$err" "notice: the folder " " stays, because it holds what xdpfw did not put there" \
		"'theirs'" "'link-theirs'" "'folder'"
	is "in force" "$(in_force)" none
	is "mode" "$(mode_of eth0)" none
	is "pins" "$(pins | sed 's,^xdpfw/v1/[0-9a-f]*,,')" $'xdpfw\nxdpfw/v1\n\n/folder\n/folder/inside\n/link-theirs\n/theirs'
	fw 0 -f old.nft
	is "in force" "$(in_force)" old
	fw 0 unload
	rm -r "$folder/folder/inside" "$folder/theirs" "$folder/link-theirs"
	rmdir "$folder/folder"
	fw 0 status
	lacks "$err" notice
	is "pins" "$(pins)" ""
}

# A folder of another tool that has our names in it is not ours.
case_folders_of_other_tools_are_not_used() {
	world
	old_and_new
	mkdir -p bpf/xdp/dispatch-2-1
	bpf map bpf/xdp/dispatch-2-1/slots
	fw 0 -f old.nft
	fw 0 -f new.nft
	fw 0 unload
	is "pins" "$(pins)" $'xdp\nxdp/dispatch-2-1\nxdp/dispatch-2-1/slots'
}

e2e_main "$@"
