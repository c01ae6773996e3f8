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

case_offload_is_refused() {
	world
	old_and_new
	fw 3 --mode offload -f old.nft
	has "$err" "cannot attach to eth0 in offload mode: the kernel does not let a program be" \
		"Invalid argument" "no driver offloads tail calls" "no ruleset is in force"
	no_traces
	fw 0 -f old.nft
	fw 3 --mode offload -f new.nft
	has "$err" "cannot attach to eth0 in offload mode" "stays in force on eth0"
	is "in force" "$(in_force)" old
	is "mode" "$(mode_of eth0)" native
}

# ---- a change of mode ----

covers() { nft list ruleset | grep -c xdpfw_cover || true; }

case_reload_keeps_the_mode() {
	world
	old_and_new
	fw 0 --mode generic -f old.nft
	fw 0 -f new.nft
	lacks "$err" notice
	is "mode" "$(mode_of eth0)" generic
	fw 0 --mode auto -f old.nft
	is "mode" "$(mode_of eth0)" generic
	fw 0 --mode generic -f new.nft
	lacks "$err" notice
	is "in force" "$(in_force)" new
}

case_reload_changes_the_mode_when_asked() {
	world
	old_and_new
	rules old.nft "udp dport 1001 counter drop" "udp dport 1000 counter accept"
	rules new.nft "udp dport 1001 counter accept" "udp dport 1000 counter accept" \
		"udp dport 1002 counter drop"
	fw 0 --mode generic -f old.nft
	is "in force" "$(in_force)" old
	fw 0 --mode native -f new.nft
	has "$err" "notice: eth0 was changed from generic to native mode" "packets were dropped"
	is "mode" "$(mode_of eth0)" native
	is "in force" "$(in_force)" new
	is "covers" "$(covers)" 0
	lacks "$(pins)" cover
	fw 0 status
	has "$out" "device eth0: native"
	fw 0 status --explain eth0
	has "$out" "in native mode; asked for was native"
	fw 0 --mode generic -f old.nft
	has "$err" "notice: eth0 was changed from native to generic mode"
	is "mode" "$(mode_of eth0)" generic
	is "in force" "$(in_force)" old
	fw 0 list ruleset
	has "$out" "udp dport 1000 counter packets 3 bytes 114 accept"
	fw 0 unload
	no_traces
	is "covers" "$(covers)" 0
}

case_two_devices_change_the_mode() {
	local ruleset
	world eth0 eth1
	device='devices = { eth0, eth1 }' rules both.nft "udp dport 1001 drop"
	device='devices = { eth0, eth1 }' rules more.nft "udp dport 1002 drop"
	rules one.nft "udp dport 1001 drop"
	fw 0 --mode generic -f one.nft
	# One device changes, the other one is new.
	fw 0 --mode native -f both.nft
	is "modes" "$(mode_of eth0) $(mode_of eth1)" "native native"
	fw 0 --mode generic -f more.nft
	has "$err" "eth0 was changed from native" "eth1 was changed from native"
	is "modes" "$(mode_of eth0) $(mode_of eth1)" "generic generic"
	is "in force" "$(in_force eth0) $(in_force eth1)" "new new"
	is "stubs" "$(ip -d link show | grep -o 'prog/xdp id [0-9]*' | sort -u | wc -l)" 1
	is "covers" "$(covers)" 0
}

# Rulesets of nft are neither read nor changed, whatever is in them.
case_rulesets_of_nft_stay() {
	local before
	world
	old_and_new
	cat >foreign.nft <<-END
		table netdev f {
			set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 } }
			chain in {
				type filter hook ingress device "eth0" priority -500; policy accept;
				ip saddr @s counter drop
			}
		}
		table inet xdpfw_cover {
			chain c { }
		}
		table netdev xdpfw_cover_x {
			chain c { }
		}
	END
	nft -f foreign.nft
	before=$(nft -a list ruleset)
	fw 0 -f old.nft
	fw 0 --mode generic -f new.nft
	fw 0 --mode native -f old.nft
	is "nft's ruleset" "$(nft -a list ruleset)" "$before"
	fw 0 unload
	is "nft's ruleset" "$(nft -a list ruleset)" "$before"
}

