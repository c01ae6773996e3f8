#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bundle: objects that `compile` makes and `load` takes, and what the machine starts with.
. "${0%/*}/lib.sh"

# A world without clang, and without what an earlier load kept.
without_clang() {
	export XDPFW_CLANG=/nonexistent/clang
	rm -rf "$XDPFW_STATE_DIR/objects"
}

with_clang() { unset XDPFW_CLANG; }

device_is_bare() { [ "$(mode_of eth0)" = none ]; }

# A start of the machine: everything in the kernel is gone, the devices come up without a program.
restart() {
	umount "$XDPFW_BPFFS"
	mount -t bpf -o mode=1777 bpf "$XDPFW_BPFFS"
	rm -rf "$XDPFW_RUN_DIR"
	holds "eth0 has a program still" within 20 device_is_bare
	is "in force after the start" "$(in_force)" none
}

# boot_objects: which of the two rulesets each of the files holds.
boot_objects() {
	local file
	for file in current previous next; do
		[ -e "$XDPFW_STATE_DIR/$file" ] || continue
		case $(grep -ao 'udp dport 100[12]' "$XDPFW_STATE_DIR/$file" | head -n 1) in
		*1001) echo "$file old" ;;
		*1002) echo "$file new" ;;
		*) echo "$file other" ;;
		esac
	done | paste -sd ' '
}

# change FILE COMMAND...: a copy of it, changed by somebody who knows how, as changed.obj.
change() {
	cp "$1" changed.obj
	python3 "$here/bundle.py" "$2" changed.obj "${@:3}"
}

# refused STATUS WORDS...: changed.obj cannot be loaded, and the words say why; "old" is in force.
refused() {
	fw "$1" load changed.obj
	has "$err" "${@:2}"
	is "in force" "$(in_force)" old
}

# A ruleset of everything that has its own way into the program, in an order that no listing has.
write_everything() {
	cat <<-'END'
	define port = 1001
	table netdev t {
		counter web { comment "seen" packets 7 bytes 700 }
		set hosts { type ipv4_addr; counter; elements = { 192.0.2.9 counter packets 3 bytes 33 } }
		map services { type inet_service : verdict; counter; elements = { 1003 : drop, 1004 : accept } }
		chain in {
			type filter hook ingress device "eth0" priority filter; policy accept;
			ip saddr @hosts drop
			udp dport $port counter packets 5 bytes 50 drop
			udp dport vmap @services
			meta hour "00:00"-"23:59" udp dport 1009 drop
			time > "2020-01-01 12:00" udp dport 1008 counter name "web"
			meta cpu 4000 drop
		}
	}
	table netdev other {
		chain first {
			type filter hook ingress device "eth0" priority -5; policy accept;
			udp dport { 1005, 1007 } counter drop
		}
	}
	table netdev t {
		chain late { udp dport { 1006, 1010 } counter drop; }
		chain second {
			type filter hook ingress device "eth0" priority 5; policy accept;
			jump late
		}
	}
	END
}

ports="1001 1002 1003 1004 1005 1006 1009"

case_compile_and_load() {
	world
	export TZ=UTC-5
	write_everything >all.nft
	fw 0 compile -f all.nft -o all.obj
	has "$err" "all.nft:9:44: warning:"
	lacks "$err" "notice"
	is "output" "$out" ""
	is "mode" "$(stat -c %a all.obj)" 644
	fw 0 -f all.nft
	fw 0 -a list ruleset
	cp "$work/out" listed
	# shellcheck disable=SC2086
	is "what arrives" "$(net reach eth0 $ports)" "1002 1004"
	fw 0 unload
	without_clang
	fw 3 -f all.nft
	has "$err" "clang is needed"
	fw 0 load all.obj
	fw 0 -a list ruleset
	same "the listing" "$work/out" listed
	fw 0 status
	has "$out" "proved: with"
	# shellcheck disable=SC2086
	is "what arrives" "$(net reach eth0 $ports)" "1002 1004"
	# The object means the same in another time zone, and is listed in that one.
	export TZ=UTC
	fw 0 load all.obj
	fw 0 -a list ruleset
	has "$out" 'meta hour != "18:59"-"19:00"' '2020-01-01 07:00:00'
	fw 0 --fresh load - <all.obj
	fw 0 list ruleset
	has "$out" "counter packets 5 bytes 50" "packets 7 bytes 700" "packets 3 bytes 33"
}

