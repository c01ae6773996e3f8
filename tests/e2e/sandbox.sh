#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sandbox: a compiler that means harm (tests/tool/hostile_clang.c), and one that is in trouble.
. "${0%/*}/lib.sh"

# What it could reach if nobody kept it from it.
bait() {
	mkdir -p open
	chmod 777 open
	: >open/old
	echo secret >readable
	echo text >writable
	chmod 644 readable
	chmod 666 writable
	# Its folders as an admin's mistake might leave them; the sandbox alone is to be tried.
	chmod 755 state lock
	chmod 666 lock/lock
}

# attack [WORD...]: what clang-attack says of its attempts; the words come before xdpfw.
attack() {
	local status=0
	rm -rf state/failed
	chmod 700 state lock
	XDPFW_CLANG=$work/clang-attack "$@" "${xdpfw[@]}" -c -f new.nft 2>err || status=$?
	is "status" $status 4
	has "$(<err)" "clang-attack refuses the generated program"
	cat state/failed/log >said
	is "attempts" "$(grep -cE '^[^:]*: (done|refused)' said)" "$(wc -l <said)"
	holds "all attempts" [ "$(wc -l <said)" -ge 58 ]
}

case_nothing_can_be_reached() {
	hostile attack
	device='device lo' rules new.nft "udp dport 1001 drop"
	fw 0 -f new.nft
	rm -rf state/objects
	bait
	attack
	is "what was done" "$(grep -v ': refused' said || true)" ""
	is "a file for all" "$(<writable)" text
	is "a folder for all" "$(ls open)" old
}

# The same attempts outside: those that fail there prove nothing.  As nobody, who clang is, with the
# same limits; `bash` is the parent.
case_attempts_are_any_good() {
	hostile attack
	device='device lo' rules new.nft "udp dport 1001 drop"
	fw 0 -f new.nft
	bait
	bash -c './clang-attack 2>said <>writable; :' || true
	is "what root could not do" "$(grep ': refused' said || true)" ""
}

# Each half without the other, and neither.
case_one_half_of_the_sandbox() {
	local without
	hostile attack
	device='device lo' rules new.nft "udp dport 1001 drop"
	fw 0 -f new.nft
	fw 0 status
	lacks "$out" sandbox
	bait
	for without in landlock_create_ruleset seccomp landlock_create_ruleset,seccomp; do
		attack python3 "$here/without.py" $without
		cp said "said.$without"
		python3 "$here/without.py" $without "${xdpfw[@]}" status >status
		case $without in
		*,*) has "$(<status)" "notice: this kernel does not have landlock and seccomp filters, so" ;;
		land*) has "$(<status)" "notice: this kernel does not have landlock, so" ;;
		*) has "$(<status)" "notice: this kernel does not have seccomp filters, so" ;;
		esac
		is "notices about it" "$(grep -c sandbox status)" 1
		# A right clang goes on.
		rm -rf state/objects
		chmod 700 state lock
		python3 "$here/without.py" $without "${xdpfw[@]}" -f new.nft
	done
	is "what is open without landlock" \
		"$(sed -n '/bpf/d; s/: done$//p' said.landlock_create_ruleset)" "\
read /etc/passwd
list /
list /usr/bin
read /proc/self/status
read /dev/null
read a file for all
list its own folder
run other"
	has "$(<said.seccomp)" "list /: refused" "read a file for all: refused" \
		"write a file for all: refused" "fork: refused" "make a BPF map: refused" \
		"inet socket: done" "trace its parent: refused" "signal its parent: refused" \
		"hold the lock: refused" "become root: refused" "5 GiB of memory: refused"
	has "$(<said.landlock_create_ruleset,seccomp)" "read /etc/shadow: refused" \
		"write a file for all: done" "fork: refused" "make a BPF map: refused" \
		"trace its parent: refused" "signal its parent: refused" "mount: refused" \
		"become root: refused" "find descriptors: refused" "write into the C text: refused"
}

# Who is not root keeps their user: all the more has the sandbox to hold.
case_caller_who_is_not_root() {
	hostile attack
	device='device lo' rules new.nft "udp dport 1001 drop"
	mkdir -m 777 theirs
	mkdir state lock
	: >lock/lock
	bait
	chmod 644 new.nft
	setpriv --reuid 65533 --regid 65533 --clear-groups env XDPFW_STATE_DIR="$work/theirs/state" \
		XDPFW_CLANG="$work/clang-attack" "${xdpfw[@]}" -c -f new.nft 2>err || true
	has "$(<err)" "refuses the generated program"
	cat theirs/state/failed/log >said
	holds "all attempts" [ "$(wc -l <said)" -ge 58 ]
	is "what was done" "$(grep -v ': refused' said || true)" ""
	setpriv --reuid 65533 --regid 65533 --clear-groups env XDPFW_STATE_DIR="$work/theirs/state" \
		"${xdpfw[@]}" -c -f new.nft
}