case_refused_new_mode_brings_the_old_one_back() {
	few_queues
	old_and_new
	fw 0 --mode generic -f old.nft
	fw 3 --mode native -f new.nft
	has "$err" "cannot attach to eth0 in native mode: $refusal" "what would help: ethtool -L" \
		"the previous ruleset stays in force on eth0"
	is "mode" "$(mode_of eth0)" generic
	is "in force" "$(in_force)" old
	is "covers" "$(covers)" 0
	fw 0 status
	has "$out" "device eth0: generic (asked for)"
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
}

# The first device was in its new mode when the second one refused.
case_refusal_of_the_second_device_changes_the_first_one_back() {
	few_queues
	wire eth1
	device='devices = { eth1, eth0 }' rules both.nft "udp dport 1001 drop"
	device='devices = { eth1, eth0 }' rules more.nft "udp dport 1002 drop"
	fw 0 --mode generic -f both.nft
	fw 3 --mode native -f more.nft
	has "$err" "cannot attach to eth0 in native mode: $refusal"
	is "modes" "$(mode_of eth0) $(mode_of eth1)" "generic generic"
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
	is "covers" "$(covers)" 0
	lacks "$(pins)" cover
}

case_load_that_fails_later_changes_the_mode_back() {
	world
	old_and_new
	fw 0 --mode generic -f old.nft
	xdpfw=("${faults[@]}")
	fw_as XDPFW_FAIL_AFTER_MODES=1 -- 3 --mode native -f new.nft
	has "$err" "a test lets this load fail" "stays in force on eth0"
	is "mode" "$(mode_of eth0)" generic
	is "in force" "$(in_force)" old
	is "covers" "$(covers)" 0
	fw 0 status --explain eth0
	has "$out" "in generic mode; asked for was generic"
}

case_without_nftables_the_change_is_refused() {
	world
	old_and_new
	fw 0 --mode generic -f old.nft
	xdpfw=("${faults[@]}")
	fw_as XDPFW_COVER=refused -- 3 --mode native -f new.nft
	has "$err" "eth0 is in generic mode, and the kernel cannot change that without a moment" \
		"cannot be covered by a chain of nftables: Protocol not supported" \
		"xdpfw unload" "stays in force on eth0"
	is "mode" "$(mode_of eth0)" generic
	is "in force" "$(in_force)" old
	lacks "$(pins)" cover
}

# pour_and_change COUNT: packets that both rulesets drop come all the time. Leaves $sent, $arrived.
pour_and_change() {
	local i pourer mode=generic
	rules old.nft "ip saddr 10.0.0.$((RANDOM % 256)) drop" "udp dport 7 drop"
	rules new.nft "udp dport 7 drop" "ip saddr 10.0.1.$((RANDOM % 256)) drop"
	fw 0 --mode native -f old.nft
	fw 0 -f new.nft
	rm -f stop begun
	net pour 198.51.100.2 7 begun >poured &
	pourer=$!
	holds "packets come" within 20 [ -s begun ]
	for ((i = 0; i < $1; i++)); do
		fw 0 --mode $mode --no-verify -f "$([ $mode = generic ] && echo old.nft || echo new.nft)"
		is "mode" "$(mode_of eth0)" $mode
		mode=$([ $mode = generic ] && echo native || echo generic)
	done
	touch stop
	wait $pourer
	read -r sent arrived <poured
}

case_no_packet_gets_by_in_fifty_changes() {
	local sent arrived
	world
	pour_and_change 50
	holds "only $sent packets were sent" [ "$sent" -gt 20000 ]
	is "packets that got by, of $sent" "$arrived" 0
	is "covers" "$(covers)" 0
	rm stop begun
	fw 0 unload
	net pour 198.51.100.2 7 begun >poured &
	sleep 0.2
	touch stop
	wait $!
	read -r sent arrived <poured
	holds "without rules they arrive: $arrived of $sent" [ "$arrived" -gt 100 ]
}

# So the case above can fail.
case_without_the_cover_packets_get_by() {
	local sent arrived
	world
	xdpfw=(env XDPFW_COVER=none "${faults[@]}")
	pour_and_change 10
	holds "packets that got by, of $sent: $arrived" [ "$arrived" -gt 0 ]
}

# ---- killed while the mode changes ----

gap="covered detached reattached repinned uncovered"