case_large_tables() {
	world
	python3 - >large.nft <<-'END'
	print('table netdev t {\n\tset big {\n\t\ttype ipv4_addr\n\t\telements = {')
	print(",\n".join(f"\t\t\t10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(0, 200000, 2)))
	print('\t\t}\n\t}\n\tset nets {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t\telements = {')
	print(",\n".join(f"\t\t\t11.{i >> 8}.{i & 255}.0/25" for i in range(20000)))
	print('\t\t}\n\t}\n\tchain in {\n\t\ttype filter hook ingress device "eth0" priority 0;')
	print('\t\tip saddr @big drop\n\t\tip saddr @nets counter drop\n\t\tudp dport 1001 drop\n\t}\n}')
	END
	fw 0 compile -f large.nft -o large.obj
	without_clang
	fw 0 load large.obj
	is "what arrives" "$(net reach eth0 1001 1002)" "1002"
	fw 0 list set netdev t big
	is "elements" "$(grep -o '10\.[0-9.]*' <<<"$out" | wc -l)" 100000
	restart
	fw 0 load
	is "after a start" "$(net reach eth0 1001 1002)" "1002"
}

case_output() {
	world
	old_and_new
	fw 0 compile -f old.nft -o one.obj
	"${xdpfw[@]}" compile -f old.nft -o - 2>/dev/null >two.obj
	same "the same twice, and on standard output" one.obj two.obj
	mkdir folder
	fw 0 compile -f new.nft -o folder/two.obj
	ln -s folder/two.obj link.obj
	fw 0 compile -f old.nft -o link.obj
	holds "the link stays" [ -L link.obj ]
	same "what it names is written" folder/two.obj one.obj
	is "nothing is left" "$(ls -A folder)" two.obj
}

case_output_refused() {
	world
	old_and_new
	fw 0 compile -f old.nft -o one.obj
	cp one.obj before
	mkdir full
	mount -t tmpfs -o size=16k tmpfs full
	cp one.obj full/one.obj 2>/dev/null && stop "the test's file system is too large"
	echo kept >full/one.obj
	fw 3 compile -f new.nft -o full/one.obj
	has "$err" "cannot write 'full/one.obj': No space left on device"
	is "the old file" "$(cat full/one.obj)" kept
	is "and nothing else" "$(ls -A full)" one.obj
	mount -o remount,ro full
	fw 3 compile -f new.nft -o full/one.obj
	has "$err" "cannot write 'full/one.obj': Read-only file system"
	fw 3 compile -f new.nft -o nowhere/one.obj
	has "$err" "cannot write 'nowhere/one.obj': No such file or directory"
	fw 2 compile -f new.nft -o full
	has "$err" "cannot write 'full': not a regular file"
	fw 2 compile -f new.nft -o /dev/null
	has "$err" "not a regular file" "-o -"
	mkfifo fifo
	fw 2 compile -f new.nft -o fifo
	has "$err" "not a regular file"
	echo 'nonsense' >wrong.nft
	fw 1 compile -f wrong.nft -o one.obj
	has "$err" "wrong.nft:1:1: error"
	without_clang
	fw 3 compile -f new.nft -o one.obj
	has "$err" "clang is needed"
	same "the object is what it was" one.obj before
}

case_terminal() {
	world
	old_and_new
	script -qec "$work/xdpfw compile -f old.nft -o -" /dev/null >said 2>&1 </dev/null &&
		stop "on a terminal"
	has "$(tr -d '\r' <said)" "standard output is a terminal"
	script -qec "$work/xdpfw load -" /dev/null >said 2>&1 </dev/null && stop "from a terminal"
	has "$(tr -d '\r' <said)" "standard input is a terminal"
}

case_usage() {
	world
	old_and_new
	fw 2 compile -f old.nft
	has "$err" "'compile' is given as 'compile -f FILE -o OBJ'"
	fw 2 compile -o old.obj
	fw 2 -f old.nft -o old.obj
	has "$err" "-o goes with 'compile'"
	fw 2 compile -f old.nft -o a -o b
	has "$err" "-o can be given once"
	fw 2 --netns x compile -f old.nft -o a
	has "$err" "give this option to 'xdpfw load'"
	fw 2 --mode generic compile -f old.nft -o a
	fw 2 --device eth1 load old.obj
	has "$err" "give --device to 'xdpfw compile'"
	fw 2 -D a=b load old.obj
	has "$err" "give -D to 'xdpfw compile'"
	fw 2 -I /tmp load old.obj
	has "$err" "give -I to 'xdpfw compile'"
	fw 2 -f old.nft load
	has "$err" "a ruleset is loaded by -f alone"
	fw 2 load a.obj b.obj
	has "$err" "'b.obj' is one too many"
	fw 2 -c load a.obj
	has "$err" "-c and --emit go with -f FILE"
}

case_not_an_object() {
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 compile -f new.nft -o new.obj
	cp old.nft changed.obj
	refused 3 "'changed.obj' is not an object of xdpfw"
	: >changed.obj
	refused 3 "'changed.obj' is not an object of xdpfw"
	cp "$work/xdpfw" changed.obj
	refused 3 "'changed.obj' is not an object of xdpfw"
	fw 3 load missing.obj
	has "$err" "cannot read 'missing.obj': No such file or directory"
	mkdir folder
	fw 3 load folder
	has "$err" "cannot read 'folder': not a regular file"
	mkfifo fifo
	fw 3 load fifo
	has "$err" "cannot read 'fifo': not a regular file"
	fw 3 load /dev/zero
	has "$err" "cannot read '/dev/zero': not a regular file"
	truncate -s 513M changed.obj
	refused 3 "cannot read 'changed.obj': larger than 512 MiB"
	fw 3 load - </dev/zero
	has "$err" "cannot read standard input: larger than 512 MiB"
	cp new.obj changed.obj
	chmod 664 changed.obj
	refused 3 "'changed.obj' can be written by others" "chmod go-w"
	chmod 646 changed.obj
	refused 3 "'changed.obj' can be written by others"
	chmod 644 changed.obj
	chown 1234 changed.obj
	fw 0 load changed.obj
	has "$err" "'changed.obj' belongs to user 1234, who decides what is loaded"
	is "in force" "$(in_force)" new
}

case_damaged() {
	local size byte
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 compile -f new.nft -o new.obj
	size=$(stat -c %s new.obj)
	for byte in 0 7 8 39 40 60 100 150 $((size / 2)) $((size - 1)); do
		cp new.obj changed.obj
		printf '\377' | dd of=changed.obj bs=1 seek="$byte" conv=notrunc status=none
		cmp -s new.obj changed.obj && continue
		if [ "$byte" -lt 8 ]; then
			refused 3 "is not an object of xdpfw"
		else
			refused 3 "'changed.obj' is damaged: its digest"
		fi
	done
	for byte in 1 40 41 152 200 $((size / 2)) $((size - 1)); do
		head -c "$byte" new.obj >changed.obj
		refused 3 "'changed.obj' is"
	done
	{ cat new.obj; echo; } >changed.obj
	refused 3 "'changed.obj' is damaged"
	fw 0 load new.obj
	is "in force" "$(in_force)" new
}

# By somebody who makes the digest anew.
case_made_on_purpose() {
	local number
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 compile -f new.nft -o new.obj
	change new.obj field abi 1
	refused 3 "was made by another version of xdpfw" "build it again with this one"
	change new.obj field format 3
	refused 3 "was made by another version of xdpfw"
	change new.obj field order 0x04030201
	refused 3 "was made on a machine with another byte order"
	for number in mode allow_missing failsafe_count text_bytes failsafe_bytes image_bytes optimize_bytes; do
		change new.obj field $number 0xffffffff
		refused 3 "'changed.obj' is damaged"
	done
	change new.obj field object_bytes 0xffffffffffffffff
	refused 3 "'changed.obj' is damaged"
	change new.obj field failsafe_count 1
	refused 3 "'changed.obj' is damaged"
	change new.obj text 1002 1003
	refused 3 "was made by another version of xdpfw"
	change new.obj text drop 'dr{p'
	refused 3 "holds a ruleset that this version of xdpfw" "error:"
	change new.obj text 'table' $'tab\x01e'
	refused 3 "holds a ruleset that this version of xdpfw"
	# The program of one ruleset under the text of another, key and all: the proof sees it.
	fw 0 compile -f old.nft -o old.obj
	python3 - <<-'END'
	import struct, hashlib
	new, old = (open(name, "rb").read() for name in ("new.obj", "old.obj"))
	sizes = lambda data: struct.unpack_from("=4Q", data, 120)
	head = bytearray(new[:len(new) - sizes(new)[3]]) + old[len(old) - sizes(old)[3]:]
	struct.pack_into("=Q", head, 144, sizes(old)[3])
	head[8:40] = hashlib.sha256(head[40:]).digest()
	open("changed.obj", "wb").write(head)
	END
	without_clang
	refused 4 "does not do what the ruleset says" "the program of 'changed.obj' was not built here and now" \
		"the previous ruleset stays in force"
}

# Bits of the ELF object turned: libbpf, the verifier or the proof refuse it, or it did not matter.
case_hostile_objects() {
	local i status said=' '
	world
	old_and_new
	fw 0 compile -f new.nft -o new.obj
	without_clang
	# libbpf believes numbers of types: some of the last 120 end it, which a child is for.
	for ((i = 0; i < 240; i++)); do
		if [ $i -lt 120 ]; then
			change new.obj flip $((i < 64 ? i : RANDOM * 32768 + RANDOM))
		else
			change new.obj btf $((i * 3))
		fi
		status=0
		"${xdpfw[@]}" load changed.obj >"$work/out" 2>"$work/err" || status=$?
		case $status in
		0) said+="0 " ;;
		3 | 4) said+="$status " ;;
		*) stop "change $i: status $status: $(head -c 300 "$work/err")" ;;
		esac
		! grep -q "opening it ends in 'Segmentation fault'" "$work/err" || said+="ended "
		checked=$((checked + 1))
	done
	has "$said" " 4 " " 4 ended "
}

