#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# failsafe: rules of the configuration file and of --failsafe let packets in, in front of every
# base chain, and change nothing else.
. "${BASH_SOURCE[0]%/*}/lib.sh"

# The ports that the cases send to; a ruleset drops, a failsafe rule lets in.
ssh=1022 other=1023
let="udp dport 1000 accept"	# what `net reach` ends with

# closed FILE: two base chains of netdev and one of inet, all of which drop.
closed() {
	cat >"$1" <<-RULES
		table netdev t {
			chain first {
				type filter hook ingress device "eth0" priority -5; policy drop;
				ip saddr 10.0.0.$((RANDOM % 256)) accept
				$let
			}
			chain second {
				type filter hook ingress device "eth0" priority 5; policy drop;
				udp dport { $ssh, $other } counter
				$let
			}
		}
		table inet t {
			chain third {
				type filter hook ingress device "eth0" priority 10; policy drop;
				$let
			}
		}
		table netdev asleep {
			flags dormant;
			chain fourth {
				type filter hook ingress device "eth0" priority 20; policy drop;
			}
		}
	RULES
}

case_option() {
	world
	closed rules.nft
	fw 0 -f rules.nft
	is "without" "$(net reach eth0 $ssh $other)" ""
	fw 0 -f rules.nft --failsafe "udp dport $ssh"
	is "with" "$(net reach eth0 $ssh $other)" "$ssh"
	fw 0 list ruleset
	lacks "$out" "dport $ssh accept"
	fw 0 -f rules.nft --failsafe "udp dport $ssh" --failsafe "ip protocol udp udp dport $other"
	is "with two" "$(net reach eth0 $ssh $other)" "$ssh $other"
	fw 0 -f rules.nft
	is "without again" "$(net reach eth0 $ssh $other)" ""
	fw 0 status
	lacks "$out" failsafe
}

case_file() {
	world
	closed rules.nft
	printf '# the way in\nfailsafe udp dport %d # ssh\n' $ssh >"$XDPFW_CONF"
	fw 0 -f rules.nft --failsafe "udp dport $other"
	is "both" "$(net reach eth0 $ssh $other)" "$ssh $other"
	fw 0 status
	has "$out" "failsafe: udp dport $ssh"$'\n' "failsafe: udp dport $other"
	fw 0 -f rules.nft
	is "the file's" "$(net reach eth0 $ssh $other)" "$ssh"
	rm "$XDPFW_CONF"
	is "it is in force until the next load" "$(net reach eth0 $ssh $other)" "$ssh"
	fw 0 -f rules.nft
	is "no file" "$(net reach eth0 $ssh $other)" ""
}

# Only what comes from the network it names is let in.
case_source() {
	world
	closed rules.nft
	fw 0 -f rules.nft --failsafe "udp dport $ssh ip saddr 198.51.100.0/24"
	is "from the office" "$(net reach eth0 $ssh $other)" "$ssh"
	fw 0 -f rules.nft --failsafe "udp dport $ssh ip saddr 192.0.2.0/24"
	is "from elsewhere" "$(net reach eth0 $ssh $other)" ""
}

# Counters and handles are carried over a change of the failsafe rules, and over their coming.
case_counters() {
	local before
	world
	rules rules.nft "udp dport $ssh counter drop" "udp dport $other counter"
	fw 0 -f rules.nft
	net reach eth0 $ssh $other >/dev/null
	fw 0 -a list ruleset
	before=$out
	has "$before" "udp dport $ssh counter packets 1 "
	fw 0 -f rules.nft --failsafe "udp dport $ssh"
	fw 0 -a list ruleset
	is "with one" "$out" "$before"
	is "it lets in" "$(net reach eth0 $ssh)" "$ssh"
	fw 0 -f rules.nft --failsafe "udp dport $other" --failsafe "ether type arp"
	fw 0 -a list ruleset
	is "with others" "$out" "$before"
	is "it lets in" "$(net reach eth0 $ssh)" ""
	fw 0 list ruleset
	has "$out" "udp dport $ssh counter packets 2 "
}

