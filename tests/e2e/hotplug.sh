#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# hotplug: devices that come, go and change while a ruleset is in force, and `xdpfw watch`.
. "${0%/*}/lib.sh"

# watching [OPTION...]: starts `xdpfw watch`, and waits until it waits for events.
watching() {
	"${xdpfw[@]}" "$@" watch 2>>watch.err &
	watch=$!
	within 10 watch_waits || stop "watch does not start: $(<watch.err)"
}

watch_waits() { ls -l "/proc/$watch/fd" | grep -q 'anon_inode:\[signalfd\]'; }

filtered() { [ "$(mode_of "$1")" != none ]; }

# comes DEVICE: watch puts the filter on it.
comes() { holds "$1 is not filtered: $(<watch.err)" within 10 filtered "$1"; }

told() { grep -qF "$1" watch.err; }

index_of() { ip -o link show "$1" | cut -d: -f1; }

end_watch() {
	local status=0
	kill -TERM "$watch"
	wait "$watch" || status=$?
	is "status of watch" $status 0
}

status_line() { "${xdpfw[@]}" status 2>>status.err | grep -E "^devices? $1" || true; }

has_line() { [ "$(status_line "$1")" = "$2" ]; }

late='devices = { eth0, eth1, "veth*" }'

case_a_device_that_comes_after_the_load() {
	world
	device=$late old_and_new
	fw 3 -f old.nft
	has "$err" "old.nft:3:" "error: device 'eth1' does not exist" "did you mean 'eth0'?" \
		"warning: no device has a name that begins with 'veth' now"
	no_traces
	fw 0 --allow-missing -f old.nft
	has "$err" "warning: device 'eth1' does not exist in this network namespace; it is filtered" \
		"when it comes, if 'xdpfw watch' sees it"
	fw 0 status
	has "$out" "device eth0: native" "device eth1: not there yet" \
		"devices veth*: none is there yet"
	watching
	wire eth1
	comes eth1
	is "in force on eth1" "$(in_force eth1)" old
	is "in force on eth0" "$(in_force eth0)" old
	ip link add veth7 type veth peer name other7
	comes veth7
	is "mode of its other end" "$(mode_of other7)" none
	fw 0 status
	is "devices" "$(grep ^device <<<"$out")" \
		$'device eth0: native\ndevice eth1: native\ndevice veth7: native'
	is "programs" "$(ip -d link show | grep -o 'prog/xdp id [0-9]*' | sort -u | wc -l)" 1
	fw 0 list ruleset
	has "$out" 'devices = { eth0, eth1, veth* }' "counter packets 2 bytes 76 drop"
	end_watch
	has "$(<watch.err)" "notice: eth1 has come and is filtered (native)" \
		"notice: veth7 has come and is filtered (native)"
	fw 0 unload
	no_traces
}

# What was sent to it before it was up, and from the first instant that it is, is filtered.
case_a_device_is_filtered_before_it_is_up() {
	world
	device=$late old_and_new
	fw 0 --allow-missing -f old.nft
	watching
	ip link add eth1 type veth peer name eth1 netns client
	comes eth1
	lacks "$(ip link show eth1)" ",UP"
	address in_client eth1 1 2
	address env eth1 2 1
	is "in force on eth1" "$(in_force eth1)" old
	end_watch
}

# How long it takes from the moment that `ip link add` comes back: there for the reader.
case_time_until_a_device_is_filtered() {
	local i begin most=0 took
	world
	device=$late old_and_new
	fw 0 --allow-missing -f old.nft
	watching
	for ((i = 0; i < 10; i++)); do
		ip link add "veth$i" type veth peer name "other$i"
		begin=$(date +%s%N)
		until filtered "veth$i"; do
			took=$((($(date +%s%N) - begin) / 1000))
			[ $took -lt 5000000 ] || stop "veth$i is not filtered after 5 seconds"
		done
		took=$((($(date +%s%N) - begin) / 1000))
		[ $took -le $most ] || most=$took
	done
	printf 'at most %d us until a new device is filtered\n' $most
	holds "it took $most us" [ $most -lt 2000000 ]
	end_watch
}

