#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# build: clang, kept objects, and the proof.
. "${0%/*}/lib.sh"

no_clang=(env XDPFW_CLANG=/nonexistent/clang)

case_kept_object_needs_no_clang() {
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 -f new.nft
	is "kept objects" "$(find state/objects -type f | wc -l)" 2
	is "modes" "$(stat -c %a state state/objects)" "700"$'\n'"700"
	fw 0 unload
	xdpfw=("${no_clang[@]}" "${xdpfw[@]}")
	fw 0 -f old.nft
	is "in force" "$(in_force)" old
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
	is "kept objects" "$(find state/objects -type f | wc -l)" 2
}

# Whoever starts it may ignore its children's ends, and it inherits that.
case_started_with_sigchld_ignored() {
	local i ignoring='import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])'
	world
	old_and_new
	xdpfw=(python3 -c "$ignoring" "${xdpfw[@]}")
	for i in 1 2 3; do
		rm -rf state/objects
		fw 0 -f old.nft
		is "in force" "$(in_force)" old
		fw 0 -f new.nft
		is "in force" "$(in_force)" new
	done
}

# The object is a function of the ruleset alone: other devices and other namespaces share it.
case_kept_object_is_found_for_another_namespace() {
	world
	old_and_new
	fw 0 -f old.nft
	xdpfw=("${no_clang[@]}" "${xdpfw[@]}")
	fw 0 --netns client -f old.nft
	fw 0 --netns client status
	has "$out" "device eth0: native"
}

case_no_clang_and_no_object() {
	world
	old_and_new
	fw_as "${no_clang[@]:1}" -- 3 -f old.nft
	is "sentences" "$(grep -c 'xdpfw: error: clang is needed' <<<"$err")" 1
	has "$err" "no ruleset is in force"
	no_traces
	fw 0 -f old.nft
	fw_as "${no_clang[@]:1}" -- 3 -f new.nft
	has "$err" "clang is needed to build the program and was not found" \
		"the previous ruleset stays in force on eth0"
	is "in force" "$(in_force)" old
}

case_check_without_clang() {
	rules right.nft "udp dport 1001 drop"
	rules wrong.nft "udp dport 1001 drp" "udp dprot 1001 drop"
	xdpfw=("${no_clang[@]}" "${xdpfw[@]}")
	fw 3 -c -f right.nft
	has "$err" "the ruleset is right" "clang was not found"
	fw 1 -c -f wrong.nft
	has "$err" "wrong.nft:4:" "wrong.nft:5:"
	lacks "$err" clang
}

case_last_eight_objects_are_kept() {
	local i
	for ((i = 1; i <= 10; i++)); do
		device='device lo' rules $i.nft "udp dport $i drop"
		fw 0 -f $i.nft
	done
	is "kept objects" "$(find state/objects -type f | wc -l)" 8
	xdpfw=("${no_clang[@]}" "${xdpfw[@]}")
	fw 0 -f 3.nft
	fw 0 -f 10.nft
	fw 3 -f 1.nft
	fw 3 -f 2.nft
}

# One byte, and a piece that is missing.
case_damaged_object_is_built_anew() {
	local damage object
	world
	old_and_new
	fw 0 -f old.nft
	object=$(find state/objects -type f)
	is "objects" "$(wc -w <<<"$object")" 1
	cp "$object" whole
	for damage in byte end nothing link; do
		fw 0 -f new.nft
		rm -f "state/objects/"*
		case $damage in
		byte) { head -c 2000 whole; printf U; tail -c +2002 whole; } >"$object" ;;
		end) head -c 3000 whole >"$object" ;;
		nothing) : >"$object" ;;
		link) ln -s "$work/whole" "$object" ;;
		esac
		holds "the object is damaged" is_damaged
		fw_as "${no_clang[@]:1}" -- 3 -f old.nft
		has "$err" "is damaged and is built anew" "clang is needed"
		is "in force" "$(in_force)" new
		fw 0 -f old.nft
		is "in force" "$(in_force)" old
		fw_as "${no_clang[@]:1}" -- 0 -f old.nft
		lacks "$err" damaged
		holds "the object is a file again" [ ! -L "$object" ]
	done
}

is_damaged() { [ -L "$object" ] || ! cmp -s whole "$object"; }

case_state_folder_that_cannot_be_used() {
	local folder
	world
	old_and_new
	mkdir readonly theirs open
	mount -t tmpfs -o ro,mode=700 tmpfs readonly
	chmod 700 theirs
	chown 65534 theirs
	chmod 755 open
	: >file
	for folder in readonly theirs open file missing/state; do
		export XDPFW_STATE_DIR=$work/$folder
		fw 0 -f old.nft
		has "$err" "notice: built programs are not kept: $work/$folder"
		is "in force" "$(in_force)" old
		is "what is in it" "$(find "$folder" -mindepth 1 2>/dev/null || true)" ""
		fw 0 unload
	done
}

case_object_that_is_none() {
	world
	old_and_new
	fw 0 -f old.nft
	hostile hello
	fw_as XDPFW_CLANG="$work/clang-hello" -- 4 -f new.nft
	has "$err" "the built program is not what ABI version" ": it is no BPF object" \
		"the previous ruleset stays in force on eth0"
	is "in force" "$(in_force)" old
	# What was built is found damaged, or built again: it does not stand in the way.
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
}

