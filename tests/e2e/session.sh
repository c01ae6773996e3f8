#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# session: the warning that a ruleset drops the ssh session xdpfw runs in.
. "${0%/*}/lib.sh"

# session ARG...: opens a connection by session.py; leaves $connection.
session() {
	coproc session_py { exec python3 "$here/session.py" "$@"; }
	read -r connection <&"${session_py[0]}"
	read -r ready <&"${session_py[0]}"
	[ "$ready" = ready ] || stop "no connection: $connection"
}

# The other end of it ends, and this one.
end_session() {
	exec {session_py[1]}>&-
	wait "$session_py_PID" 2>/dev/null || true
}

# chain FILE POLICY LINE...: one base chain on eth0 ($device names others).
chain() {
	local file=$1 policy=$2
	shift 2
	{
		printf 'table netdev t {\n\tchain in {\n\t\ttype filter hook ingress %s %s\n' \
			"${device:-device \"eth0\"}" "priority filter; policy $policy;"
		printf '\t\t%s\n' "$@"
		printf '\t}\n}\n'
	} >"$file"
}

# warned FILE WORDS...: -c says so, once, and goes on.  quiet FILE: it does not.
warned() {
	local file=$1
	shift
	fw_as SSH_CONNECTION="$connection" -- 0 -c --no-verify -f "$file"
	is "warnings" "$(grep -c 'the ssh session that xdpfw runs in' <<<"$err")" 1
	has "$err" "xdpfw: notice: this ruleset drops the ssh session" "$@"
}

quiet() {
	fw_as SSH_CONNECTION="${2-$connection}" -- 0 -c --no-verify -f "$1"
	lacks "$err" "ssh session"
}

case_by_rule_and_by_policy() {
	local port
	world
	session 198.51.100.2 22
	port=$(cut -d' ' -f2 <<<"$connection")
	chain rule.nft accept "udp dport 1 drop" "tcp dport 22 ip saddr 198.51.100.0/24 drop"
	warned rule.nft "packets from 198.51.100.1 port $port to port 22 on eth0, by " \
		"by 'tcp dport 22 ip saddr 198.51.100.0/24 drop' (rule.nft:5);" \
		"--failsafe 'tcp dport 22 ip saddr 198.51.100.1' would let them in"
	chain policy.nft drop "tcp dport 80 accept"
	warned policy.nft "on eth0, by the policy of base chain 'in' (table netdev t);"
	chain open.nft drop "tcp dport 22 accept"
	quiet open.nft
	chain other.nft accept "tcp dport 22 ip saddr 198.51.100.9 drop" "tcp sport 22 drop"
	quiet other.nft
	# An established connection sends no SYN.
	chain syn.nft accept "tcp dport 22 tcp flags & (syn | ack) == syn drop"
	quiet syn.nft
	chain ack.nft accept "tcp flags ack tcp dport 22 drop"
	warned ack.nft "by 'tcp flags ack tcp dport 22 drop' (ack.nft:4)"
	# What it looks like on the wire.
	chain mac.nft drop "ether saddr 02:00:00:00:00:01 ether daddr 02:00:00:00:00:02 accept"
	quiet mac.nft
	chain mac.nft accept "ether saddr 02:00:00:00:00:01 ip checksum != 0 drop"
	warned mac.nft "(mac.nft:4)"
	# A failsafe rule that lets it in.
	fw_as SSH_CONNECTION="$connection" -- 0 -c --no-verify \
		--failsafe "tcp dport 22 ip saddr 198.51.100.1" -f policy.nft
	lacks "$err" "ssh session"
	# And at a load, which goes on.
	fw_as SSH_CONNECTION="$connection" -- 0 -f policy.nft
	has "$err" "this ruleset drops the ssh session"
	fw 0 list ruleset
	has "$out" "policy drop"
	# The session still stands, though nothing of it comes in.
	fw_as SSH_CONNECTION="$connection" -- 0 -f open.nft
	lacks "$err" "ssh session"
	end_session
}

case_second_base_chain() {
	world
	session 198.51.100.2 22
	cat >two.nft <<-'END'
	table inet first {
		chain one {
			type filter hook ingress device "eth0" priority 0; policy accept;
			tcp dport 22 accept
		}
	}
	table netdev second {
		chain two {
			type filter hook ingress device "eth0" priority 5; policy drop;
			tcp dport 80 accept
		}
	}
	END
	warned two.nft "by the policy of base chain 'two' (table netdev second);"
	sed -i 's/tcp dport 80 accept/tcp dport { 22, 80 } vmap { 22 : drop, 80 : accept }/' two.nft
	sed -i 's/tcp dport {[^}]*} vmap/tcp dport vmap/' two.nft
	warned two.nft "by 'tcp dport vmap" "(two.nft:10)"
	sed -i 's/22 : drop/22 : accept/' two.nft
	quiet two.nft
	end_session
}