case_many_devices_at_once() {
	local i
	world
	device=$late old_and_new
	fw 0 --allow-missing -f old.nft
	watching
	for ((i = 0; i < 60; i++)); do
		echo "link add veth$i type veth peer name other$i"
	done >batch
	ip -batch batch
	for ((i = 0; i < 60; i++)); do
		comes veth$i
	done
	fw 0 status
	is "devices" "$(grep -c '^device veth.*: native$' <<<"$out")" 60
	for ((i = 0; i < 60; i++)); do
		echo "link del veth$i"
	done >batch
	ip -batch batch
	holds "devices that are gone are shown" \
		within 20 has_line 'veth' "devices veth*: none is there yet"
	is "links" "$(pins | grep -c link-)" 1
	is "in force" "$(in_force)" old
	fw 0 -f old.nft --allow-missing
	end_watch
}

case_a_name_comes_to_a_device() {
	world
	device=$late old_and_new
	fw 0 --allow-missing -f old.nft
	watching
	ip link add wan9 type veth peer name eth1 netns client
	sleep 0.5
	is "mode of wan9" "$(mode_of wan9)" none
	ip link set wan9 name eth1
	comes eth1
	address in_client eth1 1 2
	address env eth1 2 1
	is "in force on eth1" "$(in_force eth1)" old
	end_watch
}

# The filter stays under every name; the rules that ask for a name see the one it has.
case_a_name_goes_from_a_device() {
	world eth0 eth1
	device=$late rules names.nft "iifname eth1 udp dport 1001 drop" \
		"iifname wan0 udp dport 1002 drop"
	fw 0 -f names.nft
	is "in force on eth1" "$(in_force eth1)" old
	watching
	ip link set eth1 down
	ip link set eth1 name wan0
	holds "the new name: $(<watch.err)" within 10 told "eth1 is called wan0 now"
	# As eth1, it had this network.
	ip address flush dev wan0
	ip address add 198.51.100.2/24 dev wan0
	ip link set wan0 up
	ip link set eth0 down
	ip neighbour add 198.51.100.1 dev wan0 lladdr 02:00:00:00:01:01 nud permanent
	in_client ip link set eth0 down
	in_client ip address add 198.51.100.1/24 dev eth1
	in_client ip neighbour add 198.51.100.2 dev eth1 lladdr 02:00:00:00:01:02 nud permanent
	is "in force on wan0" "$(in_force wan0)" new
	fw 0 status
	has "$out" "device wan0: native, under a name it had before" "device eth1: not there yet"

	# Another device takes the name.
	ip link add eth1 type veth peer name other1
	comes eth1
	fw 0 status
	has "$out" "device wan0: native, under a name it had before" "device eth1: native"
	lacks "$out" "not there yet"
	fw 3 -f names.nft
	has "$err" "has no filter for wan0, which has one now"
	fw 0 --drop-devices -f names.nft
	is "mode of wan0" "$(mode_of wan0)" none
	end_watch
}

case_two_devices_change_names() {
	world eth0 eth1
	rules each.nft "udp dport 1001 counter drop"
	device='device eth1' rules more.nft "udp dport 1002 counter drop"
	sed 's/netdev t/netdev u/' more.nft >>each.nft
	fw 0 -f each.nft
	watching
	ip link set eth0 down
	ip link set eth1 down
	ip link set eth0 name between
	ip link set eth1 name eth0
	ip link set between name eth1
	holds "the new names: $(<watch.err)" within 10 told "is called eth1 now"
	holds "the new names: $(<watch.err)" within 10 told "is called eth0 now"
	# Each keeps the rules it had, until the next load.
	in_client ip link set eth0 down
	in_client ip link set eth1 down
	in_client ip link set eth0 name between
	in_client ip link set eth1 name eth0
	in_client ip link set between name eth1
	for name in eth0 eth1; do
		ip address flush dev $name
		in_client ip address flush dev $name
		address env $name 2 1
		address in_client $name 1 2
	done
	is "in force on eth0" "$(in_force eth0)" new
	is "in force on eth1" "$(in_force eth1)" old
	fw 0 -f each.nft
	is "in force on eth0" "$(in_force eth0)" old
	is "in force on eth1" "$(in_force eth1)" new
	end_watch
}