# kill_change POINTS: the load, and whatever else comes to such a point, must have died there.
kill_change() {
	local status=0
	{ XDPFW_KILL_AT=$1 "${faults[@]}" --mode native -f new.nft >out 2>err || status=$?; } \
		2>/dev/null
	is "status of a load killed at $1" $status 137
}

filtered() {
	[ "$(mode_of eth0)" != none ] && [ "$(covers)" = 0 ] && [ "$(pins | grep -c cover)" = 0 ]
}

# Stopped, or hung: the guard waits ten seconds.
case_guard_ends_a_load_that_stands_still() {
	local load status=0
	world
	old_and_new
	fw 0 --mode generic -f old.nft
	{ XDPFW_PAUSE_AT=detached "${faults[@]}" --mode native -f new.nft >out 2>err & } 2>/dev/null
	load=$!
	within 20 [ -e paused ] || stop "the load does not come to its gap: $(<err)"
	kill -STOP $load
	is "covers" "$(covers)" 1
	within 20 filtered || stop "the device stays closed"
	{ wait $load || status=$?; } 2>/dev/null
	is "status of the load" $status 137
	is "in force" "$(in_force)" old
	is "mode" "$(mode_of eth0)" generic
}

# A table of that name that somebody else made is not ours to replace, nor to remove.
case_table_of_somebody_else() {
	local table
	world
	# The kernel's list of devices belongs to the namespace that mounted it.
	mount -t sysfs sysfs /sys
	old_and_new
	fw 0 --mode generic -f old.nft
	table=xdpfw_cover_$(<"/sys/class/net/eth0/ifindex")
	nft add table netdev "$table"
	fw 3 --mode native -f new.nft
	has "$err" "cannot be covered by a chain of nftables: File exists" \
		"the previous ruleset stays in force on eth0"
	is "tables" "$(nft list tables)" "table netdev $table"
	is "in force" "$(in_force)" old
	is "mode" "$(mode_of eth0)" generic
}

case_guard_mends_what_a_killed_load_left() {
	local point
	world
	old_and_new
	for point in $gap; do
		fw 0 --mode generic -f old.nft
		kill_change "$point"
		# At no instant is it open: no program, no cover.
		holds "$point: mended without another command" within 20 filtered
		is "in force after $point" "$(in_force)" old
		case $point in
		covered | detached | reattached) is "mode" "$(mode_of eth0)" generic ;;
		*) is "mode" "$(mode_of eth0)" native ;;
		esac
		fw 0 status --explain eth0
		has "$out" "in $(mode_of eth0) mode; asked for was $(mode_of eth0)"
		fw 0 --mode native -f new.nft
		is "in force" "$(in_force)" new
		is "mode" "$(mode_of eth0)" native
	done
	fw 0 unload
	no_traces
}

case_next_command_mends_when_both_were_killed() {
	local point words
	world
	old_and_new
	for point in $gap; do
		for words in status "-f old.nft" "--mode native -f old.nft" unload; do
			fw 0 --mode generic -f old.nft
			kill_change "guard,$point"
			sleep 0.3
			if [ "$point" != uncovered ]; then
				is "covers after $point" "$(covers)" 1
				has "$(net reach eth0 1001 1002)" "did not arrive"
			fi
			# shellcheck disable=SC2086
			fw 0 $words
			is "covers" "$(covers)" 0
			if [ "$words" = unload ]; then
				is "in force" "$(in_force)" none
				no_traces
			else
				holds "$point, $words: filtered" filtered
				is "in force after $point, $words" "$(in_force)" old
			fi
		done
	done
}

# It only watches.
case_guard_alone_is_killed() {
	world
	old_and_new
	fw 0 --mode generic -f old.nft
	xdpfw=("${faults[@]}")
	fw_as XDPFW_KILL_AT=watching -- 0 --mode native -f new.nft
	is "mode" "$(mode_of eth0)" native
	is "in force" "$(in_force)" new
	holds "filtered" filtered
}

case_mending_is_killed_too() {
	world
	old_and_new
	fw 0 --mode generic -f old.nft
	kill_change detached,mended
	sleep 0.5
	is "covers" "$(covers)" 1
	fw 0 status
	is "covers" "$(covers)" 0
	is "in force" "$(in_force)" old
	is "mode" "$(mode_of eth0)" generic
}