# As after an update of the kernel: with clang there, what it refuses is built anew.
case_refused_object_is_built_anew() {
	local i
	world
	old_and_new
	fw 0 compile -f new.nft -o new.obj
	without_clang
	for ((i = 64; i < 4000; i += 8)); do
		change new.obj flip $i
		"${xdpfw[@]}" load changed.obj >/dev/null 2>&1 || break
	done
	fw 4 load changed.obj
	with_clang
	fw 0 load changed.obj
	has "$err" "the kept program is not accepted and is built anew"
	is "in force" "$(in_force)" new
	# It is not what the machine starts with.
	without_clang
	restart
	fw 0 load
	is "output" "$err" ""
	is "in force" "$(in_force)" new
	# A boot object that is refused is built anew too, and stays so.
	cp changed.obj "$XDPFW_STATE_DIR/current"
	chmod 600 "$XDPFW_STATE_DIR/current"
	restart
	fw 4 load
	with_clang
	fw 0 load
	has "$err" "is built anew"
	is "in force" "$(in_force)" new
	without_clang
	restart
	fw 0 load
	is "output" "$err" ""
}

case_boot_object() {
	world
	old_and_new
	fw 3 load
	has "$err" "there is no ruleset to start with"
	fw 0 -f old.nft
	is "boot objects" "$(boot_objects)" "current old"
	is "mode" "$(stat -c %a "$XDPFW_STATE_DIR/current")" 600
	fw 0 -f new.nft
	is "boot objects" "$(boot_objects)" "current new previous old"
	fw 0 list ruleset
	without_clang
	restart
	fw 0 load
	is "output" "$out$err" ""
	is "in force" "$(in_force)" new
	is "boot objects" "$(boot_objects)" "current new previous old"
	fw 0 load
	is "boot objects" "$(boot_objects)" "current new previous old"
	# unload says nothing about the next start.
	fw 0 unload
	is "boot objects" "$(boot_objects)" "current new previous old"
	fw 0 load
	is "in force" "$(in_force)" new
	with_clang
	fw 0 -f old.nft
	is "boot objects" "$(boot_objects)" "current old previous new"
	# The same again: nothing is lost.
	fw 0 -f old.nft
	is "boot objects" "$(boot_objects)" "current old previous new"
	# A load that fails changes nothing.
	sed 's/eth0/eth9/' new.nft >missing.nft
	fw 3 -f missing.nft
	is "boot objects" "$(boot_objects)" "current old previous new"
	echo 'flush ruleset' >empty.nft
	fw 0 -f empty.nft
	is "boot objects" "$(boot_objects)" "previous old"
	fw 3 load
	has "$err" "there is no ruleset to start with"
}

