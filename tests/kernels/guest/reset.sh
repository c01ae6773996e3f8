# SPDX-License-Identifier: GPL-2.0-only
# reset: the machine is reset in the middle of a load.  /var/lib/xdpfw is on a disk, as the kept
# objects and the boot object are; all else is gone.  Then the next command works, and what starts
# the firewall at boot is the old ruleset or the new one, whole.
#
# Each case runs twice: $phase is `before` and then, after the reset, `after`.
# shellcheck shell=dash

cd /tests/rules

prepare() {
	load_module virtio_pci virtio_net virtio_blk crc32c_generic crc32c-cryptoapi ext4
	name_cards
	mkdir /disk
	within 5 [ -e /dev/vda ]
	# The journal is played back here.
	mount -t ext4 /dev/vda /disk || echo "no disk"
	mount --bind /disk/xdpfw /var/lib/xdpfw
}

# Goes on where the machine was reset: /disk/done has the cases that are over, /disk/begun the one
# that the reset came in.
run_cases() {
	local name
	export phase
	touch /disk/done
	for name in $(sed -n 's/^case_\([a-z0-9_]*\)() {.*/\1/p' "$script"); do
		grep -qx "$name" /disk/done && continue
		if grep -qsx "$name" /disk/begun; then
			phase=after
			run_case "$name"
		else
			echo "$name" >/disk/begun
			sync
			phase=before
			run_case "$name" >/run/before
			# Still here: what should have come before the reset failed.
			cat /run/before
		fi
		echo "$name" >>/disk/done
		sync
	done
}

# Without another word to the disk.
reset_now() {
	echo b >/proc/sysrq-trigger
	sleep 20
	stop "the machine was not reset"
}

# settled WORD...: what the machine starts with after the reset is one of the words, and all
# commands work.
settled() {
	no_traces
	fw 0 status
	has "$out" "no ruleset is loaded"
	fw 0 load
	lacks "$err" error
	now=$(in_force n0)
	has " $* " " $now "
	fw 0 -f old.nft
	is "in force" "$(in_force n0)" old
	fw 0 -f new.nft
	is "in force" "$(in_force n0)" new
	fw 0 unload
	no_traces
	is "what writing left behind" \
		"$(ls /var/lib/xdpfw | grep -v '^objects$\|^current$\|^previous$')" ""
}

# reset_at POINT WORD...
reset_at() {
	local point=$1
	shift
	if [ "$phase" = before ]; then
		fw 0 -f old.nft
		is "in force" "$(in_force n0)" old
		sync
		kill_at "$point" -f new.nft
		reset_now
	else
		settled "$@"
	fi
}

case_when_built() { reset_at built old; }
case_when_attached() { reset_at attached old; }
case_before_the_switch() { reset_at deadline old; }
case_after_the_switch() { reset_at switched old new; }

# A command that has said that it is done stays done.
case_after_a_load() {
	if [ "$phase" = before ]; then
		fw 0 -f old.nft
		fw 0 -f new.nft
		reset_now
	else
		settled new
	fi
}

case_after_a_rollback() {
	if [ "$phase" = before ]; then
		fw 0 -f old.nft
		fw 0 -f new.nft
		fw 0 rollback
		reset_now
	else
		settled old
	fi
}

case_before_the_confirm() {
	if [ "$phase" = before ]; then
		fw 0 -f old.nft
		fw 0 --confirm 60 -f new.nft
		is "in force" "$(in_force n0)" new
		reset_now
	else
		settled old
	fi
}

case_after_the_confirm() {
	if [ "$phase" = before ]; then
		fw 0 -f old.nft
		fw 0 --confirm 60 -f new.nft
		fw 0 confirm
		reset_now
	else
		settled new
	fi
}

# By the machine's own button, at any instant.
button() {
	if [ "$phase" = before ]; then
		fw 0 -f old.nft
		is "in force" "$(in_force n0)" old
		(usleep "$1"; echo "@monitor system_reset" >/dev/console) &
		while xdpfw -f new.nft && xdpfw -f old.nft; do :; done
		stop "a load failed, or the machine was not reset"
	else
		settled old new
	fi
}

case_button_soon() { button 50000; }
case_button_late() { button 700000; }
