#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lockout: ways in which a load could leave a host open, or its administrator outside.  Packets tell.
. "${0%/*}/lib.sh"

# cut_off FILE: a ruleset that cuts every connection, ssh too.
cut_off() {
	cat >"$1" <<-END
		table netdev t {
			chain in {
				type filter hook ingress device "eth0" priority filter; policy drop;
				udp dport 10$((RANDOM % 90 + 10)) counter
			}
		}
	END
}

ssh() { net tcp 198.51.100.2 22; }
ssh6() { net tcp 2001:db8:0::2 22; }

is_open() { is "ssh $*" "$(ssh)" open; }
is_closed() { is "ssh $*" "$(ssh)" closed; }
force() { is "in force $2" "$(in_force)" "$1"; }

# paused POINT ARG...: a command of the test build that waits at POINT; go_on STATUS ends it.
paused() {
	local point=$1
	shift
	rm -f paused go-on
	XDPFW_PAUSE_AT=$point "${faults[@]}" "$@" >out 2>err &
	command=$!
	within 20 [ -e paused ] || stop "it does not come to '$point': $(<err)"
}

go_on() {
	local status=0
	touch go-on
	wait "$command" || status=$?
	err=$(<err)
	is "status ($err)" $status "$1"
}

case_terminal_goes_away() {
	world
	old_and_new
	cut_off cut.nft
	fw 0 -f old.nft
	paused attached --confirm 2 -f cut.nft
	kill -HUP "$command"
	go_on 3
	is_open "after a hang-up before the switch"
	paused switched --confirm 2 -f cut.nft
	is_closed "after the switch"
	kill -HUP "$command"
	go_on 0
	sleep 2
	is_open "when the time is over"
	force old "when the time is over"
}

# Every pin is reached by /proc/self/fd: without it a ruleset in force looked like none.
case_no_proc() {
	local words holder
	world
	old_and_new
	fw 0 -f new.nft
	fw 0 -f old.nft
	xdpfw=(unshare --mount bash -c 'mount -t tmpfs none /proc && exec "$@"' - "$work/xdpfw")
	for words in status "list ruleset" rollback unload confirm "watch --once" "-f new.nft" \
		"--confirm 1 -f new.nft"; do
		fw 3 $words
		has "$err" "/proc is not there, or is that of other processes" "cannot be reached"
		force old "after '$words'"
	done
	unshare --mount --pid --fork --mount-proc sleep 1000 &
	within 10 pgrep -x sleep >holder || stop "no process in another namespace"
	holder=$(<holder)
	xdpfw=(nsenter --mount --target "$holder" env -C "$work" "$work/xdpfw")
	fw 3 unload
	has "$err" "/proc is not there, or is that of other processes"
	force old "after an unload under the /proc of others"
	xdpfw=(nsenter --mount --pid --target "$holder" env -C "$work" "$work/xdpfw")
	fw 0 rollback
	force new "after a rollback with a /proc of its own"
}

# Stopped between its look at the clock and the write.
case_confirm_that_comes_too_late() {
	world
	old_and_new
	cut_off cut.nft
	fw 0 -f old.nft
	fw 0 --confirm 1 -f cut.nft
	paused confirming confirm
	sleep 1.1
	is_open "when the time is over"
	go_on 3
	has "$err" "load number 2 was not confirmed in time: load number 1 is in force again" \
		"the time for a confirm is over: what was in force before is so again"
	is_open "after the confirm"
	fw 0 status
	lacks "$out" "confirm:"
	has "$out" "taken back: load number 2, not confirmed in time"
	fw 0 --confirm 3 -f new.nft
	paused confirming confirm
	go_on 0
	sleep 3
	force new "after a confirm that was slow"
}

case_load_that_is_stopped_over_its_own_time() {
	world
	old_and_new
	cut_off cut.nft
	fw 0 -f old.nft
	paused deadline --confirm 1 -f cut.nft
	is_open "before the switch"
	sleep 1.1
	go_on 0
	is_open "after a switch whose time is over"
	fw 0 status
	has "$err" "load number 2 was not confirmed in time: load number 1 is in force again"
	force old "at the end"
}

case_load_that_is_stopped_over_the_time_of_another() {
	world
	old_and_new
	cut_off cut.nft
	fw 0 -f old.nft
	fw 0 --confirm 1 -f cut.nft
	paused attached --confirm 2 -f new.nft
	is_closed "by the ruleset that waits"
	sleep 1
	force old "when its time is over"
	go_on 0
	force new "after the second load"
	sleep 2
	force old "when the time of that one is over"
}

