#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# objects: `list` of tables, chains, sets, maps and counters, and what becomes of the figures of
# elements and named counters over reloads.
. "${0%/*}/lib.sh"

write_objects() {
	cat >objects.nft <<-'END'
	table netdev t {
		counter web { comment "seen" }
		counter other { packets 5 bytes 50 }
		set hosts {
			type ipv4_addr
			counter
			elements = { 198.51.100.1, 192.0.2.9 counter packets 3 bytes 33 }
		}
		map services {
			type inet_service : verdict
			counter
			elements = { 1002 : drop, 1003 : accept }
		}
		map names {
			type inet_service : counter
			elements = { 1004 : "web", 1005 : "other" }
		}
		chain in {
			type filter hook ingress device "eth0" priority filter; policy accept;
			ip saddr @hosts udp dport 1001 counter name "web" drop
			counter name udp dport map @names
			udp dport vmap @services
		}
		chain unused {
		}
	}
	END
}

# elements SET: the elements of the listing in $out, one a line.
elements() { tr -s ' \t\n' ' ' <<<"$out" | grep -o 'elements = {[^}]*}' | sed 's/ *[{}] */\n/g;s/, /\n/g' | sed 1d; }

# Without blanks and line ends.
flat() { tr -s ' \t\n' ' ' <<<"$out" | sed 's/^ //; s/ $//'; }

case_figures_of_elements_and_named_counters() {
	world
	write_objects
	fw 0 -f objects.nft
	is "what arrives" "$(net reach eth0 1001 1002 1003 1004 1005)" "1003 1004 1005"
	fw 0 list counter netdev t web
	is "named" "$(flat)" \
		'table netdev t { counter web { comment "seen" packets 2 bytes 76 } }'
	fw 0 list counter netdev t other
	is "named, with figures in the file" "$(flat)" \
		'table netdev t { counter other { packets 6 bytes 88 } }'
	fw 0 list map netdev t services
	is "elements of a map" "$(elements)" "\
1002 counter packets 1 bytes 38 : drop
1003 counter packets 1 bytes 38 : accept"
	fw 0 list set netdev t hosts
	has "$(flat)" "192.0.2.9 counter packets 3 bytes 33"
	# The four of the test and what net.py sends to learn that all have been there.
	has "$(flat)" "198.51.100.1 counter packets 6 bytes 228"

	# One element goes, one comes, the verdict of a third changes; a counter goes.
	sed -e 's/1003 : accept/1006 : drop/; s/1002 : drop/1002 : accept/' \
		-e '/"other"/d; s/1004 : "web",.*/1004 : "web" }/' objects.nft >changed.nft
	sed -i 's/elements = { 1004 : "web", 1005 : "other" }/elements = { 1004 : "web" }/
		/counter other/d' changed.nft
	grep -q 'map names' changed.nft || stop "the test's own edit"
	fw 0 -f changed.nft
	fw 0 list map netdev t services
	is "elements after a reload" "$(elements)" "\
1002 counter packets 1 bytes 38 : accept
1006 counter packets 0 bytes 0 : drop"
	fw 0 list counters
	is "counters after a reload" "$(flat)" \
		'table netdev t { counter web { comment "seen" packets 2 bytes 76 } }'
	fw 0 -f objects.nft
	fw 0 list counter netdev t other
	is "a counter that comes back has the file's figures" "$(flat)" \
		'table netdev t { counter other { packets 5 bytes 50 } }'
	fw 0 --fresh -f objects.nft
	fw 0 list counter netdev t web
	is "after --fresh" "$(flat)" \
		'table netdev t { counter web { comment "seen" packets 0 bytes 0 } }'
}

case_listing_with_objects_is_loaded_again() {
	world
	write_objects
	fw 0 -f objects.nft
	net reach eth0 1001 1002 1003 1004 >reached
	fw 0 list ruleset
	cp "$work/out" listed
	fw 0 -f listed
	fw 0 list ruleset
	same "the listing again" "$work/out" listed
	fw 0 unload
	fw 0 -f listed
	fw 0 list ruleset
	same "the listing after unload" "$work/out" listed
}

