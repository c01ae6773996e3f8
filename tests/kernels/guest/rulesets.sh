# SPDX-License-Identifier: GPL-2.0-only
# rulesets: loads /rules/0, /rules/1 ... on veth devices of the names they ask for.  The verifier of
# this kernel reads each program three times, the proof runs its packets through it, it is attached,
# listed, and unloaded.
# shellcheck shell=dash

prepare() { load_module veth; }

load_ruleset() {
	local name peer=0 proved
	while read -r name; do
		peer=$((peer + 1))
		ip link add "$name" type veth peer name "peer$peer"
		ip link set "$name" up
	done <devices
	# shellcheck disable=SC2046 # none or one
	fw 0 $(cat options) -f rules.nft
	proved=$(xdpfw status | sed -n 's/^proved: with \([0-9]*\) packets.*/\1/p')
	fw 0 list ruleset
	cmp /run/out listing || stop "the listing differs from the host's"
	# A ruleset without devices has no packet.
	[ ! -s devices ] || [ "${proved:-0}" != 0 ] || stop "nothing was proved"
	fw 0 unload
	no_traces
	echo "packets: ${proved:-0}"
}

run_cases() {
	local number=0 result
	while cd "/rules/$number" 2>/dev/null; do
		export XDPFW_STATE_DIR="$PWD/state"
		echo "CASE $number"
		if (set -e; load_ruleset) >/run/case 2>&1; then
			echo "RESULT $number ok $(sed -n 's/^packets: //p' /run/case)"
		else
			result=$(sed -n 's/^why: //p' /run/case | head -n 1)
			tail -n 40 "$XDPFW_STATE_DIR/failed/log" 2>/dev/null
			echo "RESULT $number bad: ${result:-$(tail -n 1 /run/case)}"
			xdpfw unload
		fi
		while read -r name; do
			ip link del "$name"
		done <devices
		number=$((number + 1))
	done
}
