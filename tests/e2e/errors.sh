#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# errors: what the system refuses, and what is wrong with files and command lines.  Each is one
# clear sentence and its exit status, and what was in force still is.
. "${0%/*}/lib.sh"

# ---- rights ----

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

case_unprivileged_user() {
	world
	old_and_new
	fw 0 -f old.nft
	xdpfw=("${nobody[@]}" "${xdpfw[@]}")
	for words in "-f new.nft" "list ruleset" status unload; do
		# shellcheck disable=SC2086
		fw 3 $words
		is "sentences of xdpfw $words" "$(grep -c 'xdpfw: error: ' <<<"$err")" 1
		has "$err" "the kernel does not let this process load BPF programs" CAP_BPF \
			CAP_NET_ADMIN "run it as root"
		is "what xdpfw $words prints" "$out" ""
	done
	is "in force" "$(in_force)" old
	fw 3 --netns client status
	has "$err" "cannot enter the network namespace 'client'"
}

case_root_of_a_user_namespace() {
	old_and_new
	xdpfw=("${nobody[@]}" unshare --user --map-root-user --net "${xdpfw[@]}")
	fw 3 -f old.nft
	has "$err" "the kernel does not let this process load BPF programs" \
		"of the initial user namespace"
}

case_unprivileged_check() {
	world
	old_and_new
	device='device "eth7"' rules missing.nft "iif eth8 udp dport 1001 drop"
	rules wrong.nft "udp dprot 1001 drop"
	xdpfw=("${nobody[@]}" "${xdpfw[@]}")
	fw 0 -c -f old.nft
	is "output" "$out" ""
	fw 0 -c -f missing.nft
	has "$err" "missing.nft:3:" "warning: device 'eth7' does not exist" \
		"missing.nft:4:" "warning: device 'eth8' does not exist"
	fw 1 -c -f wrong.nft
	has "$err" "wrong.nft:4:" "did you mean 'dport'?"
	fw 0 --emit=c -f old.nft
	has "$out" xdpfw_rules
	fw 0 --version
	holds "nothing was made for the user" [ ! -e state -a ! -e lock ]
}

case_check_as_root_touches_nothing() {
	world
	old_and_new
	device='device "eth7"' rules missing.nft "udp dport 1001 drop"
	fw 0 -c -f new.nft
	fw 0 -c -f missing.nft
	has "$err" "warning: device 'eth7' does not exist"
	no_traces
	holds "no folder was made" [ ! -e state -a ! -e lock ]
	fw 0 -f old.nft
	fw 0 -c -f new.nft
	is "in force" "$(in_force)" old
	fw 0 status
	has "$out" "load number 1 of"
	# No BPF file system is asked for.
	fw_as XDPFW_BPFFS=/nonexistent -- 0 -c -f new.nft
}

# ---- places ----

case_no_bpffs() {
	world
	old_and_new
	mkdir plain
	for words in "-f old.nft" "list ruleset" status unload; do
		# shellcheck disable=SC2086
		fw_as XDPFW_BPFFS="$work/plain" -- 3 $words
		has "$err" "$work/plain is not a BPF file system" "mount -t bpf bpf $work/plain" \
			"--netns NAME"
		# shellcheck disable=SC2086
		fw_as XDPFW_BPFFS=/nonexistent -- 3 $words
		has "$err" "cannot open /nonexistent: No such file or directory"
	done
	is "in force" "$(in_force)" none
	is "what is in the plain folder" "$(ls plain)" ""
	no_traces
}

case_default_bpffs() {
	world
	old_and_new
	mount -t tmpfs tmpfs /sys/fs/bpf
	fw_as -u XDPFW_BPFFS -- 3 -f old.nft
	has "$err" "/sys/fs/bpf is not a BPF file system" "mount -t bpf bpf /sys/fs/bpf"
	mount -t bpf bpf /sys/fs/bpf
	fw_as -u XDPFW_BPFFS -- 0 -f old.nft
	is "in force" "$(in_force)" old
	holds "pins are below /sys/fs/bpf" [ -d /sys/fs/bpf/xdpfw/v1 ]
	# ip netns exec hides it.
	xdpfw=(ip netns exec client "${xdpfw[@]}")
	fw_as -u XDPFW_BPFFS -- 3 status
	has "$err" "/sys/fs/bpf is not a BPF file system" "ip netns exec"
}

