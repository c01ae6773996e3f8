#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rulesets.sh: loads rulesets on other kernels, in qemu.
#
#	top_srcdir=... top_builddir=... tests/kernels/rulesets.sh CACHE KERNEL[,KERNEL...] [OPTIONS] RULESET...
#
# The rulesets behind OPTIONS, one word ("--plan=tree --optimize=flow-cache"), are loaded with them;
# behind --plan= without any.
#
# The guest has the rulesets and the program of each as clang built it here, for it has no clang: it
# loads kept objects, as a machine does after a new kernel was installed.  The listing has to be the
# one made here.  Out: a line for each ruleset and kernel that fails, then "N passed, N failed,
# N skipped".
. "${top_srcdir:?}/tests/suite/lib.sh"
. "${top_srcdir:?}/tests/kernels/lib.sh"

cache=${1:?usage: rulesets.sh CACHE KERNEL[,KERNEL...] RULESET...}
IFS=, read -ra kernels <<<"${2:?}"
shift 2
mkdir -p "$cache" && cache=$(cd "$cache" && pwd) || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# build_ruleset N RULESET PLAN: loads ruleset number N here, which leaves the built object, the names
# it needs, the options and the listing; and the object of the listing, which the guest, being in
# process 1's network namespace, builds for the next boot.
build_ruleset() {
	local ruleset=$2 folder=$work/rules/$1
	mkdir -p "$folder/state"
	cp "${ruleset%/*}"/*.list "$folder/" 2>/dev/null
	cp "$ruleset" "$folder/rules.nft"
	echo "$3" >"$folder/options"
	chmod 700 "$folder/state"
	cd "$folder" || return
	unshare -n -m -- bash -c '
		mount -t tmpfs tmpfs /run && mkdir -m 1777 /run/bpf && mount -t bpf bpf /run/bpf || exit
		export XDPFW_BPFFS=/run/bpf XDPFW_RUN_DIR=/run/lock XDPFW_STATE_DIR=$PWD/state
		"$0" -c --no-verify -f rules.nft 2>&1 |
			sed -n "s/.*warning: device .\(.*\). does not exist.*/\1/p" | sort -u >devices
		while read -r name; do
			ip link add "$name" type veth peer name "peer$((i += 1))" || exit
		done <devices
		"$0" $1 -f rules.nft && "$0" list ruleset >listing &&
			"$0" $1 -f listing' "$top_builddir/xdpfw" "$3" \
		>"$work/out" 2>&1 || { cat "$work/out"; return 1; }
}

# judge_rulesets KERNEL RULESET...
judge_rulesets() {
	local kernel=$1 number=0 line ruleset
	shift
	echo "$(sed -n 's/^KERNEL /Linux /p' "$work/said"):" \
		"$(grep -c '^RESULT [0-9]* ok' "$work/said") of $# rulesets," \
		"$(awk '/^RESULT [0-9]+ ok/ { n += $4 } END { print n + 0 }' "$work/said") packets"
	for ruleset; do
		line=$(grep "^RESULT $number " "$work/said")
		if [[ $line =~ ^RESULT\ $number\ ok\ [0-9]+$ ]]; then
			pass
		else
			fail "Linux $kernel: $ruleset: ${line:-no result}"
			sed -n "/^CASE $number\$/,/^RESULT $number /p" "$work/said" | head -n 60
		fi
		number=$((number + 1))
	done
	judge_end "$kernel" rulesets
}

fetch "${kernels[@]}" || { fail "cannot get the kernels or qemu"; finish; }
kept=()
plan=
for ruleset; do
	if [[ $ruleset == --* ]]; then
		plan=${ruleset%--plan=}
		continue
	fi
	ruleset=$(realpath "$ruleset")
	if (build_ruleset ${#kept[@]} "$ruleset" "$plan"); then
		kept+=("$ruleset${plan:+ $plan}")
	else
		fail "$ruleset${plan:+ $plan} is not loaded here"
		rm -rf "$work/rules/${#kept[@]}"
	fi
done
for kernel in "${kernels[@]}"; do
	rm -rf "$work/root"
	mkdir "$work/root"
	mv "$work/rules" "$work/root/rules"
	make_root "$kernel" "$work/root" veth
	boot "$kernel" "$work/root" rulesets.sh -no-reboot
	mv "$work/root/rules" "$work/rules"
	judge_rulesets "$kernel" "${kept[@]}"
done
finish
