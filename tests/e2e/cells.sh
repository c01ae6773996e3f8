#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# cells: counters of a program of an older xdpfw, which has a cell in each element of its map;
# cells that have had another owner; counters on several pages.
. "${0%/*}/lib.sh"

figure() {
	fw 0 list ruleset
	counter "$work/out" "$1"
}

cells() { bpftool map show pinned "$(find bpf/xdpfw -name cells)"; }

# drops PORT...: one packet to each, which is dropped.
drops() {
	local port
	for port; do
		is "what arrives" "$(net reach eth0 "$port")" ""
	done
}

# map_of PROGRAM NAME: the number of its map.
map_of() {
	local map
	for map in $(bpftool -j prog show id "$1" |
		python3 -c 'import json, sys; print(*json.load(sys.stdin)["map_ids"])'); do
		bpftool map show id "$map" | grep -q "name $2 " && echo "$map"
	done
	true
}

# put_older FILE ABI: FILE's ruleset is in force as a version of that ABI would have loaded it, with
# a record and a map of cells of that time.
put_older() {
	local folder program count cells='' i
	xdpfw=("${faults[@]}")
	fw_as XDPFW_RECORD_ABI="$2" -- 0 -f "$1"
	xdpfw=("$work/xdpfw")
	fw 0 --emit=c -f "$1"
	count=$(grep -c '\bcounter\b' "$1")
	for ((i = 1; i <= count; i++)); do
		cells+="$i, "
	done
	sed "s/^#define XDPFW_PAGE_CELLS 1024/#define XDPFW_PAGE_CELLS 1/
		s/MAP_NUMBER(max_entries, 2)/MAP_NUMBER(max_entries, 1024)/
		s/^	\.config = {\(.*\)},/&\n	.cell_of = {$cells},/" "$work/out" >older.c
	is "places that were changed" "$(diff "$work/out" older.c | grep -c '^>')" 3
	clang -target bpf -mcpu=v3 -O2 -g -x c -c older.c -o older.o
	fw 0 status
	program=$(sed -n 's/^program: id \([0-9]*\),.*/\1/p' "$work/out")
	bpftool prog load older.o bpf/older type xdp \
		map name .data.devices id "$(map_of "$program" .data.devices)"
	bpf bind bpf/older "$(map_of "$program" xdpfw_rec)"
	folder=$(dirname "$(find bpf/xdpfw -name slots)")
	bpftool map update pinned "$folder/slots" key 0 0 0 0 value pinned bpf/older
	program=$(bpftool -j prog show pinned bpf/older |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
	rm "$folder/cells" bpf/older
	bpftool map pin id "$(map_of "$program" xdpfw_cells)" "$folder/cells"
	has "$(bpftool map show pinned "$folder/cells")" "value 16B  max_entries 1024"
}

# over_older ABI: to and fro between an older version's program and those of this one.
over_older() {
	world
	rules small.nft "udp dport 1001 counter drop"
	rules more.nft "udp dport 1003 counter" "udp dport { 1001, 1002 } counter drop" \
		"udp dport 1001 counter drop" "udp dport 1002 counter drop"
	rules last.nft "udp dport 1002 counter drop" "udp dport 1001 counter drop"
	put_older last.nft "$1"
	is "what arrives" "$(net reach eth0 1001 1002 1003)" 1003
	is "figures" "$(figure 'dport 1001') $(figure 'dport 1002')" "1 38 1 38"
	fw 0 --confirm 60 -f small.nft
	lacks "$err" "another version"
	is "figures" "$(figure 'dport 1001')" "1 38"
	is "what arrives" "$(net reach eth0 1001 1002)" 1002
	is "figures" "$(figure 'dport 1001')" "2 76"
	fw 0 rollback
	is "figures after the rollback" "$(figure 'dport 1001') $(figure 'dport 1002')" "2 76 1 38"
	is "what arrives" "$(net reach eth0 1001 1002)" ""
	is "figures" "$(figure 'dport 1001') $(figure 'dport 1002')" "3 114 2 76"
	fw 0 -f small.nft
	is "what arrives" "$(net reach eth0 1001 1002)" 1002
	is "figures" "$(figure 'dport 1001')" "4 152"
	has "$(cells)" "value 16384B  max_entries 1"
	fw 0 rollback
	is "figures" "$(figure 'dport 1001') $(figure 'dport 1002')" "4 152 2 76"
	is "what arrives" "$(net reach eth0 1001 1002)" ""
	fw 0 rollback
	is "figures" "$(figure 'dport 1001')" "5 190"
	fw 0 -f more.nft
	is "what arrives" "$(net reach eth0 1001 1003)" 1003
	is "figures" "$(figure 'dport 1003') $(figure 'dport 1001 counter')" "1 38 5 190"
	is "pins of cells" "$(pins | grep -c cells)" 1
	fw 0 unload
	no_traces
}

case_older_program() { over_older 4; }

case_program_before_that() { over_older 3; }

# The ruleset that came by an upgrade is replaced again while the older one may come back.
case_older_program_and_two_loads() {
	world
	rules small.nft "udp dport 1001 counter drop"
	rules more.nft "udp dport 1001 counter drop" "udp dport 1002 counter drop"
	put_older small.nft 4
	is "what arrives" "$(net reach eth0 1001 1002)" 1002
	fw 0 --confirm 60 -f more.nft
	is "what arrives" "$(net reach eth0 1001 1002)" ""
	fw 0 --confirm 60 -f more.nft
	is "what arrives" "$(net reach eth0 1001 1002)" ""
	is "figures" "$(figure 'dport 1001') $(figure 'dport 1002')" "3 114 2 76"
	fw 0 rollback
	is "figures" "$(figure 'dport 1001')" "3 114"
	is "what arrives" "$(net reach eth0 1001 1002)" 1002
	fw 0 -f more.nft
	is "figures" "$(figure 'dport 1001') $(figure 'dport 1002')" "4 152 0 0"
	fw 0 unload
	no_traces
}

# Nobody zeroes a cell: what another counter left in it is taken off.
case_cells_that_had_another_owner() {
	local port
	world
	for port in 1001 1002 1003 1004 1005; do
		rules $port.nft "udp dport $port counter drop"
	done
	rules both.nft "udp dport 1006 counter drop" "udp dport 1005 counter packets 7 bytes 9 drop"
	for port in 1001 1002 1003 1004 1005; do
		fw 0 -f $port.nft
		is "figures of $port" "$(figure "dport $port")" "0 0"
		drops $port $port
		is "figures of $port" "$(figure "dport $port")" "2 76"
	done
	fw 0 rollback
	is "figures" "$(figure 'dport 1004')" "2 76"
	drops 1004
	fw 0 rollback
	is "figures" "$(figure 'dport 1005')" "2 76"
	fw 0 -f both.nft
	is "figures" "$(figure 'dport 1005') $(figure 'dport 1006')" "2 76 0 0"
	fw 0 --fresh -f both.nft
	is "figures" "$(figure 'dport 1005') $(figure 'dport 1006')" "7 9 0 0"
	is "what arrives" "$(net reach eth0 1005 1006)" ""
	is "figures" "$(figure 'dport 1005') $(figure 'dport 1006')" "8 47 1 38"
	fw 0 unload
	no_traces
}

# A base value below zero is carried into a larger map.
case_such_cells_move_to_a_larger_map() {
	local port lines=()
	world
	for port in 1001 1002 1003 1004; do
		rules $port.nft "udp dport $port counter drop"
		fw 0 -f $port.nft
		drops $port $port
	done
	for ((port = 2000; port < 4700; port++)); do
		lines+=("udp dport $port counter")
	done
	rules large.nft "${lines[@]}" "udp dport 1004 counter drop"
	fw 0 --confirm 60 -f large.nft
	is "what arrives" "$(net reach eth0 1004 2000 3023 3024 4699)" "2000 3023 3024 4699"
	fw 0 list ruleset
	is "figures" "$(sed -n 's/.*dport \(.*\) counter packets \([1-9].*\) bytes.*/\1:\2/p' \
		"$work/out" | tr '\n' ' ')" "2000:1 3023:1 3024:1 4699:1 1004:3 "
	has "$(cells)" "value 16384B  max_entries 8"
	fw 0 rollback
	is "figures" "$(figure 'dport 1004')" "3 114"
	fw 0 unload
	no_traces
}

e2e_main "$@"
