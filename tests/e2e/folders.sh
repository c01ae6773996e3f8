#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# folders: places that xdpfw makes or uses, when somebody else was there first, when they are
# something else, full, read-only, or not there at all.  errors.sh has the first pins and the lock.
. "${0%/*}/lib.sh"

no_clang=(XDPFW_CLANG=/nonexistent/clang)

# spoil KIND PATH: what should be a folder of root's alone is something else.
spoil() {
	rm -rf "$2"
	case $1 in
	link) mkdir -m 700 elsewhere; ln -s "$work/elsewhere" "$2" ;;
	dangling) ln -s "$work/nowhere" "$2" ;;
	file) : >"$2" ;;
	pipe) mkfifo "$2" ;;
	owner) mkdir -m 700 "$2"; chown 65534 "$2" ;;
	group) mkdir -m 770 "$2" ;;
	others) mkdir -m 701 "$2" ;;
	readonly) mkdir "$2"; mount -t tmpfs -o ro,mode=700 tmpfs "$2" ;;
	esac
}

mend() {
	[ "$1" != readonly ] || umount "$2"
	rm -rf "$2" elsewhere nowhere
}

# words_for KIND: what a message says of it.
words_for() {
	case $1 in
	link | dangling | file | pipe) echo "it is no folder (and a link is not followed)" ;;
	owner | group | others) echo "it must belong to this user and have mode 0700" ;;
	readonly) echo "Read-only file system" ;;
	esac
}

# Rules are loaded, objects are not kept, and what is there is left as it is.
case_state_folder() {
	local kind
	world
	old_and_new
	for kind in link dangling file pipe owner group others readonly; do
		spoil $kind state
		fw 0 -f old.nft
		has "$err" "notice: built programs are not kept: $work/state" ": $(words_for $kind)"
		is "$kind: elsewhere" "$(find elsewhere nowhere -mindepth 1 2>/dev/null || true)" ""
		is "in force" "$(in_force)" old
		fw 0 unload
		mend $kind state
	done
}

# The same one level below.
case_objects_folder() {
	local kind
	world
	old_and_new
	mkdir -m 700 state
	for kind in link dangling file pipe owner group others readonly; do
		spoil $kind state/objects
		fw 0 -f old.nft
		has "$err" "not kept: $work/state" "$(words_for $kind)"
		is "$kind: elsewhere" "$(find elsewhere nowhere -mindepth 1 2>/dev/null || true)" ""
		is "in force" "$(in_force)" old
		fw 0 unload
		mend $kind state/objects
	done
}

# What is kept in a folder that others can write is not used, however right it looks.
case_object_in_a_folder_of_others() {
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 unload
	chmod 777 state/objects
	fw_as "${no_clang[@]}" -- 3 -f old.nft
	has "$err" "built programs are not kept" "clang is needed"
	chmod 700 state/objects
	fw_as "${no_clang[@]}" -- 0 -f old.nft
	is "in force" "$(in_force)" old
}

# Where a failure would be kept.
case_failed_folder() {
	local kind place
	old_and_new
	hostile hello
	mount -t tmpfs -o mode=1777 tmpfs /tmp
	mkdir -m 700 state
	for kind in link dangling file pipe owner group others readonly; do
		spoil $kind state/failed
		fw_as XDPFW_CLANG="$work/clang-hello" -- 4 -c -f old.nft
		has "$err" "it is no BPF object"
		is "$kind: elsewhere" "$(find elsewhere nowhere -mindepth 1 2>/dev/null || true)" ""
		if [ $kind != readonly ]; then
			place=$(sed -n 's/.*and the log are in \([^ ]*\) .*/\1/p' <<<"$err")
			has "$place" /tmp/xdpfw-failed-
			is "mode of $place" "$(stat -c '%a %u' "$place")" "700 0"
			holds "the C text is kept" [ -s "$place/rules.c" ]
		fi
		mend $kind state/failed
	done
}

# Nothing is changed without the lock.
case_lock_folder() {
	local kind
	world
	old_and_new
	fw 0 -f old.nft
	for kind in link dangling file pipe owner group others readonly; do
		spoil $kind lock
		for words in "-f new.nft" unload; do
			# shellcheck disable=SC2086
			fw 3 $words
			has "$err" "$work/lock" "$(words_for $kind)"
		done
		is "$kind: elsewhere" "$(find elsewhere nowhere -mindepth 1 2>/dev/null || true)" ""
		is "in force" "$(in_force)" old
		mend $kind lock
	done
	# The lock itself.
	mkdir -m 700 lock
	ln -s "$work/elsewhere" lock/lock
	fw 3 -f new.nft
	has "$err" "cannot open $work/lock/lock: "
	holds "the link is not followed" [ ! -e elsewhere ]
	rm lock/lock
	mkdir lock/lock
	fw 3 -f new.nft
	has "$err" "cannot open $work/lock/lock: Is a directory"
	rmdir lock/lock
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
}

