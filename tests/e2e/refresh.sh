#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# refresh: what rules ask of the device, the clock and the CPU, and when they notice a change.
. "${0%/*}/lib.sh"

case_group_and_type_are_read_at_load() {
	world
	ip link set eth0 group 7
	rules group.nft "iifgroup 7 udp dport 1001 counter drop" \
		"iifgroup 8 udp dport 1002 counter drop" \
		"meta iiftype ether udp dport 1003 counter drop" \
		"meta iiftype != ether udp dport 1004 counter drop"
	fw 0 -f group.nft
	is "what arrives" "$(net reach eth0 1001 1002 1003 1004)" "1002 1004"
	ip link set eth0 group 8
	is "what arrives before a load" "$(net reach eth0 1001 1002)" "1002"
	fw 0 -f group.nft
	is "what arrives after it" "$(net reach eth0 1001 1002)" "1001"
	fw 0 list ruleset
	has "$out" "iifgroup 7 udp dport 1001 counter packets 2 bytes 76 drop" \
		"iifgroup 8 udp dport 1002 counter packets 1 bytes 38 drop" \
		"meta iiftype ether udp dport 1003 counter packets 1 bytes 38 drop"
}

# The clock of this machine, as nft writes it.
case_time_and_hour_of_now() {
	local zone before after
	world
	for zone in UTC0 XXX-5:30 YYY+8; do
		before=$(TZ=$zone date -d '-1 hour' '+%Y-%m-%d %H:%M:%S')
		after=$(TZ=$zone date -d '+1 hour' '+%Y-%m-%d %H:%M:%S')
		rules now.nft "meta time \"$before\"-\"$after\" udp dport 1001 counter drop" \
			"meta time > \"$after\" udp dport 1002 counter drop" \
			"meta time < \"$after\" udp dport 1003 counter drop"
		fw_as TZ=$zone -- 0 -f now.nft
		is "what arrives ($zone)" "$(net reach eth0 1001 1002 1003)" "1002"
		fw_as TZ=$zone -- 0 list ruleset
		has "$out" "\"$before\"-\"$after\" udp dport 1001 counter packets 1"
		fw 0 unload
	done
}

case_hour_and_day_of_now() {
	local from to day days="Sunday Monday Tuesday Wednesday Thursday Friday Saturday"
	world
	# The minute at hand may end while packets run; two hours around it do not.
	from=$(date -d '-1 hour' +%H:%M)
	to=$(date -d '+1 hour' +%H:%M)
	day=$(date +%A)
	if [[ $from > $to ]]; then	# around midnight
		rules hour.nft "meta hour >= \"$from\" udp dport 1001 counter drop" \
			"meta hour <= \"$to\" udp dport 1001 counter drop"
	else
		rules hour.nft "meta hour \"$from\"-\"$to\" udp dport 1001 counter drop" \
			"meta hour != \"$from\"-\"$to\" udp dport 1002 counter drop"
	fi
	fw 0 -f hour.nft
	is "what arrives by the hour" "$(net reach eth0 1001 1002)" "1002"
	[ "$day" = "$(date -d '+1 minute' +%A)" ] || sleep 60
	day=$(date +%A)
	rules day.nft "meta day \"$day\" udp dport 1001 counter drop" \
		"meta day != \"$day\" udp dport 1002 counter drop"
	fw 0 -f day.nft
	is "what arrives by the day" "$(net reach eth0 1001 1002)" "1002"
	has "$days" "$day"
	fw 0 list ruleset
	has "$out" "meta day \"$day\" udp dport 1001 counter packets 1"
}

case_cpu_and_random() {
	local cpus
	world
	cpus=$(nproc --all)
	rules cpu.nft "meta cpu < $cpus udp dport 1001 counter drop" \
		"meta cpu >= 4096 udp dport 1002 counter drop" \
		"meta random > 0 udp dport 1003 counter drop" \
		"meta random 0 udp dport 1004 counter drop"
	fw 0 -f cpu.nft
	is "what arrives" "$(net reach eth0 1001 1002 1003 1004)" "1002 1004"
	# Of 200 packets about one half.
	rules half.nft "meta random & 1 == 0 udp dport 1001 counter drop"
	fw 0 -f half.nft
	net udp 198.51.100.2 1001 200 >arrived
	holds "$(<arrived) of 200" [ "$(<arrived)" -gt 50 -a "$(<arrived)" -lt 150 ]
}

case_family_inet() {
	world
	cat >inet.nft <<-'END'
	table inet t {
		chain in {
			type filter hook ingress device "eth0" priority filter; policy drop;
			meta nfproto ipv4 udp dport 1000-1001 counter accept
			meta nfproto ipv6 counter drop
		}
	}
	END
	fw 0 -f inet.nft
	is "what arrives" "$(net reach eth0 1001 1002)" "1001"
	# ARP goes by the chain.
	is "ARP" "$(net arp eth0 3)" 3
	fw 0 list ruleset
	has "$out" "table inet t" "meta nfproto ipv4 udp dport 1000-1001 counter packets"
	fw 0 status
	has "$out" "proved: with"
}

case_dormant_tables() {
	world
	old_and_new
	sed 's/^table netdev t {/&\n\tflags dormant/' new.nft >dormant.nft
	fw 0 -f old.nft
	fw 3 -f dormant.nft
	has "$err" "has no filter for eth0, which has one now"
	is "in force" "$(in_force)" old
	fw 0 --drop-devices -f dormant.nft
	is "in force" "$(in_force)" none
	is "mode" "$(mode_of eth0)" none
	fw 0 list ruleset
	has "$out" "flags dormant" "udp dport 1002 counter packets 0 bytes 0 drop"
	fw 0 status
	has "$out" "proved: nothing to prove, no device runs it"
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
	# Its counters outlive its sleep.
	fw 0 --drop-devices -f dormant.nft
	is "in force" "$(in_force)" none
	fw 0 list ruleset
	has "$out" "udp dport 1002 counter packets 1 bytes 38 drop"
	# Nor does another namespace take them for left over.
	xdpfw=(in_client "${xdpfw[@]}")
	fw 0 -f old.nft
	fw 0 unload
	xdpfw=("${xdpfw[@]:1}")
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
	fw 0 list ruleset
	has "$out" "udp dport 1002 counter packets 2 bytes 76 drop"
	# Another table on the device runs on.
	sed 's/netdev t/netdev u/' old.nft | cat - dormant.nft >both.nft
	fw 0 -f both.nft
	is "in force" "$(in_force)" old
}

e2e_main "$@"
