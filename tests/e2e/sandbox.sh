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
	ended hello 4 "it is no BPF object"
	ended half 4 "it is no BPF object"
	ended foreign 4 "it is no BPF object"
	ended nothing 4 "it is no BPF object"
	ended thread 4 "it is no BPF object"
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

# Root's clang runs as user xdpfw, where there is one.
case_own_user() {
	local pid
	hostile wait
	device='device lo' rules lo.nft "udp dport 1001 drop"
	grep -v '^xdpfw:' /etc/passwd >passwd
	echo 'xdpfw:x:444:445::/:/usr/sbin/nologin' >>passwd
	mount --bind passwd /etc/passwd
	fw 0 -f lo.nft
	fw 0 status
	lacks "$out" "no user 'xdpfw'"
	rm -rf state/objects
	XDPFW_CLANG="$work/clang-wait" "${xdpfw[@]}" -f lo.nft 2>err &
	within 10 clang_runs || stop "clang-wait did not start"
	pid=$(sed 's,/proc/\([0-9]*\)/.*,\1,' found)
	has "$(<"/proc/$pid/status")" "Uid:	444	444	444	444" "Gid:	445	445	445	445" \
		"CapEff:	0000000000000000"
	is "groups" "$(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$pid/status")" ""
	kill "$pid" $!
	wait $! 2>/dev/null || true
	holds "the user a package makes" grep -qx \
		"u xdpfw - \"xdpfw compiler\" / /usr/sbin/nologin" \
		"$top_srcdir/service/xdpfw.sysusers"
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

# Every clang of this machine, and those that XDPFW_CLANGS names; also one that lies elsewhere with its libraries beside it.
case_every_clang() {
	local real clang
	device='device lo' rules lo.nft "udp dport 1001 drop"
	real=$(readlink -f "$(command -v clang)")
	mkdir -p home/bin
	cp "$real" home/bin/clang
	# Its own headers are found from where it lies; libraries by the system's list.
	ln -s "${real%/bin/*}/lib" home/lib
	for clang in /usr/bin/clang /usr/bin/clang-[0-9][0-9] "$work/home/bin/clang" \
		$XDPFW_CLANGS; do
		[ -x "$clang" ] || continue
		rm -rf state/objects
		fw_as XDPFW_CLANG="$clang" -- 0 -f lo.nft
		is "objects" "$(find state/objects -type f | wc -l)" 1
	done
	fw 0 unload
	no_traces
}

# ---- objects that hold something else ----

clang_words=(-O2 -g -gdwarf-5 -target bpf -mcpu=v3 -w -x c -c -)

# taken WORDS: what clang makes of rules.c is found as the kept object of old.nft, and refused.
taken() {
	"${CLANG:-clang}" "${clang_words[@]}" -o object <rules.c
	keep "$object" object
	rm -rf state/failed
	fw_as XDPFW_CLANG=/nonexistent/clang -- 4 -f old.nft
	has "$err" "the built program is not what ABI version" "$1" \
		"the previous ruleset stays in force on eth0"
	is "pins" "$(pins)" "$before"
	is "pins of others" "$(find /sys/fs/bpf -mindepth 1 ! -name '*.debug')" ""
	is "in force" "$(in_force)" new
	tried=$((tried + 1))
}

# more TEXT WORDS: the program with more text behind it.
more() {
	{ cat right.c; printf '%s\n' "$1"; } >rules.c
	taken "$2"
}

# other PART NEW WORDS: the program with something exchanged.
other() {
	python3 - "$1" "$2" <<-'END' >rules.c
	import sys
	text = open("right.c").read()
	assert text.count(sys.argv[1]) == 1, text.count(sys.argv[1])
	print(text.replace(sys.argv[1], sys.argv[2]))
	END
	taken "$3"
}