# More elements than cells: all move to a larger map.
case_elements_move_to_a_larger_map() {
	local i elements=''
	world
	write_objects
	fw 0 -f objects.nft
	is "what arrives" "$(net reach eth0 1002 1003)" "1003"
	for ((i = 3000; i < 3700; i++)); do
		elements+=", $i : accept"
	done
	sed "s/1003 : accept }/1003 : accept$elements }/" objects.nft >large.nft
	fw 0 -f large.nft
	is "what arrives" "$(net reach eth0 1002 1003 3650)" "1003 3650"
	fw 0 list map netdev t services
	has "$(elements)" "1002 counter packets 2 bytes 76 : drop" \
		"3650 counter packets 1 bytes 38 : accept" "3651 counter packets 0 bytes 0"
	fw 0 -f objects.nft
	fw 0 list map netdev t services
	is "elements" "$(elements)" "\
1002 counter packets 2 bytes 76 : drop
1003 counter packets 2 bytes 76 : accept"
}

case_list_one_or_many() {
	world
	write_objects
	cat >>objects.nft <<-'END'
	table netdev second {
		set ports { type inet_service; elements = { 7 } }
	}
	table inet third {
		counter web { }
	}
	END
	fw 0 -f objects.nft
	fw 0 list tables
	is "tables" "$out" "\
table netdev t
table netdev second
table inet third"
	fw 0 list tables inet
	is "tables inet" "$out" "table inet third"
	fw 0 list tables ip
	is "tables ip" "$out" ""
	fw 0 list table netdev second
	is "table" "$(flat)" \
		"table netdev second { set ports { type inet_service elements = { 7 } } }"
	fw 0 list chain netdev t unused
	is "chain" "$(flat)" "table netdev t { chain unused { } }"
	fw 0 -a list chain netdev t in
	has "$out" "chain in { # handle" 'device "eth0"' "# handle"
	lacks "$out" "chain unused" "set hosts"
	fw 0 list sets
	has "$out" "set hosts" "set ports"
	lacks "$out" "map services" "chain in"
	fw 0 list sets table netdev second
	lacks "$out" "set hosts"
	has "$out" "set ports"
	fw 0 list maps
	has "$out" "map services" "map names"
	lacks "$out" "set hosts"
	fw 0 list map netdev t names
	has "$(flat)" 'elements = { 1004 : "web", 1005 : "other" }'
	fw 0 list counters inet
	is "counters" "$(flat)" "table inet third { counter web { packets 0 bytes 0 } }"
	fw 0 -s list counter netdev t other
	lacks "$out" packets
	fw 0 list chains
	has "$out" "chain in" "chain unused"
	lacks "$out" "udp dport"
}

case_list_what_is_not_there() {
	world
	fw 1 list table netdev t
	has "$err" "there is no table 't': no ruleset is loaded"
	fw 0 list sets
	is "sets of nothing" "$out$err" ""
	write_objects
	fw 0 -f objects.nft
	fw 1 list table netdev tt
	has "$err" "there is no table 'tt' of family netdev; did you mean 't'?"
	fw 1 list table inet t
	has "$err" "there is no table 't' of family inet"
	fw 1 list set netdev t host
	has "$err" "table netdev t has no set 'host'; did you mean 'hosts'?"
	fw 1 list set netdev t services
	has "$err" "table netdev t has no set 'services'"
	fw 1 list map netdev t service
	has "$err" "table netdev t has no map 'service'; did you mean 'services'?"
	fw 1 list chain netdev t inn
	has "$err" "table netdev t has no chain 'inn'; did you mean 'in'?"
	fw 1 list counter netdev t wbe
	has "$err" "table netdev t has no counter 'wbe'; did you mean 'web'?"
	fw 1 list counters table netdev u
	has "$err" "there is no table 'u' of family netdev"
}

# As if an older xdpfw had loaded it.
case_a_record_of_another_version() {
	world
	old_and_new
	xdpfw=("${faults[@]}")
	fw_as XDPFW_RECORD_ABI=1 -- 0 -f old.nft
	xdpfw=("$work/xdpfw")
	is "in force" "$(in_force)" old
	fw 3 list ruleset
	has "$err" "loaded by another version of xdpfw" "it keeps filtering"
	fw 3 status
	has "$err" "loaded by another version of xdpfw"
	fw 0 -f new.nft
	has "$err" "loaded by another version of xdpfw; its counters are not carried over"
	is "in force" "$(in_force)" new
	fw 0 list ruleset
	has "$out" "udp dport 1002 counter packets 1 bytes 38 drop"
	fw 0 -f new.nft
	lacks "$err" "another version"
	fw 0 unload
	no_traces
	xdpfw=("${faults[@]}")
	fw_as XDPFW_RECORD_ABI=1 -- 0 -f old.nft
	xdpfw=("$work/xdpfw")
	fw 0 unload
	no_traces
}

e2e_main "$@"