case_status() {
	world
	old_and_new
	fw 0 status
	lacks "$out" "next start"
	fw 0 -f old.nft
	fw 0 status
	has "$out" "next start: this ruleset" $'\nmade for: balanced\n'
	fw 0 --optimize=size,flow-cache,no-merge --plan=tree --failsafe "tcp dport 22" -f old.nft
	fw 0 status
	has "$out" $'\nmade for: size,no-merge,flow-cache --plan=tree\n' "failsafe: tcp dport 22"
	# What is brought back, and what the machine starts with, was made for the same.
	fw 0 -f old.nft
	fw 0 rollback
	fw 0 status
	has "$out" $'\nmade for: size,no-merge,flow-cache --plan=tree\n'
	fw 0 load
	fw 0 status
	has "$out" $'\nmade for: '
	fw 0 -f old.nft
	mount -t tmpfs tmpfs "$XDPFW_STATE_DIR"
	chmod 700 "$XDPFW_STATE_DIR"
	fw 0 status
	has "$out" "next start: no ruleset"
	umount "$XDPFW_STATE_DIR"
	rm "$XDPFW_STATE_DIR/current"
	mkdir "$XDPFW_STATE_DIR/next.new"
	fw 0 -f new.nft
	has "$err" "the machine will not start with this ruleset"
	fw 0 status
	has "$out" "next start: no ruleset"
	rmdir "$XDPFW_STATE_DIR/next.new"
	fw 0 -f new.nft
	mkdir "$XDPFW_STATE_DIR/next.new"
	fw 0 -f old.nft
	fw 0 status
	has "$out" "next start: another ruleset, the one that 'xdpfw load' loads"
	fw 0 unload
	fw 0 status
	has "$out" "no ruleset is loaded" "next start: the ruleset that 'xdpfw load' loads"
}