case_object_with_something_else() {
	local object before tried=0 map
	world
	mount -t sysfs sysfs /sys
	mount -t bpf bpf /sys/fs/bpf
	old_and_new
	fw 0 -f old.nft
	object=$(find state/objects -type f)
	"${xdpfw[@]}" --emit=c -f old.nft >right.c 2>/dev/null
	fw 0 -f new.nft
	before=$(pins)

	# Programs.
	more 'SEC("xdp.frags") int other(struct xdp_md *ctx) { return 2; }' "another program"
	more 'SEC("xdp") int other(struct xdp_md *ctx) { return 2; }' "a section 'xdp'"
	more 'SEC("freplace/x") int other(struct xdp_md *ctx) { return 2; }' "'freplace/x'"
	more 'SEC("tc") int other(void *ctx) { return 2; }' "a section 'tc'"
	more 'SEC("kprobe/do_exit") int other(void *ctx) { return 0; }' "'kprobe/do_exit'"
	more 'SEC("fentry/do_exit") int other(void *ctx) { return 0; }' "'fentry/do_exit'"
	more 'SEC("lsm/bpf") int other(void *ctx) { return 0; }' "a section 'lsm/bpf'"
	more 'SEC("?xdp") int other(struct xdp_md *ctx) { return 2; }' "a section '?xdp'"
	more 'SEC(".struct_ops") struct tcp_congestion_ops { int x; } other;' "'.struct_ops'"
	more 'SEC("syscall") int other(void *ctx) { return 0; }' "a section 'syscall'"
	more 'SEC("raw_tp/\n\033[31m") int other(void *ctx) { return 0; }' "'raw_tp/??[31m'"
	other 'int xdpfw_rules(' 'int xdpfw_other(' "its program 'xdpfw_other' is not xdpfw_rules"

	# Maps.
	map='MAP_SHAPE(key, __u32); MAP_SHAPE(value, __u32);'
	more "struct { MAP_NUMBER(type, 2); MAP_NUMBER(max_entries, 1); $map } other SEC(\".maps\");" \
		"it has another map, 'other'"
	more "struct { MAP_NUMBER(type, 2); MAP_NUMBER(max_entries, 1); MAP_NUMBER(pinning, 1); $map }
		other SEC(\".maps\");" "it has another map, 'other'"
	more "struct { MAP_NUMBER(type, 6); MAP_NUMBER(max_entries, 193); MAP_SHAPE(key, __u32);
		struct { char bytes[16384]; } *value; } xdpfw_cache SEC(\".maps\");" \
		"its map 'xdpfw_cache' has another"
	other '} xdpfw_trail SEC' 'MAP_NUMBER(pinning, 1); } xdpfw_trail SEC' \
		"its map 'xdpfw_trail' has another type, size or place"
	other '} xdpfw_cells SEC' 'MAP_NUMBER(map_flags, 1024); } xdpfw_cells SEC' \
		"its map 'xdpfw_cells' has another"
	other '} xdpfw_cells SEC' 'MAP_NUMBER(numa_node, 1); } xdpfw_cells SEC' \
		"its map 'xdpfw_cells' has another"
	other 'MAP_NUMBER(max_entries, 2);' 'MAP_NUMBER(max_entries, 3);' \
		"its map 'xdpfw_cells' has another"
	other 'MAP_SHAPE(value, struct xdpfw_trail);' 'MAP_SHAPE(value, __u64);' \
		"its map 'xdpfw_trail' has another"
	other 'MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, 2)' 'MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 2)' "its map 'xdpfw_cells' has another"
	more 'int other = 1;' "a section '.data'"
	more 'int other SEC(".data.other") = 1;' "a section '.data.other'"
	more 'int other SEC(".bss");' "its map 'xdpfw.bss' has another"
	other 'cell_of[1];' 'cell_of[9999];' "its map '.rodata.config' has another"

	# The kernel's own.
	more '__attribute__((noinline)) int other(void) {
		return ((int (*)(const char *, int))6)("", 1); }' "it calls helper 6 of the kernel"
	more '__attribute__((noinline)) int other(void) {
		return ((int (*)(int, int))23)(1, 0); }' "it calls helper 23 of the kernel"
	more 'extern void bpf_rcu_read_lock(void) SEC(".ksyms");
		__attribute__((noinline)) void other(void) { bpf_rcu_read_lock(); }' \
		"it wants something of the kernel by name"
	more 'extern const int init_task SEC(".ksyms");
		__attribute__((noinline)) const void *other(void) { return &init_task; }' \
		"it wants something of the kernel by name"
	more 'extern int LINUX_KERNEL_VERSION SEC(".kconfig") __attribute__((weak));
		__attribute__((noinline)) int other(void) { return LINUX_KERNEL_VERSION; }' \
		"it wants something of the kernel by name"
	more '__attribute__((noinline)) int other(void) { int x;
		asm volatile(".byte 0x18,0x11,0,0,5,0,0,0,0,0,0,0,0,0,0,0" ::: "r1"); return 1; }' \
		"an instruction names a descriptor"
	more '__attribute__((noinline)) int other(void) {
		asm volatile(".byte 0x85,0x20,0,0,5,0,0,0" ::: "r0"); return 1; }' \
		"it calls function 5 of the kernel"

	is "objects tried" $tried 32
	cp right.c rules.c
	"${CLANG:-clang}" "${clang_words[@]}" -o object <rules.c
	keep "$object" object
	fw_as XDPFW_CLANG=/nonexistent/clang -- 0 -f old.nft
	is "in force" "$(in_force)" old
}

# Every cut of an object, and noise in its tables: refused, or harmless; never the end of xdpfw.
case_object_that_is_damaged() {
	local object i
	world
	old_and_new
	fw 0 -f old.nft
	object=$(find state/objects -type f)
	tail -c +49 "$object" >whole
	fw 0 -f new.nft
	for ((i = 0; i < 60; i++)); do
		python3 - $i <<-'END' >cut
		import random, sys
		number = int(sys.argv[1])
		rng, data = random.Random(number), bytearray(open("whole", "rb").read())
		if number % 3 == 0:
		    data = data[:rng.randrange(len(data))]
		else:
		    start = int.from_bytes(data[40:48], sys.byteorder)
		    where = range(64) if number % 3 == 1 else range(start, len(data))
		    for _ in range(rng.randrange(1, 5)):
		        data[rng.choice(where)] = rng.choice((0, 1, 0x7f, 0xff, rng.randrange(256)))
		sys.stdout.buffer.write(data)
		END
		keep "$object" cut
		status=0
		XDPFW_CLANG=/nonexistent/clang "${xdpfw[@]}" -f old.nft 2>err || status=$?
		case $status in
		0) is "in force" "$(in_force)" old; fw 0 -f new.nft ;;
		3 | 4) has "$(<err)" "the previous ruleset stays in force on eth0" ;;
		*) stop "cut $i: status $status: $(<err)" ;;
		esac
		fw 0 list ruleset
		has "$out" "udp dport 1002"
		keep "$object" whole
	done
}

e2e_main "$@"