# Every way of having no room: the rules are loaded, what is not kept is said, nothing half stays.
case_no_room() {
	local size
	world
	old_and_new
	for size in 4k 8k 16k; do
		mkdir -m 700 tiny
		mount -t tmpfs -o size=$size,mode=700 tmpfs tiny
		fw_as XDPFW_STATE_DIR="$work/tiny" -- 0 -f old.nft
		has "$err" "No space left on device"
		is "half a file" "$(find tiny -type f -name 'new*')" ""
		is "in force" "$(in_force)" old
		fw_as XDPFW_STATE_DIR="$work/tiny" -- 0 -f old.nft
		is "in force" "$(in_force)" old
		fw 0 unload
		umount tiny
		rmdir tiny
	done
	mkdir -m 700 full
	mount -t tmpfs -o nr_inodes=2,mode=700 tmpfs full
	mkdir -m 700 full/x 2>/dev/null || true
	fw_as XDPFW_RUN_DIR="$work/full" -- 3 -f old.nft
	has "$err" "cannot open $work/full/lock: No space left on device" "no ruleset is in force"
	no_traces
}

# ---- bpffs ----

# Its root may be written by everybody: what is at xdpfw's place need not be a folder.
case_pin_at_the_place_of_the_folder() {
	world
	mount -t sysfs sysfs /sys
	old_and_new
	bpf foreign bpf/xdpfw
	for words in "-f old.nft" status "list ruleset" unload; do
		# shellcheck disable=SC2086
		fw 3 $words
		has "$err" "cannot open the folder 'xdpfw' below $work/bpf: it is no folder"
	done
	is "pins" "$(pins)" xdpfw
	rm bpf/xdpfw
	fw 0 -f old.nft
	is "in force" "$(in_force)" old
}

# Somebody makes the folder first, and waits.
case_squatted_by_another_user() {
	world
	old_and_new
	setpriv --reuid 65533 --regid 65533 --clear-groups mkdir -p bpf/xdpfw/v1
	for words in "-f old.nft" status unload; do
		# shellcheck disable=SC2086
		fw 3 $words
		has "$err" "was not made by xdpfw: it belongs to user 65533 and has mode 0755"
	done
	is "in force" "$(in_force)" none
	is "pins" "$(pins)" "xdpfw"$'\n'"xdpfw/v1"
}

# Without the sticky bit everybody can take the folder away under a load.
case_bpffs_without_sticky_bit() {
	world
	old_and_new
	chmod 777 bpf
	fw 3 -f old.nft
	has "$err" "$work/bpf can be written by others and does not have the sticky bit"
	no_traces
	chmod 700 bpf
	fw 0 -f old.nft
	is "in force" "$(in_force)" old
	chmod 777 bpf
	# Who only looks can look, and unload.
	fw 3 -f new.nft
	has "$err" "does not have the sticky bit"
	fw 0 status
	is "in force" "$(in_force)" old
	chmod 700 bpf
	chown 65533 bpf
	fw 3 -f new.nft
	has "$err" "$work/bpf belongs to user 65533"
	chown 0 bpf
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
}

# A mount namespace of its own with a bpffs of its own: the pins of before are not to be seen.
case_private_mount_namespace() {
	world
	old_and_new
	fw 0 -f old.nft
	for words in "-f new.nft" "--force -f new.nft" "--mode generic -f new.nft"; do
		unshare --mount --propagation private bash -c "mount -t bpf bpf $work/bpf
			exec $work/xdpfw $words" 2>err && stop "$words: it was loaded" || true
		has "$(<err)" eth0 "'xdpfw_stub'" "it is xdpfw's own, and its ruleset stays in force" \
			"in another BPF file system, that of another mount namespace"
		is "in force after $words" "$(in_force)" old
	done
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
	fw 0 unload
	no_traces
}

# The first load in one: the filter ends with it, and nobody may think that it stays.
case_first_load_in_a_private_mount_namespace() {
	local words="is mounted in this mount namespace only: when its last process ends, so does"
	world
	old_and_new
	mkdir own
	unshare --mount --propagation private bash -c "mount -t bpf bpf $work/own
		XDPFW_BPFFS=$work/own $work/xdpfw -f old.nft" 2>err
	has "$(<err)" "$work/own $words the filter"
	holds "the filter is gone" within 20 eval '[ "$(in_force)" = none ]'
	fw 0 -f old.nft
	lacks "$err" "$words"
}

# ---- BTF ----

# A kernel without it: nothing that xdpfw does needs it, or it says so.
case_no_btf() {
	local status=0
	world
	old_and_new
	mount -t sysfs sysfs /sys
	mount -t tmpfs tmpfs /sys/kernel/btf
	holds "there is no BTF" [ ! -e /sys/kernel/btf/vmlinux ]
	fw 0 -f old.nft
	lacks "$err" BTF libbpf
	is "in force" "$(in_force)" old
	fw 0 status
	fw 0 -f new.nft
	is "in force" "$(in_force)" new
	fw 0 unload
	no_traces
}

e2e_main "$@"