case_pins_of_somebody_else() {
	local folder
	world
	old_and_new
	for folder in xdpfw xdpfw/v1; do
		(umask 077 && mkdir -p bpf/$folder)
		chown 65534 bpf/$folder
		fw 3 -f old.nft
		has "$err" "was not made by xdpfw: it belongs to user 65534"
		fw 3 status
		has "$err" "it belongs to user 65534"
		chown 0 bpf/$folder
		chmod 755 bpf/$folder
		fw 3 -f old.nft
		has "$err" "has mode 0755"
		rmdir bpf/xdpfw/v1 2>/dev/null || true
		rmdir bpf/xdpfw
	done
	mkdir elsewhere
	chmod 700 elsewhere
	ln -s "$work/elsewhere" bpf/xdpfw
	fw 3 -f old.nft
	has "$err" "cannot open the folder 'xdpfw' below $work/bpf"
	is "what is elsewhere" "$(ls elsewhere)" ""
	rm bpf/xdpfw
	is "in force" "$(in_force)" none
	no_traces
	fw 0 -f old.nft
	is "in force" "$(in_force)" old
}

case_lock_folder_of_somebody_else() {
	world
	old_and_new
	mkdir lock
	chmod 777 lock
	fw 3 -f old.nft
	has "$err" "cannot use the folder $work/lock" "must belong to this user and have mode 0700"
	chmod 700 lock
	chown 65534 lock
	fw 3 -f old.nft
	has "$err" "cannot use the folder $work/lock" "must belong to this user"
	rmdir lock
	mkdir elsewhere
	chmod 700 elsewhere
	ln -s elsewhere lock
	fw 3 -f old.nft
	has "$err" "cannot use the folder $work/lock"
	is "what is elsewhere" "$(ls elsewhere)" ""
	no_traces
}

case_output_that_cannot_be_written() {
	local status=0
	world
	old_and_new
	fw 0 -f old.nft
	for words in "list ruleset" status --help "--emit=c -f old.nft"; do
		status=0
		# shellcheck disable=SC2086
		"${xdpfw[@]}" $words >/dev/full 2>err || status=$?
		is "status of xdpfw $words" $status 3
		has "$(<err)" "cannot write to standard output: No space left on device"
	done
}

# ---- XDP programs of others ----

case_foreign_program_by_netlink() {
	world eth0 eth1
	old_and_new
	bpf foreign bpf/foreign
	ip link set eth0 xdp pinned bpf/foreign
	fw 3 -f old.nft
	has "$err" "eth0 has an XDP program of somebody else: 'foreign' (id " "native" "--force" \
		"no ruleset is in force"
	has "$(ip -d link show eth0)" "name foreign"
	is "pins" "$(pins)" foreign
	# Both devices or none.
	device='devices = { eth0, eth1 }' rules both.nft "udp dport 1002 drop"
	fw 3 -f both.nft
	is "mode of eth1" "$(mode_of eth1)" none
	fw 0 --force -f old.nft
	has "$err" "the XDP program 'foreign' (id " "was detached from eth0"
	is "in force" "$(in_force)" old
	lacks "$(ip -d link show eth0)" "name foreign"
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
}

case_foreign_program_in_generic_mode() {
	world
	old_and_new
	bpf foreign bpf/foreign
	ip link set eth0 xdpgeneric pinned bpf/foreign
	fw 3 -f old.nft
	has "$err" "'foreign' (id " "generic"
	is "mode" "$(mode_of eth0)" generic
	fw 0 --force -f old.nft
	is "mode" "$(mode_of eth0)" native
	is "in force" "$(in_force)" old
}

case_foreign_program_by_link() {
	world
	old_and_new
	bpf foreign_link eth0 bpf/foreign
	fw 3 -f old.nft
	has "$err" "eth0 has an XDP program of somebody else: 'foreign' (id "
	has "$(ip -d link show eth0)" "name foreign"
	# The kernel lets nobody take a link from its owner.
	fw 3 --force -f old.nft
	has "$err" "cannot take eth0 from the XDP program 'foreign'" "holds it there" \
		"bpftool link detach id"
	has "$(ip -d link show eth0)" "name foreign"
	is "pins" "$(pins)" foreign
	rm bpf/foreign
	within 20 is_free eth0
	fw 0 -f old.nft
	is "in force" "$(in_force)" old
}

is_free() { [ "$(mode_of "$1")" = none ]; }

case_somebody_took_the_stub_off() {
	local link
	world
	old_and_new
	fw 0 -f old.nft
	link=$(find bpf/xdpfw -name 'link-*')
	bpftool link detach pinned "$link"
	is "in force" "$(in_force)" none
	fw 0 status
	has "$out" "device eth0: NOT FILTERED: somebody took the stub program off"
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
	fw 0 status
	has "$out" "device eth0: native"
}