case_a_device_that_is_made_again() {
	local index i
	world eth0 eth1
	device=$late old_and_new
	fw 0 -f old.nft
	watching
	for ((i = 0; i < 3; i++)); do
		ip link del eth1
		wire eth1
		comes eth1
		is "in force on eth1" "$(in_force eth1)" old
	done
	# The number of a device that is gone, for one that nobody names.
	index=$(index_of eth1)
	ip link del eth1
	holds "eth1 is gone: $(<watch.err)" within 10 has_line eth1 "device eth1: not there yet"
	ip link add wan9 index "$index" type veth peer name eth1 netns client
	sleep 0.3
	is "mode of wan9" "$(mode_of wan9)" none
	fw 0 status
	lacks "$out" wan9
	# And for one that has a name again, with nobody looking in between.
	kill -STOP "$watch"
	ip link del wan9
	ip link add veth9 index "$index" type veth peer name eth1 netns client
	kill -CONT "$watch"
	comes veth9
	is "links" "$(pins | grep -c link-)" 2
	end_watch
}

case_a_device_goes_to_another_namespace_and_comes_back() {
	world eth0 eth1
	device=$late old_and_new
	fw 0 -f old.nft
	watching
	ip netns add other
	ip link set eth1 netns other
	holds "eth1 is gone: $(<watch.err)" within 10 has_line eth1 "device eth1: not there yet"
	lacks "$(nsenter --net=/run/netns/other ip link show eth1)" xdp
	nsenter --net=/run/netns/other ip link set eth1 netns $$
	comes eth1
	address env eth1 2 1
	is "in force on eth1" "$(in_force eth1)" old
	end_watch
}

case_while_another_command_holds_the_lock() {
	world
	device=$late old_and_new
	fw 0 --allow-missing -f old.nft
	watching
	flock lock/lock sleep 3 &
	sleep 0.3
	wire eth1
	sleep 0.5
	is "mode of eth1" "$(mode_of eth1)" none
	wait $!
	comes eth1
	is "in force on eth1" "$(in_force eth1)" old
	end_watch
}

# Nobody watches; the load itself looks again before it switches.
case_a_device_that_comes_during_the_load() {
	local loading
	world
	device=$late old_and_new
	fw 0 --allow-missing -f old.nft
	ip link del eth0
	wire eth0
	XDPFW_PAUSE_AT=proved "${faults[@]}" --allow-missing -f new.nft 2>err &
	loading=$!
	within 20 [ -e paused ] || stop "the load did not come to its pause"
	wire eth1
	touch go-on
	wait $loading
	is "in force on eth1" "$(in_force eth1)" new
	is "in force on eth0" "$(in_force eth0)" new
}

case_during_a_pending_confirm() {
	world
	device=$late old_and_new
	fw 0 --allow-missing -f old.nft
	fw 0 --allow-missing --confirm 60 -f new.nft
	watching
	wire eth1
	comes eth1
	is "in force on eth1" "$(in_force eth1)" new
	fw 0 rollback
	is "in force on eth0" "$(in_force eth0)" old
	is "in force on eth1" "$(in_force eth1)" old
	end_watch
	is "what watch says" "$(<watch.err)" \
		"xdpfw: notice: eth1 has come and is filtered (native)"
}

# It is a device of both rulesets, and gets the stub once.
case_rollback_after_a_device_was_made_again() {
	local index
	world eth0 eth1
	device='devices = { eth0, eth1 }' old_and_new
	fw 0 -f old.nft
	fw 0 -f new.nft
	index=$(index_of eth1)
	ip link del eth1
	ip link add eth1 index "$index" type veth peer name eth1 netns client
	address env eth1 2 1
	address in_client eth1 1 2
	is "in force on eth1" "$(in_force eth1)" none
	fw 0 rollback
	is "notices" "$(grep -c 'eth1 has come and is filtered' <<<"$err")" 1
	lacks "$err" "NOT FILTERED"
	is "in force on eth0" "$(in_force eth0)" old
	is "in force on eth1" "$(in_force eth1)" old
}

# The device is named by the ruleset that may come back only.
case_a_device_of_the_ruleset_before_during_a_pending_confirm() {
	world
	device=$late old_and_new
	rules new.nft "udp dport 1002 counter drop"
	fw 0 --allow-missing -f old.nft
	fw 0 --confirm 5 -f new.nft
	watching
	wire eth1
	comes eth1
	is "in force on eth0" "$(in_force eth0)" new
	is "in force on eth1" "$(in_force eth1)" none
	end_watch
	sleep 5
	is "in force on eth0" "$(in_force eth0)" old
	is "in force on eth1" "$(in_force eth1)" old
}

