# SPDX-License-Identifier: GPL-2.0-only
# devices: bonds, VLAN devices, devices without Ethernet frames, and cards that come, go and are
# renamed.  n0 and n1 are there; h0 is plugged in and pulled out.
# shellcheck shell=dash

cd /tests/rules

prepare() {
	load_module veth virtio_pci virtio_net bonding 8021q tun wireguard
	name_cards
}

# ---- bonds ----

make_bond() {
	ip link add bond0 type bond mode balance-rr miimon 50
	ip link set bond0 promisc on up
	enslave "$@"
}

enslave() {
	local device
	for device; do
		ip link set "$device" down
		ip link set "$device" master bond0
		ip link set "$device" up
	done
	sleep 1
}

# Leaves the two cards as they were.
break_bond() {
	local device
	fw 0 unload
	ip link del bond0
	for device in n0 n1; do
		ip link set "$device" promisc on up
	done
	sleep 1
	no_traces
}

# through WIRE WORD...: sent to the card of that name, seen on the bond.
through() {
	local wire=$1
	shift
	frames client "p$wire" bond0 "$@"
}

case_bond() {
	make_bond n0 n1
	fw 0 --mode native --device bond0 -f new.nft
	is "mode" "$(mode_of bond0)" native
	is "by the first" "$(through n0 udp:1001 udp:1002 5/udp:1002)" udp:1001
	is "by the second" "$(through n1 udp:1001 udp:1002 5/udp:1002)" udp:1001
	is "counter" "$(counter 1002)" "4 208"
	fw 0 status
	has "$out" "device bond0: native" "member of bond0"
	fw 0 --device bond0 -f old.nft
	is "by the first" "$(through n0 udp:1001 udp:1002)" udp:1002
	is "by the second" "$(through n1 udp:1001 udp:1002)" udp:1002
	break_bond
}

case_bond_generic() {
	make_bond n0 n1
	fw 0 --mode generic --device bond0 -f new.nft
	is "mode" "$(mode_of bond0)" generic
	is "by the first" "$(through n0 udp:1001 udp:1002)" udp:1001
	is "by the second" "$(through n1 udp:1001 udp:1002)" udp:1001
	is "counter" "$(counter 1002)" "2 104"
	break_bond
}

# A card that joins is filtered at once, whether or not anybody notices; one that leaves is not.
case_bond_gets_a_member() {
	make_bond n0
	fw 0 --mode native --device bond0 -f new.nft
	is "by the first" "$(through n0 udp:1001 udp:1002)" udp:1001
	enslave n1
	is "by the second, not noticed" "$(through n1 udp:1001 udp:1002)" udp:1001
	fw 0 watch --once
	is "by the second, noticed" "$(through n1 udp:1001 udp:1002)" udp:1001
	fw 0 status
	has "$out" "n1"
	ip link set n1 nomaster
	ip link set n1 promisc on up
	sleep 1
	is "after it left" "$(reach n1 udp:1001 udp:1002)" "udp:1001 udp:1002"
	fw 0 watch --once
	is "after it was seen to leave" "$(reach n1 udp:1001 udp:1002)" "udp:1001 udp:1002"
	is "by the first" "$(through n0 udp:1001 udp:1002)" udp:1001
	break_bond
}

# Two bonds with rules of their own.
case_two_bonds() {
	make_bond n0
	ip link add bond1 type bond mode balance-rr miimon 50
	ip link set bond1 promisc on up
	fw 0 --mode native -f two_bonds.nft
	is "bond0" "$(through n0 udp:1001 udp:1002)" udp:1002
	ip link set n1 down
	ip link set n1 master bond1
	ip link set n1 up
	sleep 1
	# Nobody knows yet whose rules are meant: nothing comes in.
	is "bond1, not noticed" "$(frames client pn1 bond1 udp:1001 udp:1002)" ""
	fw 0 watch --once
	is "bond1" "$(frames client pn1 bond1 udp:1001 udp:1002)" udp:1001
	is "bond0" "$(through n0 udp:1001 udp:1002)" udp:1002
	fw 0 unload
	ip link del bond1
	break_bond
}

# A load that adds a device does not filter it before the switch.
case_bond_and_another_device() {
	make_bond n0
	fw 0 --mode native --device bond0 -f new.nft
	kill_at attached -f bond_and_card.nft
	is "the card" "$(reach n1 udp:1001 udp:1002)" "udp:1001 udp:1002"
	is "the bond" "$(through n0 udp:1001 udp:1002)" udp:1001
	fw 0 -f bond_and_card.nft
	is "the card" "$(reach n1 udp:1001 udp:1002)" udp:1002
	is "the bond" "$(through n0 udp:1001 udp:1002)" udp:1002
	break_bond
}

case_member_by_name() {
	make_bond n0
	fw 3 -f bond_and_member.nft
	has "$err" "device 'n0' is a member of 'bond0', which has a filter of its own here"
	no_traces
	break_bond
}