# It cannot happen by itself.  No packet gets by, and they are counted.
case_somebody_emptied_the_slot() {
	local folder
	world
	old_and_new
	fw 0 -f old.nft
	folder=$(dirname "$(find bpf/xdpfw -name slots)")
	bpf empty_slot "$folder/slots" 0
	has "$(net reach eth0 1001 1002)" "did not arrive"
	holds "missed packets are counted" [ "$(bpf missed "$folder/missed")" -ge 3 ]
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
	fw 0 unload
	no_traces
}

# ---- rulesets ----

case_wrong_rulesets() {
	local name
	world
	old_and_new
	fw 0 -f old.nft
	rules field.nft "udp dprot 1001 drop" "tcp dport 80 accpet"
	rules value.nft "udp dport 70000 drop" "tcp dport @nowhere drop"
	rules half.nft "udp dport 1002 drop"
	sed -i '$d' half.nft
	rules later.nft "ct state new drop"
	printf 'table netdev t { chain in { type filter hook input priority 0; } }\n' >hook.nft
	printf 'table ip t {\n}\n' >family.nft
	printf 'delete table netdev t\n' >delete.nft
	head -c 1000 /dev/urandom >noise.nft
	for name in field value half later hook family delete noise; do
		fw 1 -f $name.nft
		has "$err" "$name.nft:" ": error: "
		lacks "$err" "xdpfw: error"
		fw 1 -c -f $name.nft
		is "in force after $name" "$(in_force)" old
	done
	fw 1 -f field.nft
	has "$err" "field.nft:4:" "did you mean 'dport'?" "field.nft:5:" "did you mean 'accept'?"
	fw 1 -f value.nft
	has "$err" "value.nft:4:" "value.nft:5:"
	fw 0 status
	has "$out" "load number 1 of"
}

case_files_that_cannot_be_read() {
	mkdir folder
	mkfifo pipe
	fw 3 -f missing.nft
	has "$err" "cannot read 'missing.nft': No such file or directory"
	fw 3 -f folder
	has "$err" "cannot read 'folder': "
	fw 3 -f pipe
	has "$err" "cannot read 'pipe': not a regular file"
	fw 3 -f /dev/zero
	has "$err" "cannot read '/dev/zero': not a regular file"
	printf 'include "missing/*.nft"\ninclude "missing.nft"\n' >include.nft
	fw 1 -f include.nft
	has "$err" "include.nft:2:" "missing.nft"
	lacks "$err" "include.nft:1:"
}

# ---- command lines ----

# usage TEXT ARG...: status 2, and the text in one line of its own.
usage() {
	local text=$1
	shift
	fw 2 "$@"
	has "$err" "xdpfw: error: $text"
	is "lines about xdpfw $*" "$(wc -l <<<"$err")" 1
	is "output of xdpfw $*" "$out" ""
}

case_usage() {
	old_and_new
	usage "nothing to do: say -f FILE or a command"
	usage "there is no option '--forse'; did you mean '--force'?" --forse -f old.nft
	usage "there is no option '--netsn'; did you mean '--netns'?" --netsn=blue status
	usage "there is no option '--zzzzzzz'; 'xdpfw --help' lists them" --zzzzzzz
	usage "there is no option '-x'" -x
	usage "there is no command 'stauts'; did you mean 'status'?" stauts
	usage "there is no command 'unlaod'; did you mean 'unload'?" unlaod
	usage "there is no command 'old.nft'" old.nft
	usage "'list' needs to know what: 'xdpfw --help' says what there is" list
	usage "-f needs a value: FILE" -f
	usage "--netns needs a value" status --netns
	usage "--force takes no value" --force=yes -f old.nft
	usage "-f can be given once" -f old.nft -f new.nft
	usage "-f and a command do not go together" -f old.nft status
	usage "one command at a time" status unload
	usage "--mode is auto, native, generic or offload, not 'nativ'; did you mean 'native'?" \
		--mode nativ -f old.nft
	usage "--emit is tokens, ast, bound, ir, opt, plan or c, not 'asm'" --emit asm -f old.nft
	usage "-D is given as NAME=VALUE, not 'x'" -D x -f old.nft
	usage "--device: a name is empty" --device eth0,,eth1 -f old.nft
	usage "an option here needs -f FILE" --force status
	usage "-a and -s go with 'list'" -a status
}

e2e_main "$@"