case_confirm() {
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 -f new.nft --confirm 60
	is "pending" "$(boot_objects)" "current old next new"
	fw 0 status
	has "$out" "next start: another ruleset"
	fw 0 confirm
	is "confirmed" "$(boot_objects)" "current new previous old"
	fw 0 status
	has "$out" "next start: this ruleset"
	fw 0 -f old.nft --confirm 60
	fw 0 rollback
	is "in force" "$(in_force)" new
	is "rolled back" "$(boot_objects)" "current new previous old"
	fw 0 -f old.nft
	fw 0 -f new.nft
	fw 0 rollback
	is "in force" "$(in_force)" old
	is "rolled back to the one before" "$(boot_objects)" "current old previous new"
	fw 0 rollback
	is "and there again" "$(boot_objects)" "current new previous old"
	# Not confirmed in time: nobody has to be alive for the rules, the files follow.
	fw 0 -f old.nft --confirm 1
	is "pending" "$(boot_objects)" "current new previous old next old"
	within 5 eval '[ "$(in_force)" = new ]'
	fw 0 list ruleset
	is "expired" "$(boot_objects)" "current new previous old"
	# A start of the machine in the middle.
	fw 0 -f old.nft --confirm 60
	without_clang
	restart
	fw 0 load
	is "after a start" "$(in_force)" new
	is "after a start" "$(boot_objects)" "current new previous old"
	# An object that is to be confirmed.
	with_clang
	fw 0 compile -f old.nft -o old.obj
	fw 0 load old.obj --confirm 60
	is "pending" "$(boot_objects)" "current new previous old next old"
	fw 0 confirm
	is "confirmed" "$(boot_objects)" "current old previous new"
	fw 0 load --confirm 60
	is "the boot object itself, pending" "$(boot_objects)" "current old previous new"
	fw 0 unload
	is "unload" "$(boot_objects)" "current old previous new"
}

# What is in force after a rollback is not what the machine starts with, and no file says it.
case_rollback_to_what_was_not_written() {
	world
	old_and_new
	fw 0 -f new.nft
	mkdir "$XDPFW_STATE_DIR/next.new"
	fw 0 -f old.nft
	has "$err" "the machine will not start with this ruleset"
	rmdir "$XDPFW_STATE_DIR/next.new"
	fw 0 -f new.nft
	fw 0 rollback
	is "in force" "$(in_force)" old
	has "$err" "the machine will start with another ruleset" "load it again"
	is "boot objects" "$(boot_objects)" "current new"
	fw 0 rollback
	lacks "$err" "notice: the machine"
}