# A wrong line stops the load, and what was in force stays.
case_wrong_line() {
	world
	old_and_new
	fw 0 -f old.nft
	printf '\n# two\n  failsafe udp dprt 22\n' >"$XDPFW_CONF"
	fw 1 -f new.nft
	has "$err" "$XDPFW_CONF:3:16: error: 'udp' has no field 'dprt'" "did you mean 'dport'?"
	is "nothing is loaded" "$(in_force)" old
	fw 1 -c -f new.nft
	has "$err" "$XDPFW_CONF:3:16: error:"
	echo 'failsave udp dport 22' >"$XDPFW_CONF"
	fw 1 -f new.nft
	has "$err" "$XDPFW_CONF:1: there is no setting 'failsave'; did you mean 'failsafe'?"
	echo 'port 22' >"$XDPFW_CONF"
	fw 1 -f new.nft
	has "$err" "$XDPFW_CONF:1: there is no setting 'port'; 'failsafe RULE' is one"
	printf '\033[2J 22\n' >"$XDPFW_CONF"
	fw 1 -f new.nft
	has "$err" "$XDPFW_CONF:1: this is no setting; 'failsafe RULE' is one"
	lacks "$err" $'\033'
	echo 'failsafe' >"$XDPFW_CONF"
	fw 1 -f new.nft
	has "$err" "$XDPFW_CONF:1:9: error: a failsafe rule without a match"
	printf 'failsafe udp dport 22\0accept\n' >"$XDPFW_CONF"
	fw 1 -f new.nft
	has "$err" "$XDPFW_CONF:1: a NUL byte"
	fw 1 -f new.nft --failsafe 'udp dport 22 accept'
	rm "$XDPFW_CONF"
	fw 1 -f new.nft --failsafe 'udp dport 22 accept'
	has "$err" "--failsafe:1:14: error: a failsafe rule has no verdict: it always accepts"
	is "nothing is loaded" "$(in_force)" old
	fw 2 list ruleset --failsafe 'udp dport 22'
	has "$err" "an option here needs -f FILE"
}

# The file opens the host: nobody but root may have written it.
case_who_wrote_it() {
	local file=$XDPFW_CONF folder=$work/etc
	world
	old_and_new
	fw 0 -f old.nft
	echo 'failsafe udp dport 22' >"$file"
	chown 1234 "$file"
	fw 3 -f new.nft
	has "$err" "'$file' is not used: the file must belong to root, and nobody else may write" \
		"nothing was changed"
	is "nothing is loaded" "$(in_force)" old
	chown 0 "$file"
	for mode in 620 602 666; do
		chmod $mode "$file"
		fw 3 -f new.nft
		has "$err" "'$file' is not used: the file must belong to root"
	done
	chmod 644 "$file"
	mkdir "$folder"
	chmod 777 "$folder"
	mv "$file" "$folder/xdpfw.conf"
	fw_as XDPFW_CONF="$folder/xdpfw.conf" -- 3 -f new.nft
	has "$err" "is not used: the folder that it is in must belong to root"
	# Root's own link may lead elsewhere, to what is root's.
	ln -s "$folder/xdpfw.conf" "$file"
	fw 0 -c -f new.nft
	chown 1234 "$folder/xdpfw.conf"
	fw 3 -c -f new.nft
	has "$err" "'$file' is not used: the file must belong to root"
	rm "$file"
	mkdir "$file"
	fw 3 -f new.nft
	has "$err" "cannot read '$file': not a regular file"
	rmdir "$file"
	mkfifo "$file"
	fw 3 -f new.nft
	has "$err" "cannot read '$file': not a regular file"
	rm "$file"
	head -c 1048577 /dev/zero | tr '\0' '\n' >"$file"
	fw 1 -f new.nft
	has "$err" "'$file' is larger than 1048576 bytes"
	is "nothing is loaded" "$(in_force)" old
}

# A user who may not read it still can check.
case_reader() {
	local before=("${xdpfw[@]}")
	rules rules.nft "udp dport 1001 drop"
	chmod 755 "$work"
	echo 'failsafe udp dprt 22' >"$XDPFW_CONF"
	chmod 600 "$XDPFW_CONF"
	xdpfw=(setpriv --reuid 1234 --regid 1234 --clear-groups "${xdpfw[@]}")
	fw 0 -c -f "$work/rules.nft"
	has "$err" "notice: you may not read '$XDPFW_CONF': its failsafe rules are not looked at"
	chmod 644 "$XDPFW_CONF"
	fw 1 -c -f "$work/rules.nft"
	has "$err" "$XDPFW_CONF:1:14: error:"
	xdpfw=("${before[@]}")
}

# A rule of the file that a failsafe rule repeats is no mistake of its author.
case_warnings() {
	world
	rules rules.nft "udp dport 1001 counter accept" "udp dport 1001 counter accept"
	fw 0 -c -f rules.nft --failsafe 'udp dport 1001'
	has "$err" "rules.nft:5:" "the rule at rules.nft:4 takes all its packets"
	lacks "$err" "rules.nft:4:3: warning" "failsafe"
}

e2e_main "$@"