# With a deadline and nothing to come back every packet would be dropped when the time is over.
case_what_would_come_back_is_taken_away() {
	local slots
	world
	old_and_new
	fw 0 -f old.nft
	slots=$(find bpf/xdpfw -name slots)
	paused attached --confirm 1 -f new.nft
	bpf empty_slot "$slots" 0
	go_on 3
	has "$err" "somebody emptied the slot of the ruleset that would come back" \
		"load without --confirm"
	fw 0 -f new.nft
	force new "after a load without --confirm"
	fw 0 --confirm 60 -f old.nft
	bpf empty_slot "$slots" 1
	fw 3 --confirm 1 -f new.nft
	has "$err" "that would come back: say 'xdpfw confirm' first"
	force old "after a load that was refused"
	sleep 1.1
	force old "a second later"
	fw 0 confirm
	force old "after the confirm"
}

# Who holds the lock for ever keeps nothing from coming back.
case_lock_is_held_for_ever() {
	world
	old_and_new
	cut_off cut.nft
	fw 0 -f old.nft
	fw 0 --confirm 3 -f cut.nft
	paused attached --confirm 60 -f new.nft
	kill -STOP "$command"
	fw 0 status
	has "$out" "confirm: " " seconds left, then load number 1 comes back"
	is_closed "by the ruleset that waits"
	sleep 3
	is_open "when the time is over"
	fw 0 list ruleset
	has "$out" 1001
	fw 0 status
	has "$out" "confirm: the load after this one was not confirmed in time"
	kill -KILL "$command"
	# Who looks puts nothing right while the lock is held.
	wait "$command" || true
	fw 0 status
	has "$err" "load number 2 was not confirmed in time: load number 1 is in force again"
	force old "at the end"
}

case_confirm_from_elsewhere() {
	local own=("${xdpfw[@]}")
	world
	old_and_new
	ip netns add other
	fw 0 -f old.nft
	fw 0 --confirm 2 -f new.nft
	fw 3 --netns other confirm
	has "$err" "no ruleset is loaded in this network namespace"
	xdpfw=(unshare --mount bash -c "mount -t bpf bpf $work/bpf && exec \"\$@\"" - "${own[@]}")
	fw 3 confirm
	has "$err" "there is nothing to confirm"
	xdpfw=(unshare --user --map-root-user "${own[@]}")
	fw 3 confirm
	force new "before the time is over"
	sleep 2
	force old "when the time is over"
}

# The kernel may give the number of a device that was removed to the one that is made again.
case_device_is_made_again_with_its_number() {
	local number
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 -f new.nft
	number=$(ip -o link show eth0 | cut -d: -f1)
	again() {
		ip link del eth0
		ip link add name eth0 index "$number" type veth peer name eth0 netns client
		address env eth0 2 1
		address in_client eth0 1 2
	}
	again
	fw 0 rollback
	has "$err" "eth0 has come and is filtered" "load number 1 is in force again, on eth0"
	force old "after the rollback"
	fw 0 --confirm 2 -f new.nft
	again
	fw 0 watch --once
	is "what watch says" "$err" "xdpfw: notice: eth0 has come and is filtered (native)"
	force new "before the time is over"
	sleep 2
	force old "when the time is over"
}

case_a_flushing_file_lets_a_device_go() {
	world eth0 eth1
	old_and_new
	device='devices = { eth0, eth1 }' rules both.nft "udp dport 1001 drop"
	device='device "eth1"' rules one.nft "udp dport 1001 drop"
	device='device "veth*"' rules none.nft "udp dport 1001 drop"
	sed -i '1i flush ruleset' one.nft none.nft
	fw 0 -f both.nft
	fw 0 -f one.nft
	has "$err" "notice: not filtered any more, as the file flushes the ruleset and has no filter" \
		" there: eth0"
	is "in force on eth0" "$(in_force eth0)" none
	is "in force on eth1" "$(in_force eth1)" old
	fw 0 -f one.nft
	lacks "$err" "not filtered any more"
	fw 0 -f both.nft
	fw 0 -f none.nft
	has "$err" " there: eth0, eth1"
	fw 0 rollback
	is "in force after the rollback" "$(in_force eth0) $(in_force eth1)" "old old"
}