case_first_load_with_confirm() {
	world
	old_and_new
	fw 0 -f old.nft --confirm 60
	is "pending" "$(boot_objects)" "next old"
	fw 3 load
	has "$err" "there is no ruleset to start with"
	fw 0 unload
	is "unload forgets it" "$(boot_objects)" ""
	fw 0 -f old.nft --confirm 60
	fw 0 confirm
	is "confirmed" "$(boot_objects)" "current old"
}

case_failsafe_rules_are_carried() {
	world
	old_and_new
	export XDPFW_CONF=$work/failsafe.conf
	fw 0 --failsafe 'udp dport 1001 meta hour "00:00"-"23:59"' compile -f old.nft -o old.obj
	without_clang
	fw 0 load old.obj
	is "what arrives" "$(net reach eth0 1001 1002)" "1001 1002"
	fw 0 status
	has "$out" 'failsafe: udp dport 1001'
	restart
	fw 0 load
	is "what arrives" "$(net reach eth0 1001 1002)" "1001 1002"
	# The host's own rule is in the object, or it is refused.
	echo 'failsafe udp dport 1001 meta hour "00:00"-"23:59"' >failsafe.conf
	fw 0 load old.obj
	echo 'failsafe tcp dport 22' >failsafe.conf
	fw 3 load old.obj
	has "$err" "'old.obj' does not have the failsafe rule 'tcp dport 22' of this host"
	fw 0 load
	has "$err" "was built before this host had the failsafe rule 'tcp dport 22'"
	echo 'nonsense' >failsafe.conf
	fw 1 load old.obj
	has "$err" "failsafe.conf:1"
	fw 0 load
	has "$err" "notice: " "failsafe.conf:1" "does not matter to what was built before"
	rm failsafe.conf
	with_clang
	fw 0 --failsafe 'udp dport 1001' -f old.nft
	without_clang
	restart
	fw 0 load
	is "what arrives" "$(net reach eth0 1001 1002)" "1001 1002"
}

case_start_without_a_device() {
	world eth0 eth1
	device='devices = { eth0, eth1 }' rules two.nft "udp dport 1001 counter drop"
	fw 0 -f two.nft
	without_clang
	restart
	ip link del eth1
	fw 3 load
	has "$err" "eth1" "current"
	fw 0 load --allow-missing
	is "in force" "$(in_force)" old
	with_clang
	fw 0 --allow-missing -f two.nft
	without_clang
	restart
	fw 0 load
	is "in force" "$(in_force)" old
}

case_boot_keeps_the_mode() {
	world
	old_and_new
	fw 0 --mode generic -f old.nft
	without_clang
	restart
	fw 0 load
	is "mode" "$(mode_of eth0)" generic
	restart
	fw 0 --mode native load
	is "mode" "$(mode_of eth0)" native
	restart
	fw 0 load
	is "mode, after a start with an option" "$(mode_of eth0)" generic
}

case_object_becomes_the_boot_object() {
	world
	old_and_new
	fw 0 compile -f new.nft -o new.obj
	without_clang
	fw 0 load new.obj
	is "boot objects" "$(boot_objects)" "current new"
	rm new.obj
	restart
	fw 0 load
	is "in force" "$(in_force)" new
}

# A listing is in another order than the file: the program is that of the listing.
case_boot_object_of_tables_in_turns() {
	world
	write_everything >all.nft
	fw 0 -f all.nft
	fw 0 list ruleset
	cp "$work/out" listed
	without_clang
	restart
	fw 0 load
	is "output" "$err" ""
	fw 0 list ruleset
	same "the listing" "$work/out" listed
	# shellcheck disable=SC2086
	is "what arrives" "$(net reach eth0 $ports)" "1002 1004"
}