case_two_devices_and_a_kill() {
	world eth0 eth1
	device='devices = { eth0, eth1 }' rules old.nft "udp dport 1001 drop"
	device='devices = { eth0, eth1 }' rules new.nft "udp dport 1002 drop"
	fw 0 --mode generic -f old.nft
	kill_change detached
	holds "mended" within 20 filtered
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
	is "modes" "$(mode_of eth0) $(mode_of eth1)" "generic generic"
	kill_change guard,detached
	fw 0 --mode native -f new.nft
	is "in force" "$(in_force eth0) $(in_force eth1)" "new new"
	is "modes" "$(mode_of eth0) $(mode_of eth1)" "native native"
	is "covers" "$(covers)" 0
}

case_a_cover_that_cannot_be_taken_off() {
	world
	old_and_new
	fw 0 --mode generic -f old.nft
	xdpfw=("${faults[@]}")
	fw_as XDPFW_COVER=stays -- 3 --mode native -f new.nft
	has "$err" "eth0 drops every packet: the nftables table xdpfw_cover_" \
		"cannot be removed: Input/output error" "stays in force on eth0"
	# The guard could do it.
	holds "the guard takes it off" within 20 filtered
	is "in force" "$(in_force)" old
	fw 0 --mode native -f new.nft
	is "in force" "$(in_force)" new
	is "mode" "$(mode_of eth0)" native
}

# The folder of a namespace without any link is not taken for a dead one's.
case_a_command_elsewhere_leaves_the_gap_alone() {
	local before
	world
	old_and_new
	fw 0 --mode generic -f old.nft
	kill_change guard,detached
	before=$(pins)
	device='device eth0' rules other.nft "udp dport 1003 drop"
	fw 0 --netns client status
	fw 0 --netns client -f other.nft
	fw 0 --netns client unload
	is "pins" "$(pins)" "$before"
	is "covers" "$(covers)" 1
	fw 0 status
	has "$err" "a change of mode of eth0 was broken off: the stub was attached to it again"
	is "in force" "$(in_force)" old
}

# Somebody else took the device in the gap: it stays closed, and says so.
case_a_device_that_cannot_be_mended_stays_closed() {
	world
	old_and_new
	fw 0 --mode generic -f old.nft
	kill_change guard,detached
	bpf foreign bpf/foreign
	ip link set eth0 xdp pinned bpf/foreign
	fw 3 -f new.nft
	has "$err" "eth0 has an XDP program of somebody else: 'foreign'" "drops every packet" \
		"xdpfw_cover_" "unload"
	is "covers" "$(covers)" 1
	has "$(net reach eth0 1001 1002)" "did not arrive"
	ip link set eth0 xdp off
	fw 0 -f new.nft
	is "covers" "$(covers)" 0
	is "in force" "$(in_force)" new
}

# ---- settings of the device ----

settings() {
	local end
	for end in env in_client; do
		$end ethtool -k eth0
		$end ethtool -l eth0 2>&1
		$end ethtool -g eth0 2>&1 || true
		$end ip -o link show eth0 | grep -o 'mtu [0-9]*'
	done
}

# own_settings: of the server's end alone.  What the kernel itself changes at the other end of a
# veth while a native program is there (no GSO by software) is not xdpfw's doing, and ends with it.
own_settings() {
	ethtool -k eth0
	ethtool -l eth0
	ip -o link show eth0 | grep -o 'mtu [0-9]*'
}

case_no_setting_is_changed() {
	few_queues
	old_and_new
	settings >before
	own_settings >own_before
	for words in "-f old.nft" "--mode generic -f old.nft" "-f new.nft" "status --explain eth0" \
		"unload"; do
		# shellcheck disable=SC2086
		fw 0 $words
		own_settings >own_now
		same "settings after $words" own_before own_now
	done
	fw 3 --mode native -f old.nft
	fw 3 --mode offload -f old.nft
	settings >now
	same "settings of both ends after failed loads" before now
}

case_settings_after_native_mode() {
	world
	old_and_new
	settings >before
	own_settings >own_before
	fw 0 -f old.nft
	own_settings >own_now
	same "settings in native mode" own_before own_now
	fw 0 --mode generic -f new.nft
	fw 0 unload
	settings >now
	same "settings of both ends after unload" before now
}