# stoppable ARG...: in a job of its own, as under a shell: only such a one can be stopped.
stoppable() {
	cat >job.py <<-'END'
		import os, subprocess, sys
		job = subprocess.Popen(sys.argv[1:], preexec_fn=os.setpgrp)
		with open("pid", "w") as file:
		    file.write(str(job.pid))
		sys.exit(job.wait())
	END
	exec python3 job.py "$@"
}

is_gone() { [ ! -d "/proc/$1" ]; }

# While the mode changes the device is closed: nobody there could let a stopped load go on.
case_load_is_stopped_by_the_terminal() {
	local signal mode=generic
	world
	old_and_new
	fw 0 --mode native -f old.nft
	for signal in TSTP TTOU; do
		rm -f paused go-on pid
		(export XDPFW_PAUSE_AT=detached
			stoppable "${faults[@]}" --mode $mode -f new.nft) 2>err &
		command=$!
		within 20 [ -e paused ] || stop "the load does not come to its gap: $(<err)"
		kill -$signal "$(<pid)"
		touch go-on
		within 10 is_gone "$(<pid)" || stop "the load was stopped: $(<err)"
		holds "the load fails: $(<err)" wait "$command"
		force new "after SIG$signal"
		is "mode" "$(mode_of eth0)" $mode
		is "tables" "$(nft list tables)" ""
		mode=native
	done
}

# The failsafe rules count before base chains of every priority, and for both families.
case_failsafe_before_every_chain() {
	world
	cat >cut.nft <<-END
		table netdev a {
			chain early { type filter hook ingress device eth0 priority -500; policy drop; }
			chain late { type filter hook ingress device eth0 priority 500; policy drop; }
		}
		table inet b {
			chain c { type filter hook ingress device eth0 priority -400; policy drop; }
		}
	END
	fw 0 -f cut.nft
	is "ssh without" "$(ssh) $(ssh6)" "closed closed"
	fw 0 --failsafe 'tcp dport 22' -f cut.nft
	is "ssh with a rule" "$(ssh) $(ssh6)" "open open"
	fw 0 --failsafe 'tcp dport 22 iifname "eth*"' -f cut.nft
	is "ssh with a rule on names" "$(ssh) $(ssh6)" "open open"
	fw 0 --failsafe 'tcp dport 22 ip6 saddr 2001:db8::/32' -f cut.nft
	is "ssh with a rule for IPv6" "$(ssh) $(ssh6)" "closed open"
	fw 0 rollback
	is "ssh after a rollback" "$(ssh) $(ssh6)" "open open"
}

# A configuration file that cannot be what was meant: nothing is loaded without its rules.
case_configuration_that_was_spoiled() {
	local text
	world
	old_and_new
	cut_off cut.nft
	fw 0 -f old.nft
	for text in 'failsafe tcp dport 22\r\n' '\xef\xbb\xbffailsafe tcp dport 22\n' \
		'failsafe tcp dport 22\0\n' 'failsafe\n' 'failsafe tcp dport 22 \\\n'; do
		printf "$text" >xdpfw.conf
		fw 1 -f cut.nft
		has "$err" "xdpfw.conf:1:"
		force old "with the line $text"
	done
	ln -sf nowhere xdpfw.conf
	fw 3 -f cut.nft
	has "$err" "cannot read" "xdpfw.conf': No such file or directory"
	force old "with a link that leads nowhere"
	rm xdpfw.conf
	printf 'failsafe tcp dport 22' >xdpfw.conf
	fw 0 -f cut.nft
	is_open "by a file without a last line end"
}

# Few descriptors: each command does what it is to do, or nothing, and says so.
case_few_descriptors() {
	local before after wanted
	world
	old_and_new
	fw 0 -f old.nft
	fw 0 -f new.nft
	for count in 4 8 12 16 18 20 24 28; do
		before=$(in_force) status=0
		prlimit --nofile=$count "${xdpfw[@]}" rollback 2>err || status=$?
		after=$(in_force) wanted=$before
		if [ $status = 0 ]; then
			[ "$before" = old ] && wanted=new || wanted=old
		fi
		is "in force after a rollback with $count ($status: $(<err))" "$after" "$wanted"
	done
	is "the last one" $status 0
	fw 0 -f old.nft
	for count in 4 10 16 20; do
		fw 0 --confirm 1 -f new.nft
		status=0
		prlimit --nofile=$count "${xdpfw[@]}" confirm 2>err || status=$?
		sleep 1.1
		wanted=old
		[ $status != 0 ] || wanted=new
		is "in force after a confirm with $count ($status: $(<err))" "$(in_force)" $wanted
		fw 0 -f old.nft
	done
}

e2e_main "$@"