case_killed_around_the_switch() {
	local point
	world
	old_and_new
	for point in built pinned attached switched; do
		xdpfw=("$work/xdpfw")
		fw 0 -f old.nft
		is "boot objects" "$(boot_objects | cut -d' ' -f1,2)" "current old"
		xdpfw=("${faults[@]}")
		fw_as XDPFW_KILL_AT=$point -- 137 -f new.nft
		xdpfw=("$work/xdpfw")
		if [ $point = switched ]; then
			is "boot objects, killed at $point" "$(boot_objects)" "current old next new"
			is "in force" "$(in_force)" new
			fw 0 list ruleset
			is "boot objects, one command later" "$(boot_objects)" "current new previous old"
		else
			is "in force" "$(in_force)" old
			fw 0 list ruleset
			is "boot objects, killed at $point" \
				"$(boot_objects | sed 's/ previous new//')" "current old"
		fi
	done
	# Killed and started again at once.
	xdpfw=("${faults[@]}")
	fw_as XDPFW_KILL_AT=attached -- 137 -f old.nft
	xdpfw=("$work/xdpfw")
	restart
	fw 0 load
	is "in force" "$(in_force)" new
	is "boot objects" "$(boot_objects)" "current new previous old"
}

# Every state that a kill between the steps of the files can leave.
case_files_half_changed() {
	local folder=$XDPFW_STATE_DIR steps step
	world
	old_and_new
	for steps in "rm previous" "rm -f previous; ln current previous" \
		"mv next later; cp current next.new; mv later next" "rm current previous"; do
		xdpfw=("$work/xdpfw")
		fw 0 -f old.nft
		xdpfw=("${faults[@]}")
		fw_as XDPFW_KILL_AT=switched -- 137 -f new.nft
		xdpfw=("$work/xdpfw")
		[ -e "$folder/previous" ] || cp "$folder/current" "$folder/previous"
		(cd "$folder" && eval "$steps")
		step="after '$steps'"
		fw 0 list ruleset
		lacks "$err" notice
		case $steps in
		"rm current previous") is "$step" "$(boot_objects)" "current new" ;;
		*) is "$step" "$(boot_objects)" "current new previous old" ;;
		esac
		fw 0 list ruleset
		is "$step, again" "$(boot_objects | cut -d' ' -f1,2)" "current new"
	done
	# There is nothing to exchange it with.
	fw 0 -f old.nft
	mv "$folder/current" "$folder/previous"
	fw 0 list ruleset
	is "only the previous one" "$(boot_objects)" "current old"
}

# Who asks from where process 1 cannot be seen gets no boot object, and is told.
case_no_proc() {
	world
	old_and_new
	mount -t tmpfs tmpfs /proc/1
	fw 0 -f old.nft
	has "$err" "cannot tell whether this is the network namespace of process 1"
	is "boot objects" "$(boot_objects)" ""
	is "in force" "$(in_force)" old
	umount /proc/1
}

case_folder_cannot_be_written() {
	world
	old_and_new
	mkdir "$XDPFW_STATE_DIR"
	chmod 700 "$XDPFW_STATE_DIR"
	mount -t tmpfs -o size=4m,mode=700 tmpfs "$XDPFW_STATE_DIR"
	fw 0 -f old.nft
	lacks "$err" notice
	mount -o remount,ro "$XDPFW_STATE_DIR"
	fw 0 -f old.nft
	lacks "$err" notice
	fw 0 -f new.nft
	has "$err" "the machine will not start with this ruleset" "Read-only file system"
	is "in force" "$(in_force)" new
	is "boot objects" "$(boot_objects)" "current old"
	fw 0 list ruleset
	is "said once" "$err" ""
	restart
	without_clang 2>/dev/null || :
	fw 0 load
	is "what a start says" "$err" ""
	is "in force" "$(in_force)" old
	mount -o remount,rw "$XDPFW_STATE_DIR"
	dd if=/dev/zero of="$XDPFW_STATE_DIR/filler" bs=4k status=none 2>/dev/null || :
	with_clang
	fw 0 -f new.nft
	has "$err" "the machine will not start with this ruleset" "No space left on device"
	is "in force" "$(in_force)" new
	is "boot objects" "$(boot_objects)" "current old"
	rm "$XDPFW_STATE_DIR/filler"
	fw 0 -f new.nft
	is "boot objects" "$(boot_objects)" "current new previous old"
	chmod 755 "$XDPFW_STATE_DIR"
	fw 0 -f old.nft
	has "$err" "will not start with this ruleset" "it must belong to this user and have mode 0700"
	fw 3 load
	has "$err" "mode 0700"
}