# ---- --fix-offloads ----

narrow_queues() {
	ip netns add client
	in_client ip link set lo up
	ip link add eth0 numrxqueues 2 numtxqueues 2 type veth \
		peer name eth0 netns client numrxqueues 2 numtxqueues "${1:-2}"
	ethtool -L eth0 rx 1
	address env eth0 2 1
	address in_client eth0 1 2
}

rx_channels() { ethtool -l eth0 | sed -n '/Current/,$s/^RX:[^0-9]*//p'; }

case_fix_offloads_sets_channels() {
	narrow_queues
	old_and_new
	fw 0 -f old.nft
	is "mode" "$(mode_of eth0)" generic
	is "channels" "$(rx_channels)" 1
	fw 0 status --explain eth0
	has "$out" "was tried, and refused with ENOSPC: $refusal" \
		"for native mode: ethtool -L eth0 rx 2" "drivers/net/veth.c"
	fw 0 --fix-offloads --mode native -f new.nft
	has "$err" "eth0: --fix-offloads set 2 channels to receive; 'ethtool -L eth0 rx 1' takes" \
		"changed from generic to native"
	is "mode" "$(mode_of eth0)" native
	is "in force" "$(in_force)" new
	is "channels" "$(rx_channels)" 2
	# The line is right.
	fw 0 unload
	ethtool -L eth0 rx 1
	fw 3 --mode native -f old.nft
	ethtool -L eth0 rx 2
	fw 0 --mode native -f old.nft
}

case_fix_offloads_that_does_not_help() {
	narrow_queues 4
	old_and_new
	settings >before
	fw 0 --fix-offloads -f old.nft
	has "$err" "--fix-offloads set 2 channels" "generic mode, which is slower" \
		"that did not help, and what was changed was put back"
	is "mode" "$(mode_of eth0)" generic
	fw 0 unload
	settings >now
	same "settings" before now
	fw 3 --fix-offloads --mode native -f old.nft
	has "$err" "put back" "cannot attach to eth0 in native mode: $refusal"
	settings >now
	same "settings" before now
}

case_fix_offloads_knows_nothing() {
	old_and_new
	device='device lo' rules lo.nft "udp dport 1001 counter drop"
	fw 0 --fix-offloads -f lo.nft
	has "$err" "lo: --fix-offloads knows no setting that would help" "lo: generic mode"
}

# No device here refuses native mode for an offload, so the test program has one that does.
case_fix_offloads_turns_an_offload_off() {
	world
	old_and_new
	xdpfw=("${faults[@]}")
	settings >before
	fw_as XDPFW_REFUSE_NATIVE=rx-checksum -- 0 -f old.nft
	has "$err" "native mode was refused: test: rx-checksum is on"
	is "mode" "$(mode_of eth0)" generic
	fw 0 status --explain eth0
	has "$out" "refused with EINVAL: test: rx-checksum is on" "ethtool -K eth0 rx off"
	fw 0 unload
	fw_as XDPFW_REFUSE_NATIVE=rx-checksum -- 0 --fix-offloads -f old.nft
	has "$err" "--fix-offloads turned rx-checksum off; 'ethtool -K eth0 rx on' turns it on"
	is "mode" "$(mode_of eth0)" native
	has "$(ethtool -k eth0)" "rx-checksumming: off"
	fw 0 unload
	ethtool -K eth0 rx on
	settings >now
	same "settings" before now
	fw_as XDPFW_REFUSE_NATIVE=always -- 0 --fix-offloads -f old.nft
	has "$err" "did not help, and what was changed was put back" "generic mode"
	has "$(ethtool -k eth0)" "rx-checksumming: on"
}

# The second device refuses, so the load fails.
case_fix_offloads_of_a_load_that_fails() {
	narrow_queues
	ip link add eth1 numrxqueues 1 numtxqueues 1 type veth \
		peer name eth1 netns client numrxqueues 2 numtxqueues 2
	device='devices = { eth0, eth1 }' rules both.nft "udp dport 1001 drop"
	settings >before
	fw 3 --fix-offloads --mode native -f both.nft
	has "$err" "eth0: --fix-offloads set 2 channels" \
		"eth0: the load failed, and what was changed was put back" \
		"cannot attach to eth1 in native mode"
	settings >now
	same "settings" before now
	no_traces
}