case_miscompiled_program_is_caught() {
	world
	old_and_new
	fw 0 -f old.nft
	xdpfw=(env XDPFW_MISCOMPILE=1 "${faults[@]}")
	fw 4 -f new.nft
	has "$err" "the built program does not do what the ruleset says" "packet on eth0, " \
		"made for: new.nft:" "the ruleset says: " "the program says: " \
		"the previous ruleset stays in force on eth0" "state/failed (rules.c, log)"
	holds "the packet is shown" grep -Eq 'linear part: [0-9a-f]{28,}$' "$work/err"
	is "in force" "$(in_force)" old
	fw 4 -c -f new.nft
	has "$err" "made for: new.nft:"
	fw 0 status
	has "$out" "load number 1 of"
	# Nobody but the proof would have noticed.
	fw 0 --no-verify -f new.nft
	xdpfw=("$work/xdpfw")
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
}

case_first_load_of_a_miscompiled_program() {
	world
	old_and_new
	xdpfw=(env XDPFW_MISCOMPILE=1 "${faults[@]}")
	fw 4 -f new.nft
	has "$err" "no ruleset is in force"
	is "in force" "$(in_force)" none
	no_traces
}

case_proof_and_no_proof() {
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 status
	holds "proved with packets" grep -Eq '^proved: with [1-9][0-9]{2,} packets$' "$work/out"
	fw 0 --no-verify -f new.nft
	fw 0 status
	has "$out" "proved: no (--no-verify)"
	is "in force" "$(in_force)" new
	is "kept objects: those that were proved" "$(ls state/objects | wc -l)" 1
}

# The judge's index names the rules that a packet may meet; without it every rule is walked.
case_proof_by_the_index_and_without() {
	local lines=() i with
	world
	for i in {1..40}; do
		lines+=("ip saddr 10.$((i % 5)).$i.0/24 tcp dport $((i % 7)) counter drop")
	done
	rules many.nft "${lines[@]}"
	fw 0 -f many.nft
	fw 0 status
	with=$(grep '^proved: with' "$work/out")
	rm -rf state
	xdpfw=(env XDPFW_PLAIN_JUDGE=1 "${faults[@]}")
	fw 0 -f many.nft
	fw 0 status
	is "packets" "$(grep '^proved: with' "$work/out")" "$with"
}

# many FILE VERDICT: a ruleset whose tables are worth keeping.
many() {
	local lines=() i
	for i in {1..1500}; do
		lines+=("ip saddr 10.$((i % 7)).$((i % 251)).$((i % 241)) tcp dport $i counter $2")
	done
	rules "$1" "${lines[@]}"
}

# Changes WHAT is in the kept file, with the digest of what it then is but for one byte.
rewrite_tables() {
	python3 - state/tables/* "$1" <<-'EOF'
	import hashlib, struct, sys
	name, what = sys.argv[1:]
	whole = open(name, 'rb').read()
	magic, size = struct.unpack_from('<8sQ', whole)
	body = bytearray(whole[48:])
	text, image = struct.unpack_from('<QQ', body)
	assert magic == b'xdpfwob1' and size == len(body) == 32 + text + image and image > 1000
	if what == 'answers':
	    body[32 + text:] = bytes(image)
	elif what == 'size':
	    struct.pack_into('<Q', body, 0, text + 1)
	digest = hashlib.sha256(body).digest()
	if what == 'byte':
	    body[-100] ^= 1
	open(name, 'wb').write(whole[:16] + digest + body)
	EOF
}

case_kept_tables() {
	local tables
	world
	old_and_new
	many many.nft drop
	fw 0 -f old.nft
	is "tables of small rulesets" "$(find state -path '*/tables/*' | wc -l)" 0
	fw 0 --no-verify -f many.nft
	is "tables that were not proved" "$(find state -path '*/tables/*' | wc -l)" 0
	fw 0 -f many.nft
	tables=$(cat state/tables/* | sha256sum)
	is "modes" "$(stat -c %a state/tables state/tables/*)" "700"$'\n'"600"
	fw 0 -f many.nft
	lacks "$err" tables
	is "tables" "$(cat state/tables/* | sha256sum)" "$tables"
	rewrite_tables byte
	fw 0 -f many.nft
	has "$err" "notice: the kept tables $work/state/tables/" "damaged and are made anew"
	is "tables" "$(cat state/tables/* | sha256sum)" "$tables"
	rewrite_tables size
	fw 0 -f many.nft
	is "tables" "$(cat state/tables/* | sha256sum)" "$tables"
	many two.nft accept
	fw 0 -f two.nft
	many three.nft return
	fw 0 -f three.nft
	is "kept tables" "$(find state/tables -type f | wc -l)" 2
}

# Tables that say something else, with the right digest: what is kept is proved like all else.
case_kept_tables_that_are_wrong() {
	world
	old_and_new
	many many.nft drop
	fw 0 -f many.nft
	fw 0 -f old.nft
	rewrite_tables answers
	fw 4 -f many.nft
	has "$err" "the built program does not do what the ruleset says" \
		"the previous ruleset stays in force on eth0" "the tables were kept ones"
	is "in force" "$(in_force)" old
	is "kept tables" "$(find state/tables -type f | wc -l)" 0
	fw 0 -f many.nft
	is "kept tables" "$(find state/tables -type f | wc -l)" 1
}

e2e_main "$@"