# Files may not grow (ulimit -f): as with a full disk.
case_files_may_not_grow() {
	local said
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 compile -f new.nft -o new.obj
	# clang's input is such a file too.
	said=$( (ulimit -f 0 && ! "${xdpfw[@]}" -f new.nft 2>&1) | cat)
	has "$said" "error: cannot start" "File too large" "the previous ruleset stays in force"
	is "in force" "$(in_force)" old
	said=$( (ulimit -f 0 && "${xdpfw[@]}" load new.obj 2>&1) | cat)
	has "$said" "the machine will not start with this ruleset" "File too large"
	is "in force" "$(in_force)" new
	is "boot objects" "$(boot_objects)" "current old"
	said=$( (ulimit -f 4 && ! "${xdpfw[@]}" compile -f old.nft -o new.obj 2>&1) | cat)
	has "$said" "File too large"
	fw 0 load new.obj
}

case_damaged_boot_object() {
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 -f new.nft
	printf 'x' | dd of="$XDPFW_STATE_DIR/current" bs=1 seek=300 conv=notrunc status=none
	without_clang
	restart
	fw 0 load
	has "$err" "current' is damaged" "the ruleset before it is loaded instead"
	is "in force" "$(in_force)" old
	printf 'x' | dd of="$XDPFW_STATE_DIR/current" bs=1 seek=300 conv=notrunc status=none
	printf 'x' | dd of="$XDPFW_STATE_DIR/previous" bs=1 seek=300 conv=notrunc status=none
	restart
	fw 3 load
	has "$err" "current' is damaged"
}

# After an update of xdpfw.
case_boot_object_of_another_version() {
	world
	old_and_new
	xdpfw=("${faults[@]}")
	fw_as XDPFW_BUNDLE_KEY=other -- 0 -f old.nft
	fw_as XDPFW_BUNDLE_KEY=other -- 0 compile -f new.nft -o new.obj
	xdpfw=("$work/xdpfw")
	fw 3 load new.obj
	has "$err" "'new.obj' was made by another version of xdpfw" "build it again with this one"
	restart
	without_clang
	fw 3 --no-verify load
	has "$err" "without clang it is loaded only with the proof"
	fw 0 load
	has "$err" "there is no clang to build it anew" "loaded if the proof finds nothing"
	is "in force" "$(in_force)" old
	restart
	with_clang
	fw 0 load
	has "$err" "was made by another version of xdpfw" "is built anew"
	is "in force" "$(in_force)" old
	restart
	without_clang
	fw 0 load
	is "output" "$err" ""
}

case_boot_object_of_another_abi() {
	world
	old_and_new
	fw 0 -f old.nft
	change "$XDPFW_STATE_DIR/current" field abi 1
	cat changed.obj >"$XDPFW_STATE_DIR/current"
	restart
	without_clang
	fw 3 load
	has "$err" "was made by another version of xdpfw" "build it again with this one"
	with_clang
	fw 0 load
	has "$err" "was made by another version of xdpfw" "is built anew"
	is "in force" "$(in_force)" old
	restart
	without_clang
	fw 0 load
	is "output" "$err" ""
}

case_namespaces() {
	world
	old_and_new
	ip netns add blue
	ip netns exec blue ip link add eth0 type veth peer name eth0x
	fw 0 --netns blue -f old.nft
	is "boot objects" "$(boot_objects)" ""
	fw 2 --netns blue load
	has "$err" "only the network namespace that the machine started with"
	fw 0 compile -f new.nft -o new.obj
	fw 0 --netns blue load new.obj
	is "boot objects" "$(boot_objects)" ""
	fw 0 --netns blue list ruleset
	has "$out" "udp dport 1002"
	fw 0 -f old.nft
	fw 0 --netns blue unload
	is "boot objects" "$(boot_objects)" "current old"
}

case_without_rights() {
	world
	old_and_new
	chmod 755 "$work"
	chmod 644 old.nft
	mkdir -m 777 open
	xdpfw=(setpriv --reuid 4321 --regid 4321 --clear-groups "$work/xdpfw")
	fw 0 compile -f old.nft -o open/old.obj
	is "owner" "$(stat -c %u open/old.obj)" 4321
	fw 3 load open/old.obj
	has "$err" "CAP_BPF"
	xdpfw=("$work/xdpfw")
	fw 0 load open/old.obj
	is "in force" "$(in_force)" old
}

e2e_main "$@"
