# SPDX-License-Identifier: GPL-2.0-only
# lib.sh: what the suites written in bash share.  Automake runs them in the build folder, with
# top_srcdir and top_builddir set.
# shellcheck shell=bash

: "${top_srcdir:?set by make check}" "${top_builddir:?set by make check}"
export XDPFW_CONF=/dev/null/none	# this host's own is nobody's business here
passed=0 failed=0 skipped=0

pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); printf 'FAIL %s\n' "$*"; }
skip() { skipped=$((skipped + 1)); printf 'SKIP %s\n' "$*"; }

# check WHAT COMMAND...: the command's success decides; its output is shown when it fails.
check() {
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then
		pass
	else
		fail "$what"
		printf '%s\n' "$output" | tail -n 60
	fi
}

# Prints the last line, and succeeds when nothing failed and something ran.
finish() {
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" = 0 ] && [ $((passed + skipped)) != 0 ]
	exit
}

# total FILE...: adds up the last lines of programs that count by themselves.
total() {
	local file line
	for file; do
		line=$(tail -n 1 "$file")
		if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
			passed=$((passed + BASH_REMATCH[1]))
			failed=$((failed + BASH_REMATCH[2]))
			skipped=$((skipped + BASH_REMATCH[3]))
		else
			fail "$file has no totals"
		fi
	done
}

# run PROGRAM ARG...: a program that counts by itself and prints the totals last.
run() {
	local output status
	output=$(mktemp)
	"$@" >"$output" 2>&1
	status=$?
	sed '$d' "$output"
	[ $status = 0 ] || grep -Eq ' [1-9][0-9]* failed, ' "$output" || {
		cat "$output"
		fail "$1 ended with status $status"
	}
	total "$output"
	rm -f "$output"
}

# have FEATURE: whether this machine and user have what a test needs.
#	kernel	root that may load BPF programs and make namespaces
#	nft	the kernel's nftables, and nft
#	qemu	what tests/kernels downloads; $fetched says that it came
#	newest-clang	the newest clang of Debian; $newest is where it was unpacked
#	nft-1.1	an nft of that version or newer, which XDPFW_NFT_NEWER names
have() {
	case $1 in
	kernel)
		[ "$(id -u)" = 0 ] && unshare -n -m true 2>/dev/null &&
			bpftool prog list >/dev/null 2>&1 ;;
	nft)
		[ "$(id -u)" = 0 ] && unshare -n nft list ruleset >/dev/null 2>&1 ;;
	qemu)
		[ "$fetched" = yes ] ;;
	newest-clang)
		[ -n "$newest" ] ;;
	nft-1.1)
		[ -n "$XDPFW_NFT_NEWER" ] && unshare -n "$XDPFW_NFT_NEWER" list ruleset &>/dev/null ;;
	*)
		command -v "$1" >/dev/null ;;
	esac
}

# need FEATURE WHAT: true when FEATURE is there.  Otherwise WHAT is skipped, or has failed when
# XDPFW_TEST_REQUIRE (words with commas between) names FEATURE.
need() {
	have "$1" && return 0
	case ,$XDPFW_TEST_REQUIRE, in
	*,"$1",*) fail "$2: $1 is required by XDPFW_TEST_REQUIRE and is not here" ;;
	*) skip "$2: needs $1" ;;
	esac
	return 1
}