# ended WHAT WORDS...: a load with clang-WHAT fails with status 3 or 4 and these words, in time, and
# leaves nothing.
ended() {
	local what=$1 status=$2
	shift 2
	hostile "$what"
	SECONDS=0
	fw_as XDPFW_BUILD_SECONDS=2 XDPFW_CLANG="$work/clang-$what" -- "$status" -f new.nft
	has "$err" "$@" "the previous ruleset stays in force on eth0"
	holds "$what: $SECONDS seconds" [ $SECONDS -lt 12 ]
	is "$what: processes left" "$(cat /proc/[0-9]*/comm | grep -c clang- || true)" 0
	is "$what: kept objects" "$(find state/objects -type f | wc -l)" 1
	is "in force" "$(in_force)" old
}

case_compiler_in_trouble() {
	world
	old_and_new
	xdpfw=("${faults[@]}")
	fw 0 -f old.nft
	ended wait 3 "clang-wait was ended: it takes longer than 2 seconds"
	ended closed 3 "clang-closed was ended: it takes longer than 2 seconds"
	ended busy 3 "clang-busy was ended: it takes longer than 2 seconds"
	ended flood 3 "clang-flood was ended: its object is larger than 64 MiB"
	ended talk 3 "clang-talk was ended: its messages are longer than 64 KiB"
	ended die 3 "clang-die was ended by signal 6 (Aborted)"
	ended hello 4 "libbpf cannot read the built program"
	ended half 4 "libbpf cannot read the built program"
	ended foreign 4 "libbpf cannot read the built program"
	ended nothing 4 "libbpf cannot read the built program"
	ended eat 4 "clang-eat refuses the generated program"
	holds "it was stopped" grep -q '^no more after [1-4][0-9]* MiB' state/failed/log
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
}

clang_runs() { grep -lx clang-wait /proc/[0-9]*/comm >found 2>/dev/null; }

# What clang is, seen from outside.
case_clang_has_nothing() {
	local pid
	hostile wait
	device='device lo' rules lo.nft "udp dport 1001 drop"
	: >secret
	exec 40<secret
	SECRET=word XDPFW_CLANG="$work/clang-wait" "${xdpfw[@]}" -f lo.nft 2>err &
	within 10 clang_runs || stop "clang-wait did not start"
	pid=$(sed 's,/proc/\([0-9]*\)/.*,\1,' found)
	has "$(<"/proc/$pid/status")" "NoNewPrivs:	1" "CapEff:	0000000000000000" \
		"CapPrm:	0000000000000000" "Uid:	65534	65534	65534	65534" \
		"Gid:	65534	65534	65534	65534" "Seccomp:	2"
	is "groups" "$(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$pid/status")" ""
	is "environment" "$(tr '\0' '\n' <"/proc/$pid/environ")" ""
	is "folder" "$(readlink "/proc/$pid/cwd")" /
	is "descriptors" "$(ls "/proc/$pid/fd" | tr '\n' ' ')" "0 1 2 "
	has "$(readlink "/proc/$pid/fd/0")" "/memfd:xdpfw-c"
	# Nothing of it outlives xdpfw.
	kill -KILL $!
	wait $! 2>/dev/null || true
	holds "clang outlives xdpfw" within 10 [ ! -e "/proc/$pid/exe" ]
	exec 40<&-
	no_traces
}

case_script_is_refused() {
	device='device lo' rules lo.nft "udp dport 1001 drop"
	printf '#!/bin/sh\nexec /usr/bin/clang "$@"\n' >clang
	chmod 755 clang
	for words in "-f lo.nft" "-c -f lo.nft"; do
		# shellcheck disable=SC2086
		fw_as XDPFW_CLANG="$work/clang" -- 3 $words
		has "$err" "$work/clang is a script, and clang runs where no other program can be" \
			"XDPFW_CLANG has to name clang itself"
	done
	ln -s "$(command -v clang)" link
	fw_as XDPFW_CLANG="$work/link" -- 0 -f lo.nft
	fw 0 unload
	no_traces
}

# Every clang of this machine, also one that lies elsewhere with its libraries beside it.
case_every_clang() {
	local real clang
	device='device lo' rules lo.nft "udp dport 1001 drop"
	real=$(readlink -f "$(command -v clang)")
	mkdir -p home/bin
	cp "$real" home/bin/clang
	# Its own headers are found from where it lies; libraries by the system's list.
	ln -s "${real%/bin/*}/lib" home/lib
	for clang in /usr/bin/clang /usr/bin/clang-[0-9][0-9] "$work/home/bin/clang"; do
		[ -x "$clang" ] || continue
		rm -rf state/objects
		fw_as XDPFW_CLANG="$clang" -- 0 -f lo.nft
		is "objects" "$(find state/objects -type f | wc -l)" 1
	done
	fw 0 unload
	no_traces
}

e2e_main "$@"