case_rollback_to_a_ruleset_with_other_devices() {
	world
	device=$late old_and_new
	rules new.nft "udp dport 1002 counter drop"
	fw 0 --allow-missing -f old.nft
	fw 0 -f new.nft
	wire eth1
	is "in force on eth1" "$(in_force eth1)" none
	fw 0 rollback
	is "in force on eth0" "$(in_force eth0)" old
	is "in force on eth1" "$(in_force eth1)" old
	fw 0 status
	has "$out" "device eth0: native" "device eth1: native"
}

case_watch_is_killed_and_started_again() {
	world
	device=$late old_and_new
	fw 0 --allow-missing -f old.nft
	watching
	kill -KILL "$watch"
	wait "$watch" 2>/dev/null || true
	wire eth1
	is "in force on eth1" "$(in_force eth1)" none
	fw 0 status
	has "$out" "device eth1: NOT FILTERED YET: it came after the load; 'xdpfw watch' filters"
	watching
	comes eth1
	is "in force on eth1" "$(in_force eth1)" old
	end_watch
}

# Killed at each step of a device: the next one does the rest.
case_watch_is_killed_in_the_middle() {
	local point number=0
	world
	device=$late old_and_new
	fw 0 --allow-missing -f old.nft
	for point in listed followed; do
		local status=0
		ip link add veth$number type veth peer name other$number
		{ XDPFW_KILL_AT=$point "${faults[@]}" watch --once 2>err || status=$?; } 2>/dev/null
		is "status of watch killed at $point" $status 137
		is "in force" "$(in_force)" old
		fw 0 watch --once
		is "mode of veth$number" "$(mode_of veth$number)" native
		number=$((number + 1))
	done
	is "links" "$(pins | grep -c link-)" 3
	fw 0 watch --once
	is "what it says" "$err" ""
}

case_once() {
	local ids
	world
	device=$late old_and_new
	fw 0 watch --once
	no_traces
	fw 0 --allow-missing -f old.nft
	wire eth1
	fw 0 watch --once
	has "$err" "notice: eth1 has come and is filtered (native)"
	is "in force on eth1" "$(in_force eth1)" old
	ids=$(bpf ids)
	fw 0 watch --once
	is "what a second one says" "$err$out" ""
	is "what there is" "$(bpf ids)" "$ids"
	ip link del eth1
	fw 0 watch --once
	has "$err" "notice: eth1 is gone"
	fw 0 watch --once
	is "what a second one says" "$err$out" ""
	fw 2 --once status
	has "$err" "--once goes with 'watch'"
	fw 2 -f old.nft watch
	fw 2 --allow-missing watch
	has "$err" "needs -f FILE"
}

case_watch_without_a_ruleset() {
	world
	device=$late old_and_new
	watching
	wire eth1
	sleep 0.3
	is "mode of eth1" "$(mode_of eth1)" none
	no_traces
	fw 0 --allow-missing -f old.nft
	ip link add veth7 type veth peer name other7
	comes veth7
	fw 0 unload
	ip link add veth8 type veth peer name other8
	sleep 0.3
	no_traces
	fw 0 --allow-missing -f new.nft
	ip link del veth8
	ip link add veth8 type veth peer name other8
	comes veth8
	end_watch
}

case_events_that_are_lost() {
	local i
	world
	device=$late old_and_new
	fw 0 --allow-missing -f old.nft
	watching
	kill -STOP "$watch"
	for ((i = 0; i < 3000; i++)); do
		echo "link set lo mtu $((2000 + i))"
	done >batch
	ip -batch batch
	wire eth1
	is "mode of eth1" "$(mode_of eth1)" none
	kill -CONT "$watch"
	comes eth1
	is "in force on eth1" "$(in_force eth1)" old
	end_watch
}

case_watch_in_a_namespace() {
	world
	device=$late old_and_new
	fw 0 --allow-missing --netns client -f old.nft
	watching --netns client
	in_client ip link add veth7 type veth peer name other7
	holds "veth7 in the client's namespace" within 10 in_client_filtered veth7
	ip link add veth7 type veth peer name other7
	sleep 0.3
	is "mode of veth7 here" "$(mode_of veth7)" none
	end_watch
}

in_client_filtered() { in_client ip link show "$1" | grep -q ' xdp '; }

