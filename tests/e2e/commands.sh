#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# commands: unload, list, status, and the options that no other script is about.
. "${0%/*}/lib.sh"

case_unload_removes_all_traces() {
	local ids word
	world eth0 eth1
	device='devices = { eth0, eth1 }' old_and_new
	fw 0 -f old.nft
	fw 0 -f new.nft
	ids=$(bpf ids)
	for word in prog map link; do
		has "$ids" "$word:"
	done
	is "modes of the folders" "$(cd bpf && stat -c %a xdpfw xdpfw/v1 xdpfw/v1/*)" \
		"700"$'\n'"700"$'\n'"700"
	# Nothing is on the devices but the stub, and no program of an earlier load is left.
	is "programs" "$(tr ' ' '\n' <<<"$ids" | grep -c prog:)" 3
	fw 0 unload
	is "output" "$out$err" ""
	no_traces $ids
	is "in force" "$(in_force eth0) $(in_force eth1)" "none none"
	fw 0 unload
	is "output" "$out$err" ""
	no_traces
	fw 0 -f old.nft
	is "in force" "$(in_force eth0) $(in_force eth1)" "old old"
	fw 0 status
	has "$out" "load number 1 of"
}

# The ruleset before is kept for a rollback; what was before that is freed, not only unpinned.
case_reload_leaves_nothing_of_the_old_program() {
	local first second gone=()
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 -f new.nft
	first=$(bpf ids)
	fw 0 -f old.nft
	second=$(bpf ids)
	for word in $first; do
		[[ " $second " = *" $word "* ]] || gone+=("$word")
	done
	holds "the program was replaced" [ ${#gone[@]} -ge 3 ]
	holds "still in the kernel: ${gone[*]}" within 20 bpf gone "${gone[@]}"
	is "how many there are" "$(wc -w <<<"$second")" "$(wc -w <<<"$first")"
}

case_nothing_is_loaded() {
	fw 0 list ruleset
	is "list" "$out$err" ""
	fw 0 -a list ruleset
	is "list" "$out$err" ""
	fw 0 status
	is "status" "$out$err" "no ruleset is loaded in this network namespace"
	fw 0 unload
	is "unload" "$out$err" ""
	no_traces
}

case_status_says_what_is() {
	local id
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 status
	id=$(sed -n 's/^program: id \([0-9]*\),.*/\1/p' <<<"$out")
	has "$(bpftool prog show id "$id")" "name xdpfw_rules"
	id=$(sed -n 's/^stub: id \([0-9]*\)$/\1/p' <<<"$out")
	has "$(ip -d link show eth0)" "prog/xdp id $id name xdpfw_stub"
	has "$out" "loaded $(date +%Y-%m-%d)" "load number 1 of" "rules: 2, counters: 1" \
		"missed tail calls: 0"
	fw 0 -f new.nft
	fw 0 status
	has "$out" "load number 2 of"
}

case_netns_by_name_pid_and_path() {
	local pid
	world
	old_and_new
	fw 0 --netns client -f old.nft
	is "in force here" "$(in_force)" none
	is "mode there" "$(in_client_mode)" native
	fw 0 --netns /run/netns/client list ruleset
	has "$out" 1001
	unshare --net sleep 100 &
	pid=$!
	within 20 has_own_namespace $pid
	nsenter --net=/proc/$pid/ns/net ip link add eth0 type veth peer name eth1
	fw 0 --netns $pid -f new.nft
	fw 0 --netns /proc/$pid/ns/net list ruleset
	has "$out" 1002
	fw 0 --netns=client list ruleset
	has "$out" 1001
	fw 0 list ruleset
	is "rules here" "$out" ""
	fw 0 --netns $pid unload
	fw 0 --netns client unload
	no_traces

	fw 3 --netns nobody status
	has "$err" "cannot enter the network namespace 'nobody' (/run/netns/nobody): No such file"
	fw 3 --netns 99999 status
	has "$err" "cannot enter the network namespace '99999'"
	fw 3 --netns /etc/passwd status
	has "$err" "cannot enter the network namespace '/etc/passwd'"
}

in_client_mode() {
	case $(in_client ip link show eth0) in
	*" xdp "*) echo native ;;
	*) echo other ;;
	esac
}