# ---- VLAN tags that do not reach XDP ----

case_rules_for_tags_that_never_match() {
	world
	rules tags.nft "vlan id 5 counter drop"
	rules plain.nft "udp dport 1001 drop"
	fw 0 -f plain.nft
	lacks "$err" "VLAN tags"
	fw 0 status
	lacks "$out" "VLAN TAGS"
	fw 0 -f tags.nft
	has "$err" "notice: eth0: VLAN tags are taken off packets before XDP sees them" \
		"ethtool -K PEER txvlan off at the other end of eth0"
	fw 0 status
	has "$out" "device eth0: native; RULES FOR VLAN TAGS DO NOT MATCH: ethtool -K PEER txvlan off"
	fw 0 status --explain eth0
	has "$out" "vlan tags: taken off packets before XDP sees them; ethtool -K PEER txvlan off"
}

case_fix_offloads_leaves_tags_on() {
	world
	rules tags.nft "vlan id 5 counter drop"
	rules both.nft "vlan id 5 counter drop" "udp dport 1002 drop"
	settings >before
	xdpfw=(env XDPFW_TAGS_OF_CARD=1 "${faults[@]}")
	fw 0 -f tags.nft
	has "$err" "rules that ask for a tag do not match; ethtool -K eth0 rxvlan off"
	settings >now
	has "$(ethtool -k eth0)" "rx-vlan-offload: on"
	fw 0 --fix-offloads -f both.nft
	has "$err" "--fix-offloads turned rx-vlan-hw-parse off; 'ethtool -K eth0 rxvlan on' turns" \
		"--fix-offloads turned rx-vlan-stag-hw-parse off"
	lacks "$err" "do not match"
	has "$(ethtool -k eth0)" "rx-vlan-offload: off" "rx-vlan-stag-hw-parse: off"
	fw 0 status
	lacks "$out" "VLAN TAGS"
	fw 0 unload
	# A load that fails leaves them as they were.
	ethtool -K eth0 rxvlan on rx-vlan-stag-hw-parse on
	fw 0 --mode generic -f tags.nft
	fw_as XDPFW_FAIL_AFTER_MODES=1 -- 3 --fix-offloads --mode native -f both.nft
	has "$err" "eth0: the load failed, and what was changed was put back"
	fw 0 unload
	settings >now
	same "settings" before now
}

# ---- status --explain ----

case_explain() {
	few_queues
	old_and_new
	fw 0 status --explain eth0
	has "$out" "device: eth0, number " "driver veth" "filtered: no, xdpfw has no program on it" \
		"native mode: nothing was tried" "mtu: 1500" "rx-checksum on" "rx-lro off [fixed]" \
		"channels: rx 1 of 1"
	no_traces
	fw 0 -f old.nft
	fw 0 status --explain eth0
	has "$out" "filtered: by xdpfw, in generic mode; asked for was auto" \
		"native mode: was tried, and refused with ENOSPC: $refusal" \
		"ethtool -L PEER tx 1 at the other end"
	fw 0 --netns client status --explain eth0
	has "$out" "filtered: no, xdpfw has no program on it" "channels: rx 2 of 2"
	fw 0 status --explain lo
	has "$out" "device: lo, number 1, driver unknown" "native mode: nothing was tried"
	fw 3 status --explain eth7
	has "$err" "there is no device 'eth7' in this network namespace"
	fw 2 --explain eth0 unload
	has "$err" "--explain goes with 'status'"
	fw 2 status --explain
}

case_explain_native_and_asked_for() {
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 status --explain eth0
	has "$out" "filtered: by xdpfw, in native mode; asked for was auto" \
		"native mode: the driver took it" "for native mode: nothing to do"
	[[ $(uname -r) < 6.3 ]] || has "$out" "driver declares: basic, redirect"
	fw 0 unload
	fw 0 --mode generic -f old.nft
	fw 0 status --explain eth0
	has "$out" "not tried, as generic mode was asked for" "xdpfw --mode native -f FILE"
	fw 0 unload
	device='device lo' rules lo.nft "udp dport 1001 counter drop"
	fw 0 -f lo.nft
	fw 0 status --explain lo
	has "$out" "refused with EOPNOTSUPP: Underlying driver does not support XDP" \
		"no setting is known that would help"
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