# A folder without a device is kept while its namespace is there, and not longer.
case_a_namespace_without_devices() {
	world
	device='"veth*"' old_and_new
	device='device "veth*"' rules stars.nft "udp dport 1001 counter drop"
	ip netns add guest
	fw 0 --netns guest -f stars.nft
	nsenter --net=/run/netns/guest ip link add veth7 type veth peer name other7
	fw 0 --netns guest watch --once
	nsenter --net=/run/netns/guest ip link del veth7
	rules own.nft "udp dport 1001 counter drop"
	fw 0 -f own.nft
	fw 0 status
	is "folders" "$(pins | grep -c '^xdpfw/v1/[0-9a-f]*$')" 2
	fw 0 --netns guest status
	has "$out" "devices veth*: none is there yet"
	ip netns del guest
	holds "the folder of the dead namespace is removed" within 20 one_folder_left
	fw 0 unload
	no_traces
}

one_folder_left() {
	fw 0 status
	[ "$(pins | grep -c '^xdpfw/v1/[0-9a-f]*$')" = 1 ]
}

# A row that changes is replaced by a whole one: no packet finds none.
case_a_device_that_changes_under_traffic() {
	local sent arrived i
	world
	rules drop.nft "udp dport 7 counter drop"
	fw 0 -f drop.nft
	watching
	net pour 198.51.100.2 7 pouring >poured &
	within 10 [ -s pouring ] || stop "nothing is sent"
	for ((i = 1; i <= 20; i++)); do
		ip link set eth0 group $i
		sleep 0.1
	done
	touch stop
	wait $!
	read -r sent arrived _ <poured
	holds "something was sent: $(<poured)" [ "$sent" -gt 1000 ]
	is "packets that came through" "$arrived" 0
	fw 0 list ruleset
	has "$out" "udp dport 7 counter packets $sent bytes"
	end_watch
}

case_changes_of_a_device_in_force() {
	local what
	world
	old_and_new
	fw 0 -f old.nft
	watching
	ip link set eth0 mtu 9000
	in_client ip link set eth0 mtu 9000
	is "in force with MTU 9000" "$(in_force)" old
	is "a packet of 8,000 bytes" "$(net tcp 198.51.100.2 80)" open
	ip link set eth0 mtu 1500
	in_client ip link set eth0 mtu 1500
	is "in force with MTU 1500" "$(in_force)" old
	for what in gro gso tso tx rx sg; do
		ethtool -K eth0 $what off || true
		in_client ethtool -K eth0 $what off || true
		is "in force with $what off" "$(in_force)" old
		ethtool -K eth0 $what on || true
		in_client ethtool -K eth0 $what on || true
		is "in force with $what on" "$(in_force)" old
	done
	ip link set eth0 down
	ip link set eth0 up
	ip neighbour replace 198.51.100.1 dev eth0 lladdr 02:00:00:00:00:01 nud permanent
	ip address replace 198.51.100.2/24 dev eth0
	within 5 grep -q up /sys/class/net/eth0/operstate
	is "in force after down and up" "$(in_force)" old
	is "mode" "$(mode_of eth0)" native
	is "what watch says" "$(cat watch.err)" ""
	end_watch
}

case_a_mac_address_that_changes() {
	world
	rules own.nft 'ether daddr 02:00:00:00:00:02 udp dport 1001 drop'
	fw 0 -f own.nft
	watching
	ip link set eth0 address 02:00:00:00:00:22
	in_client ip neighbour replace 198.51.100.2 dev eth0 lladdr 02:00:00:00:00:22 nud permanent
	is "in force" "$(in_force)" none
	is "what watch says" "$(cat watch.err)" ""
	end_watch
}

# Without a MAC header the bytes that rules read would be others.
case_devices_without_ethernet() {
	world
	ip tuntap add tun0 mode tun
	ip tuntap add tap0 mode tap
	device='device tun0' rules tun.nft "udp dport 1001 drop"
	fw 3 -f tun.nft
	has "$err" "tun.nft:3:" "error: device 'tun0' (tun) does not carry Ethernet frames" \
		"help: filter on the device that its packets come in by"
	device='devices = { eth0, "tun*" }' rules stars.nft "udp dport 1001 drop"
	fw 3 -f stars.nft
	has "$err" "stars.nft:3:" "error: device 'tun0' (tun) does not carry Ethernet frames"
	no_traces
	fw 0 -c -f stars.nft
	has "$err" "warning: device 'tun0' (tun) does not carry Ethernet frames"
	fw 0 --allow-missing -f stars.nft
	has "$err" "warning: device 'tun0' (tun) does not carry Ethernet frames, and is NOT FILTERED"
	fw 3 --allow-missing --drop-devices -f tun.nft
	fw 0 unload
	ip tuntap del tun0 mode tun
	device='devices = { eth0, tap0, "tun*" }' old_and_new
	fw 0 -f old.nft
	is "mode of tap0" "$(mode_of tap0)" native
	watching
	ip tuntap add tun1 mode tun
	holds "watch says so" within 10 told \
		"tun1 (tun) is NOT FILTERED: it does not carry Ethernet frames"
	ip tuntap add tun2 mode tap
	comes tun2
	is "it is said once" "$(grep -c 'tun1' watch.err)" 1
	is "mode of tun1" "$(mode_of tun1)" none
	fw 0 status
	has "$out" "device tun1: NOT FILTERED: it (tun) carries no Ethernet frames" \
		"device tun2: native"
	end_watch
}