case_ipv6() {
	world
	session 2001:db8:0::2 22
	chain policy.nft drop "tcp dport 80 accept"
	warned policy.nft "packets from 2001:db8::1 port" "--failsafe 'tcp dport 22 ip6 saddr 2001:db8::1'"
	chain open.nft drop "ip6 saddr 2001:db8::/32 tcp dport 22 accept"
	quiet open.nft
	chain ipv4.nft accept "ip protocol tcp drop"
	quiet ipv4.nft
	end_session
}

# sshd listens to both families: the kernel has an IPv6 connection, the wire has IPv4.
case_ipv4_in_ipv6() {
	world
	session 198.51.100.2 22 ::
	has "$connection" "::ffff:198.51.100.1 "
	chain policy.nft drop "ip6 nexthdr tcp accept"
	warned policy.nft "packets from 198.51.100.1 port"
	connection=${connection//::ffff:/}
	warned policy.nft "packets from 198.51.100.1 port"
	chain open.nft drop "ip saddr 198.51.100.1 accept"
	quiet open.nft
	end_session
}

case_link_local() {
	world
	ip address add fe80::2/64 dev eth0 nodad
	in_client ip address add fe80::1/64 dev eth0 nodad
	session "fe80::2%eth0" 22
	has "$connection" "fe80::1%eth0 "
	chain policy.nft drop "tcp dport 80 accept" "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"
	warned policy.nft "packets from fe80::1 port" "on eth0, by the policy"
	chain open.nft drop "ip6 saddr fe80::1 accept"
	quiet open.nft
	quiet policy.nft "${connection//eth0/nodevice0}"
	end_session
}

case_device_not_in_the_ruleset() {
	world eth0 eth1
	session 198.51.100.2 22
	device='device "eth1"' chain other.nft drop "tcp dport 80 accept"
	quiet other.nft
	device='devices = { eth1, eth0 }' chain both.nft drop "tcp dport 80 accept"
	warned both.nft "on eth0, by the policy"
	device='device "eth*"' chain glob.nft drop "tcp dport 80 accept"
	warned glob.nft "on eth0, by the policy"
	cat >prefix.nft <<-'END'
	table netdev t {
		chain every {
			type filter hook ingress device "eth*" priority 0; policy accept;
		}
		chain one {
			type filter hook ingress device "eth0" priority 1; policy drop;
			iifname "eth1" accept
		}
	}
	END
	warned prefix.nft "by the policy of base chain 'one'"
	sed -i 's/iifname "eth1"/iifname "eth0"/' prefix.nft
	quiet prefix.nft
	ip link property add dev eth0 altname uplink
	device='device "uplink"' chain alt.nft drop "tcp dport 80 accept"
	warned alt.nft "on eth0, by the policy"
	end_session
}

# A router in between: the device is the one towards it, the MAC address the router's.
case_behind_a_router() {
	world
	in_client ip link add dummy0 type veth peer name dummy1
	in_client ip address add 192.0.2.77/32 dev lo
	ip route add 192.0.2.0/24 via 198.51.100.1
	in_client ip route add 198.51.100.2/32 dev eth0 src 192.0.2.77
	session 198.51.100.2 22
	has "$connection" "192.0.2.77 "
	chain policy.nft drop "ether saddr 02:00:00:00:00:01 tcp dport 80 accept"
	warned policy.nft "packets from 192.0.2.77 port" "on eth0, by the policy"
	chain mac.nft drop "ether saddr 02:00:00:00:00:01 accept"
	quiet mac.nft
	end_session
}

# Packets pass the port of a bridge before the bridge.
case_bridge_port() {
	world eth0
	ip link add br0 type bridge
	ip address flush dev eth0
	ip link set eth0 master br0
	ip link add eth7 type veth peer name eth8
	ip link set eth7 master br0
	ip address add 198.51.100.2/24 dev br0
	ip link set eth7 up
	ip link set eth8 up
	ip link set br0 address 02:00:00:00:00:02 up
	session 198.51.100.2 22
	device='device "eth0"' chain port.nft drop "arp operation request accept"
	warned port.nft "on eth0, by the policy"
	device='device "eth7"' chain other.nft drop "arp operation request accept"
	quiet other.nft
	device='device "br0"' chain bridge.nft drop "tcp dport 80 accept"
	warned bridge.nft "on br0, by the policy"
	# Where the bridge does not know the way, every port that is up has to be closed.  Any packet
	# of the client would tell it again.
	bridge link set dev eth0 learning off
	bridge fdb del 02:00:00:00:00:01 dev eth0 master || stop "no entry for the client"
	quiet port.nft
	device='devices = { eth0, eth7 }' chain all.nft drop "arp operation request accept"
	warned all.nft "by the policy"
	end_session
}

# sudo, su and many a script leave the variable out.
case_in_an_ancestor() {
	world
	session 198.51.100.2 22
	chain policy.nft drop "tcp dport 80 accept"
	fw_as SSH_CONNECTION="$connection" -- 0 -c --no-verify -f policy.nft
	has "$err" "ssh session"
	fw 0 -c --no-verify -f policy.nft
	lacks "$err" "ssh session"
	SSH_CONNECTION=$connection bash -c 'env -i PATH="$PATH" XDPFW_STATE_DIR="$2" bash -c "\"\$0\" -c \
		--no-verify -f policy.nft; :" "$1"; :' - "${xdpfw[0]}" "$work/state" 2>err
	has "$(<err)" "this ruleset drops the ssh session"
	# The nearest that is there counts; a stale one is passed over.
	SSH_CONNECTION=$connection bash -c 'SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22" "$1" -c --no-verify \
		-f policy.nft; :' - "${xdpfw[0]}" 2>err
	has "$(<err)" "this ruleset drops the ssh session" "198.51.100.1"
	# A process with a name that looks like the end of its own.
	cp "$(command -v bash)" "x) S 1 (y"
	SSH_CONNECTION=$connection "./x) S 1 (y" -c 'env -i XDPFW_STATE_DIR="$2" "$1" -c --no-verify \
		-f policy.nft; :' - "${xdpfw[0]}" "$work/state" 2>err
	has "$(<err)" "this ruleset drops the ssh session"
	end_session
}

# Words that mean nothing, sessions that are over, and those of another namespace.
case_no_false_warning() {
	local value long
	world
	session 198.51.100.2 22
	chain policy.nft drop "tcp dport 80 accept"
	warned policy.nft "by the policy"
	long=$(printf '9%.0s' {1..5000})
	for value in "" " " x "x x x x" "198.51.100.1" "198.51.100.1 1 198.51.100.2" \
		"$connection extra" "$connection " " $connection" "${connection/ /  }" \
		"198.51.100.1 0 198.51.100.2 22" "198.51.100.1 99999 198.51.100.2 22" \
		"198.51.100.1 -1 198.51.100.2 22" "198.51.100.1 1x 198.51.100.2 22" \
		"198.51.100.1 1 198.51.100.2 22" "198.51.100.1 1 ::1 22" "$long" "$long $long" \
		"198.51.100.1 $long 198.51.100.2 22" "%s%n%s%n 1 %s 2" "fe80::1% 1 fe80::2%eth0 22" \
		"fe80::1%$long 1 fe80::2 22" "::ffff:198.51.100.1 1 198.51.100.2 22" \
		$'198.51.100.1\t1\t198.51.100.2\t22' "127.0.0.1 1 127.0.0.1 22" \
		"0.0.0.0 1 0.0.0.0 22" "255.255.255.255 1 255.255.255.255 22" ":: 1 :: 22"; do
		quiet policy.nft "$value"
	done
	# Another namespace does not have the connection.
	in_client ip link add eth5 type veth peer name eth6
	device='device "eth5"' chain client.nft drop "tcp dport 80 accept"
	fw_as SSH_CONNECTION="$connection" -- 0 --netns client -c --no-verify -f client.nft
	lacks "$err" "ssh session"
	# Over.
	end_session
	within 10 is_over
	quiet policy.nft
}

is_over() { ! ss -Htn state established | grep -q ':22 '; }

# A session on the machine itself.
case_loopback() {
	world
	session --namespace /proc/self/ns/net 127.0.0.1 22
	device='device "lo"' chain lo.nft drop "tcp dport 80 accept"
	warned lo.nft "packets from 127.0.0.1 port" "on lo, by the policy"
	chain eth0.nft drop "tcp dport 80 accept"
	quiet eth0.nft
	end_session
}

case_not_root() {
	world
	session 198.51.100.2 22
	chain policy.nft drop "tcp dport 80 accept"
	setpriv --reuid 65533 --regid 65533 --clear-groups env SSH_CONNECTION="$connection" \
		XDPFW_STATE_DIR="$work/none" "${xdpfw[@]}" -c -f policy.nft 2>err
	has "$(<err)" "this ruleset drops the ssh session"
	end_session
}

e2e_main "$@"