# ---- what stands on a card, and what has no Ethernet frames ----

case_vlan_device() {
	ip link add link n0 name n0.5 type vlan id 5
	ip link set n0.5 up
	fw 0 -f old.nft
	is "untagged" "$(in_force n0)" old
	is "tagged" "$(frames client pn0 n0.5 5/udp:1001 5/udp:1002 6/udp:1002)" 5/udp:1002
	fw 0 unload
	fw 0 --device n0.5 -f new.nft
	has "$err" "generic mode"
	is "the device itself" "$(frames client pn0 n0.5 5/udp:1001 5/udp:1002)" 5/udp:1001
	is "beside it" "$(reach n0 udp:1001 udp:1002)" "udp:1001 udp:1002"
	fw 0 unload
	ip link del n0.5
	no_traces
}

no_ethernet() {
	ip link set "$1" up
	fw 3 --device "$1" -f old.nft
	has "$err" "$1" "does not carry Ethernet frames" "no ruleset is in force"
	no_traces
	ip link del "$1"
}

case_wireguard() {
	ip link add wg0 type wireguard
	no_ethernet wg0
}

case_tun() {
	ip tuntap add dev tun0 mode tun
	no_ethernet tun0
}

# ---- cards that come and go ----

# Leaves the kernel's name of it in $card.  qemu refuses while it still takes the last one out.
plug() {
	local tries=6
	until is_plugged; do
		tries=$((tries - 1))
		[ $tries != 0 ] || stop "no card came"
		echo "@monitor device_add virtio-net-pci,netdev=a3,mac=52:54:00:00:03:01,romfile=,id=h0" \
			>/dev/console
		within 4 is_plugged || continue
	done
	card=$(grep -ls 52:54:00:00:03:01 /sys/class/net/*/address)
	card=${card%/address}
	card=${card##*/}
}

pull() {
	echo "@monitor device_del h0" >/dev/console
	holds "the card stays" within 20 is_pulled
}

is_plugged() { grep -qs 52:54:00:00:03:01 /sys/class/net/*/address; }
is_pulled() { ! is_plugged; }

status_has() { xdpfw status | grep -q "$1"; }

# The rules name n0 and h0.
case_card_comes_later() {
	local card
	fw 3 -f late.nft
	has "$err" "h0" "does not exist"
	fw 0 --allow-missing -f late.nft
	is "n0" "$(in_force n0)" old
	plug
	ip link set "$card" name h0
	fw 0 watch --once
	has "$err" "h0 has come and is filtered (native)"
	ip link set h0 promisc on up
	sleep 1
	is "h0" "$(in_force h0)" old
	is "mode" "$(mode_of h0)" native
	pull
	fw 0 watch --once
	fw 0 status
	lacks "$out" "device h0: native"
	is "n0" "$(in_force n0)" old
	fw 0 unload
	no_traces
}

# With somebody who waits for it.
case_card_comes_while_watched() {
	local card watch
	fw 0 --allow-missing -f late.nft
	xdpfw watch 2>/run/watched &
	watch=$!
	plug
	ip link set "$card" name h0
	holds "h0 is not filtered" within 20 status_has "device h0: native"
	ip link set h0 promisc on up
	sleep 1
	is "h0" "$(in_force h0)" old
	# A new name, and the old filter.
	ip link set h0 down
	ip link set h0 name other
	ip link set other up
	sleep 1
	is "renamed" "$(frames client ph0 other udp:1001 udp:1002)" udp:1002
	holds "the new name is not known" within 20 status_has "device other: native"
	pull
	holds "the device stays" within 20 sh -c "! xdpfw status | grep -q 'device other: native'"
	# Again, by another name and number.
	plug
	ip link set "$card" name h0
	holds "h0 is not filtered again" within 20 status_has "device h0: native"
	ip link set h0 promisc on up
	sleep 1
	is "h0 again" "$(in_force h0)" old
	kill $watch
	pull
	is "n0" "$(in_force n0)" old
	fw 0 unload
	no_traces
}

# Properties of a card that change under the filter.
case_changes_under_the_filter() {
	fw 0 -f old.nft
	ip link set n0 mtu 1400
	is "after a smaller MTU" "$(in_force n0)" old
	ip link set n0 down
	ip link set n0 up
	sleep 1
	is "after down and up" "$(in_force n0)" old
	ip link set n0 down
	ip link set n0 address 52:54:00:00:01:77
	ip link set n0 up
	sleep 1
	is "with another address" "$(in_force n0)" old
	ethtool -K n0 gro off
	is "without GRO" "$(in_force n0)" old
	fw 0 watch --once
	is "after a look" "$(in_force n0)" old
	is "mode" "$(mode_of n0)" native
	fw 0 unload
	ip link set n0 down
	ip link set n0 address 52:54:00:00:01:01
	ip link set n0 mtu 1500 up
	sleep 1
	no_traces
}
