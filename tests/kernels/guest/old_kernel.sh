# SPDX-License-Identifier: GPL-2.0-only
# old_kernel: a kernel too old for xdpfw is refused in one sentence, and nothing is changed.
# shellcheck shell=dash

prepare() {
	load_module veth
	ip link add n0 type veth peer name pn0
	ip link set n0 up
}

# What a command could have changed.
world() {
	pins
	ip link show
	ls -R /var /run/xdpfw 2>&1
	cat /proc/modules
}

# refused ARG...
refused() {
	local before
	before=$(world)
	fw 3 "$@"
	is "what xdpfw $1 prints" "$out" ""
	is "sentences of xdpfw $1" "$(grep -c 'this kernel is 5\.10.*needs 6\.1 or newer' /run/err)" 1
	is "errors of xdpfw $1" "$(grep -c '^xdpfw: ' /run/err)" 1
	is "the world after xdpfw $1" "$(world)" "$before"
}

case_load() { refused -f /tests/rules/old.nft; }

case_load_from_input() {
	local before
	before=$(world)
	fw 3 -f - </tests/rules/old.nft
	has "$err" "this kernel is 5.10" "needs 6.1 or newer"
	is "the world" "$(world)" "$before"
}

case_list() { refused list ruleset; }

case_status() { refused status; }

case_unload() { refused unload; }

# The ruleset's own mistakes come first, on any kernel.
case_check() {
	echo 'table netdev t { chain c { udp dport ssh dorp' >/run/wrong.nft
	fw 1 -c -f /run/wrong.nft
	has "$err" "wrong.nft:1:"
	fw 0 -f /tests/rules/old.nft --emit=c
	has "$out" "xdpfw_rules"
}
