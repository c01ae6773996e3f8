# SPDX-License-Identifier: GPL-2.0-only
# cards: real cards of several kinds, with traffic from the card at the other end of the wire.
# shellcheck shell=dash

cd /tests/rules

# The words of the kernel.
no_driver="Underlying driver does not support XDP in native mode"
no_offloads="Can't set XDP while host is implementing"

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
case_virtio_without_control() { generic w0 "$no_offloads"; }

case_e1000() {
	keep_tags e0
	generic e0 "$no_driver"
	fw 0 --device e0 -f traffic.nft
	fw 3 --mode native --device e0 -f traffic.nft
	has "$err" "e0" "the previous ruleset stays in force on e0"
	is "mode after a refused change" "$(mode_of e0)" generic
	traffic e0
}

case_vmxnet3() {
	keep_tags x0
	if kernel_is 6 6; then
		native x0
	else
		generic x0 "$no_driver"
	fi
}

# The way to native mode that xdpfw names is one.
case_vmxnet3_mtu() {
	kernel_is 6 6 || { is "mode of an older driver" "$(mode_of x0)" none; return; }
	ip link set x0 mtu 9000
	fw 0 --device x0 -f traffic.nft
	has "$err" "generic mode" "MTU"
	fw 0 status --explain x0
	has "$out" "driver vmxnet3" "ip link set dev x0 mtu 1500"
	fw 0 unload
	ip link set dev x0 mtu 1500
	fw 0 --device x0 -f traffic.nft
	lacks "$err" "generic mode"
	is "mode" "$(mode_of x0)" native
}

# ---- what is said of a card ----

case_explain() {
	fw 0 status --explain n0
	has "$out" "driver virtio_net" "filtered: no"
	fw 0 --device n0 -f traffic.nft
	fw 0 status --explain n0
	has "$out" "in native mode" "the driver took it"
	kernel_is 6 3 || has "$out" "driver declares: this kernel does not tell"
	fw 0 --device w0 --drop-devices -f traffic.nft
	fw 0 status --explain w0
	has "$out" "in generic mode" "EOPNOTSUPP: " "$no_offloads" "ctrl_guest_offloads=on"
	fw 0 --device e0 --drop-devices -f traffic.nft
	fw 0 status --explain e0
	has "$out" "driver e1000" "EOPNOTSUPP: " "$no_driver" "no setting is known"
}

case_fix_offloads_knows_nothing() {
	local before
	before=$(ethtool -k w0)
	fw 0 --fix-offloads --device w0 -f traffic.nft
	has "$err" "generic mode"
	is "mode" "$(mode_of w0)" generic
	is "settings" "$(ethtool -k w0)" "$before"
}

# A card that takes tags off leaves rules for them without a packet: that is said, and mended.
case_tags_taken_off() {
	ethtool -K e0 rxvlan on
	fw 0 --device e0 -f traffic.nft
	has "$err" "e0: VLAN tags are taken off packets before XDP sees them" "ethtool -K e0 rxvlan off"
	fw 0 status
	has "$out" "RULES FOR VLAN TAGS DO NOT MATCH: ethtool -K e0 rxvlan off"
	is "tagged" "$(reach e0 6/udp:1003)" 6/udp:1003
	fw 0 --fix-offloads --device e0 -f traffic.nft
	has "$err" "--fix-offloads turned rx-vlan-hw-parse off"
	is "tagged, mended" "$(reach e0 6/udp:1003 5/udp:1003)" 5/udp:1003
	fw 0 status
	lacks "$out" "VLAN TAGS"
}

# ---- a change of the mode ----

# Packets that reach the stack: to ports that nobody listens to, and to others.
delivered() { awk '/^Udp: [0-9]/ { print $2 + $3 }' /proc/net/snmp; }

covers() { nft list tables | grep -c xdpfw || true; }

# Sends to a port that the rules drop, until /run/quiet is there.
flood() {
	while [ ! -e /run/quiet ]; do
		frames -n 200 client po0 o0 udp:1001
	done
}

case_change_of_mode() {
	local before flood
	load_module nf_tables
	ip address add 192.0.2.2/24 dev o0
	fw 0 --mode native --device o0 -f traffic.nft
	before=$(delivered)
	reach o0 udp:1001 udp:1003
	is "packets of which one is passed" "$(delivered)" $((before + 1))
	before=$(delivered)
	rm -f /run/quiet
	flood >/run/flood 2>&1 &
	flood=$!
	sleep 1
	fw 0 --mode generic --device o0 -f traffic.nft
	has "$err" "o0 was changed from native to generic mode"
	is "mode" "$(mode_of o0)" generic
	sleep 1
	fw 0 --mode native --device o0 -f traffic.nft
	has "$err" "o0 was changed from generic to native mode"
	is "mode" "$(mode_of o0)" native
	sleep 1
	touch /run/quiet
	wait $flood
	is "packets that got by" "$(delivered)" "$before"
	is "covers" "$(covers)" 0
	set -- $(counter 'port 1001')
	holds "only $1 packets came to the rules" [ "$1" -gt 400 ]
	ip address del 192.0.2.2/24 dev o0
	fw 0 unload
	no_traces
}

is_filtered() { [ "$(mode_of o0)" != none ] && [ "$(covers)" = 0 ]; }

case_change_of_mode_killed() {
	load_module nf_tables
	fw 0 --mode native --device o0 -f traffic.nft
	kill_at detached --mode generic --device o0 -f traffic.nft
	holds "the guard does not mend it" within 30 is_filtered
	is "what comes through" "$(reach o0 udp:1001 udp:1003)" udp:1003
	fw 0 --mode native --device o0 -f traffic.nft
	kill_at guard,detached --mode generic --device o0 -f traffic.nft
	fw 0 status
	holds "the next command does not mend it" is_filtered
	is "what comes through" "$(reach o0 udp:1001 udp:1003)" udp:1003
	fw 0 unload
	no_traces
	is "covers" "$(covers)" 0
}

gro_hw() { ethtool -k o0 | sed -n 's/^rx-gro-hw: //p'; }

# The kernel itself takes receive offloads off under a generic program, and leaves them so: the
# manual says it.  xdpfw touches none.
case_offloads_under_generic() {
	ethtool -K o0 rx-gro-hw on
	is "before" "$(gro_hw)" on
	fw 0 --mode native --device o0 -f traffic.nft
	is "under a native program" "$(gro_hw)" on
	fw 0 unload
	fw 0 --mode generic --device o0 -f traffic.nft
	is "under a generic program" "$(gro_hw)" off
	fw 0 unload
	is "without one" "$(gro_hw)" off
	no_traces
}
