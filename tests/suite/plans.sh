#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# plans: rulesets of the other suites with each engine forced on all rules that can be looked up, with
# look-ups that all chains share, and with a flow cache; 2,000 rules that jump or only count; hundreds
# of chains; sets of addresses in both their forms: against the interpreter.
. "${top_srcdir:?}/tests/suite/lib.sh"

if need kernel "programs whose rules are looked up against the interpreter"; then
	verify=$top_builddir/tests/verify/verify_load
	large=$(mktemp -d)
	export PYTHONDONTWRITEBYTECODE=1
	python3 "$top_srcdir/tests/run/make_jumps.py" 2000 >"$large/jumps.nft"
	python3 "$top_srcdir/tests/run/make_chains.py" 300 30 >"$large/chains.nft"
	python3 "$top_srcdir/tests/run/make_chains.py" 400 0 jumps hours ip6 >"$large/mixed.nft"
	cd "$top_srcdir/examples" || exit 1
	for plan in cross packed lead tree shared; do
		export XDPFW_TEST_PLAN=$plan
		for ruleset in ./*.nft ../tests/run/*.nft ../tests/diff/cases/*.nft \
			"$large/jumps.nft"; do
			check "$plan: ${ruleset##*/}" "$verify" -i 110000 -n 300 "$ruleset"
		done
	done
	PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/run/make_hosts.py" >"$large/hosts.nft"
	# An even number of buckets, and nothing behind them.
	printf 'table netdev last {\n\tchain in {\n\t\t%s\n\t\tip daddr { %s } counter drop\n\t}\n}\n' \
		'type filter hook ingress device "lo" priority 0; policy accept;' \
		"$(printf '192.0.2.%u, ' {1..75..2})" >"$large/last.nft"
	for plan in pairs buckets; do
		export XDPFW_TEST_PLAN=$plan
		check "$plan: last.nft" "$verify" -i 110000 -n 300 "$large/last.nft"
		check "$plan: hosts.nft" "$verify" -i 110000 -n 2000 "$large/hosts.nft"
	done
	# Packets come several times, in several splits, so most answers are the cache's.
	for ruleset in ./*.nft ../tests/run/*.nft ../tests/diff/cases/*.nft "$large/jumps.nft"; do
		check "flow cache: ${ruleset##*/}" env XDPFW_TEST_PLAN=cross \
			XDPFW_TEST_OPTIMIZE=flow-cache "$verify" -i 110000 -n 300 "$ruleset"
	done
	python3 "$top_srcdir/tests/run/make_caches.py" >"$large/caches.nft"
	check "flow cache: caches.nft" env XDPFW_TEST_PLAN=cross \
		XDPFW_TEST_OPTIMIZE=none,flow-cache "$verify" -i 110000 -n 1000 "$large/caches.nft"
	# Small, so that answers are replaced.
	for ruleset in ./router.nft ./server.nft ../tests/golden/cache.nft; do
		check "two CPUs: ${ruleset##*/}" env XDPFW_TEST_PLAN=tree \
			XDPFW_TEST_OPTIMIZE=size,flow-cache \
			"$top_builddir/tests/verify/verify_cpus" "$ruleset"
	done
	unset XDPFW_TEST_PLAN
	check "chosen: jumps.nft" "$verify" -i 110000 -n 2000 "$large/jumps.nft"
	for ruleset in chains mixed; do
		check "chosen: $ruleset.nft" "$verify" -i 200000 -n 1000 "$large/$ruleset.nft"
	done
	rm -rf "$large"
fi
finish