has_own_namespace() { [ "$(readlink /proc/"$1"/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; }

case_defines_and_include_folders() {
	world
	mkdir -p one two
	echo 'define port = 1001' >two/ports.nft
	cat >main.nft <<-'END'
	include "ports.nft"
	table netdev t {
		chain in {
			type filter hook ingress device $dev priority filter; policy accept;
			udp dport $port counter drop
		}
	}
	END
	fw 1 -f main.nft
	fw 0 -I one -I two -D dev=eth0 -f main.nft
	is "in force" "$(in_force)" old
	echo 'define port = 1002' >one/ports.nft
	fw 0 -Ione -I "$work/two" --define dev=eth0 -f main.nft
	is "in force" "$(in_force)" new
	# A listing needs neither.
	rm -r one two main.nft
	fw 0 list ruleset
	has "$out" 'device "eth0"' "udp dport 1002 counter packets 1 bytes 38 drop"
	sed 1d >set.nft <<-'END'

	table netdev t {
		chain in {
			type filter hook ingress device "eth0" priority filter; policy accept;
			udp dport $ports drop
		}
	}
	END
	fw 0 -D 'ports={ 1001, 1003 }' -f set.nft
	is "in force" "$(in_force)" old
}

case_standard_input() {
	world
	old_and_new
	fw 0 -f - <old.nft
	is "in force" "$(in_force)" old
	sed 's/drop/drp/' new.nft >wrong.nft
	fw 1 -f - <wrong.nft
	has "$err" ":4:"
	fw 0 -c -f - <new.nft
	cat new.nft | fw 0 -f -
	is "in force" "$(in_force)" new
	fw 0 list ruleset
	cp "$work/out" listed
	fw 0 -f - <listed
	fw 0 list ruleset
	same "the listing again" "$work/out" listed
}

case_emit_prints_and_does_nothing_else() {
	local phase
	world
	old_and_new
	for phase in tokens ast bound ir plan c; do
		fw 0 --emit=$phase -f new.nft
		holds "$phase is printed" [ ${#out} -gt 100 ]
		[ $phase = plan ] || has "$out" 1002
		fw 0 --emit $phase -f new.nft
	done
	has "$out" "/* new.nft:5 udp dport 1002 counter drop */"
	no_traces
	holds "no folder was made" [ ! -e state -a ! -e lock ]
	fw 0 -f old.nft
	fw 0 --emit=c -f new.nft
	is "in force" "$(in_force)" old
	rules wrong.nft "udp dprot 1001 drop"
	for phase in bound ir plan c; do
		fw 1 --emit=$phase -f wrong.nft
		is "output" "$out" ""
	done
}

# The text is a function of the ruleset alone.
case_emitted_c_is_the_same_everywhere() {
	world eth0 eth1
	old_and_new
	fw 0 --emit=c -f old.nft
	cp "$work/out" here
	fw 0 --netns client --emit=c -f old.nft
	same "the C text in another namespace" "$work/out" here
	fw 0 -f old.nft
	fw 0 --emit=c -f old.nft
	same "the C text after a load" "$work/out" here
}

case_help_and_version() {
	fw 0 --help
	has "$out" "usage: xdpfw [options] -f FILE" "--drop-devices" "Exit status"
	fw 0 -h
	fw 0 --version
	holds "a version" grep -Eq '^xdpfw [0-9]' "$work/out"
	is "lines" "$(wc -l <"$work/out")" 1
	fw 0 -V
}

# A process without standard descriptors must not have its messages written into a map.
case_closed_standard_descriptors() {
	local status=0
	world
	old_and_new
	"${xdpfw[@]}" -f old.nft <&- >&- 2>&- || status=$?
	is "status" $status 0
	is "in force" "$(in_force)" old
	fw 0 status
	has "$out" "missed tail calls: 0"
}

e2e_main "$@"