case_the_mode_of_late_devices() {
	world
	device=$late old_and_new
	fw 0 --allow-missing --mode generic -f old.nft
	watching
	wire eth1
	comes eth1
	is "mode of eth1" "$(mode_of eth1)" generic
	is "in force on eth1" "$(in_force eth1)" old
	end_watch
	has "$(<watch.err)" "notice: eth1 has come and is filtered (generic)"
}

case_a_late_device_with_a_foreign_program() {
	world
	device=$late old_and_new
	fw 0 --allow-missing -f old.nft
	bpf foreign "$work/bpf/foreign"
	ip link add veth7 type veth peer name other7
	ip link set veth7 xdp pinned "$work/bpf/foreign"
	watching
	holds "watch says so: $(<watch.err)" within 10 told "veth7 is NOT FILTERED: veth7 has an XDP"
	wire eth1
	comes eth1
	is "it is said once" "$(grep -c 'veth7 is NOT FILTERED' watch.err)" 1
	ip link set veth7 xdp off
	ip link set veth7 group 3
	comes veth7
	end_watch
}

# What runs on a device that is not there yet is proved all the same: lo plays it.
case_rules_of_a_device_that_is_not_there_are_proved() {
	world
	rules own.nft "udp dport 1001 counter drop"
	device='device "veth*"' rules more.nft "udp dport 1002 counter drop"
	sed 's/netdev t/netdev u/' more.nft >>own.nft
	fw 0 -f own.nft
	fw 0 status
	has "$out" "proved: with" "device eth0: native" "devices veth*: none is there yet"
	is "in force" "$(in_force)" old
	ip link add veth7 type veth peer name other7
	fw 0 watch --once
	is "mode of veth7" "$(mode_of veth7)" native
	# The table that the proof used is not the one in force.
	is "in force" "$(in_force)" old
	device='device "veth*"' rules wrong.nft "udp dport 1002 counter drop"
	ip link del veth7
	xdpfw=(env XDPFW_MISCOMPILE=1 "${faults[@]}")
	fw 4 --drop-devices -f wrong.nft
	has "$err" "the built program does not do what the ruleset says" "packet on veth"
	is "in force" "$(in_force)" old
}

# What a bond's row does for a member that nobody has seen yet, with the stub for the bond's.
case_packets_of_devices_that_are_not_listed() {
	local eth0 eth1
	world eth0 eth1
	device='devices = { eth0, eth1 }' old_and_new
	fw 0 -f old.nft
	eth0=$(index_of eth0) eth1=$(index_of eth1)
	bpf other 0 "$eth1" -
	is "no row" "$(in_force eth1)" none
	bpf other "$eth0" "$eth1" -
	is "the row of another device" "$(in_force eth1)" old
	is "in force on eth0" "$(in_force eth0)" old
	bpf other "$eth0" 0 0xffffffff
	is "a row that passes" "$(in_force eth1)" none
	bpf other "$eth0" 0 0xfffffffe
	has "$(net reach eth1 1001 1002)" "port 1000, which nothing drops, did not arrive"
	is "in force on eth0" "$(in_force eth0)" old
	fw 0 watch --once
	is "in force on eth0" "$(in_force eth0)" old
	is "in force on eth1" "$(in_force eth1)" old
}

# Somebody takes the link of the stub apart: with the next event it is put back.
case_a_stub_that_was_taken_off() {
	local folder
	world
	old_and_new
	fw 0 -f old.nft
	folder=$(dirname "$(find bpf/xdpfw -name slots)")
	bpftool link detach pinned "$folder/link-$(index_of eth0)"
	is "in force" "$(in_force)" none
	fw 0 watch --once
	is "in force" "$(in_force)" old
}

e2e_main "$@"
