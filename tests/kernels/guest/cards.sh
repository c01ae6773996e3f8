# SPDX-License-Identifier: GPL-2.0-only
# cards: real cards of several kinds, with traffic from the card at the other end of the wire.
# shellcheck shell=dash

cd /tests/rules

prepare() {
	load_module veth virtio_pci virtio_net e1000 vmxnet3 8021q
	name_cards
}

# traffic DEVICE: the rules decide about packets of all kinds, and count them.
traffic() {
	local bulk=100	# both words fit into the smallest ring
	is "what comes through $1" "$(reach "$1" udp:1001 udp:1003 udp6:1001 udp6:1003 tcp:22 tcp:80 \
		5/udp:1001 5/udp:1003 6/udp:1003 first:1001 first:1003 later:1001 7/later:1003)" \
		"udp:1003 udp6:1003 tcp:80 5/udp:1003 first:1003"
	is "in bulk through $1" "$(frames -n $bulk client "p$1" "$1" udp:1001 udp:1003)" "udp:1003"
	# IPv4, IPv6, tagged, the first fragment; frames are 66 bytes, without the Ethernet header 52.
	is "drops of port 1001" "$(counter 'port 1001')" \
		"$((4 + bulk)) $(((3 + bulk) * 52 + 72))"
	is "passes of port 1003" "$(counter 'port 1003')" \
		"$((4 + bulk)) $(((3 + bulk) * 52 + 72))"
	is "drops of ssh" "$(counter 'ssh')" "1 64"
	is "drops of tag 6" "$(counter 'tag 6')" "1 52"
	is "drops of later fragments" "$(counter 'later fragments')" "2 104"
}

# A card that takes VLAN tags off leaves nothing of them for XDP.
keep_tags() { ethtool -K "$1" rxvlan off; }

# native DEVICE, generic DEVICE: loads, sends, reloads.
native() {
	fw 0 --mode native --device "$1" -f traffic.nft
	lacks "$err" notice
	is "mode" "$(mode_of "$1")" native
	traffic "$1"
	fw 0 --device "$1" -f traffic.nft
	lacks "$err" notice
	is "mode after a reload" "$(mode_of "$1")" native
	fw 0 unload
	no_traces
}

# WORDS are what the kernel says of native mode.
generic() {
	local device=$1 words=$2
	fw 3 --mode native --device "$device" -f traffic.nft
	has "$err" "$device" "native" "$words" "no ruleset is in force"
	no_traces
	fw 0 --device "$device" -f traffic.nft
	has "$err" "notice" "$device" "generic mode" "$words"
	is "mode" "$(mode_of "$device")" generic
	traffic "$device"
	fw 0 status
	has "$out" "device $device: generic" "$words"
	fw 0 --device "$device" -f traffic.nft
	is "mode after a reload" "$(mode_of "$device")" generic
	fw 0 unload
	no_traces
}

case_virtio() { native n0; }

case_virtio_generic() {
	fw 0 --mode generic --device n0 -f traffic.nft
	is "mode" "$(mode_of n0)" generic
	traffic n0
}

# With the offloads that a real host gives, which can be switched off.
case_virtio_with_offloads() { native o0; }

# The same without the means to switch them off: even "any mode" is refused by the driver.
case_virtio_without_control() { generic w0 "Can't set XDP while host is implementing"; }

case_e1000() {
	keep_tags e0
	generic e0 "Underlying driver does not support XDP in native mode"
}

case_vmxnet3() {
	keep_tags x0
	if kernel_is 6 6; then
		native x0
	else
		generic x0 "Underlying driver does not support XDP in native mode"
	fi
}
