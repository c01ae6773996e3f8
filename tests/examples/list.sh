#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# list: each example and each golden is loaded into nft and into xdpfw, and they list the same; what
# xdpfw lists can be loaded into both again, and they list the same again.  An example lists as it
# did before; that is more than nft promises (it takes the braces off a merged set of one element).
# Runs in network and mount namespaces of its own, with devices that nobody sends to.
. "${top_srcdir:?}/tests/suite/lib.sh"

if [ "$1" != --inside ]; then
	exec unshare --net --mount --propagation private "$BASH" "$0" --inside
fi

cd "$top_srcdir/examples" || exit 1
work=$(mktemp -d)
trap 'umount "$work/bpf"; rm -rf "$work"' EXIT
mkdir "$work/bpf" && mount -t bpf bpf "$work/bpf" || fail "no BPF file system"
export XDPFW_BPFFS=$work/bpf XDPFW_STATE_DIR=$work/state XDPFW_RUN_DIR=$work/run
xdpfw=$top_builddir/xdpfw
ip link set lo up
for name in eth0 eth1 wan0 wan1 vethb0 wwan0 wlan0; do
	ip link add $name type veth peer name peer-$name || fail "cannot make $name"
done

# zeroed COMMAND...: what it prints, with counters at zero.
set -o pipefail
zeroed() { "$@" | sed -E 's/packets [0-9]+ bytes [0-9]+/packets 0 bytes 0/'; }
# quoted FILE: with quotes around names of devices that end in a star, which nft 1.0 lists without
# them among several, and then cannot read.
quoted() { sed -E '/devices = /s/([{ ])([a-z]+\*)/\1"\2"/g' "$1"; }
# loaded FILE: both load it, and list it into $work/nft and $work/xdpfw.
loaded() {
	quoted "$1" >"$work/quoted.nft" && nft flush ruleset &&
		nft -I "${1%/*}" -f "$work/quoted.nft" && zeroed nft list ruleset >"$work/nft" &&
		"$xdpfw" --drop-devices -f "$1" && zeroed "$xdpfw" list ruleset >"$work/xdpfw"
}

for path in *.nft ../tests/golden/*.nft; do
	file=${path##*/}
	check "nft and xdpfw load $file" loaded "$path"
	check "xdpfw lists $file as nft does" diff -u "$work/nft" "$work/xdpfw"
	cp "$work/xdpfw" "$work/again.nft"
	check "nft and xdpfw load what xdpfw lists of $file" loaded "$work/again.nft"
	check "xdpfw lists that as nft does" diff -u "$work/nft" "$work/xdpfw"
	if [ "$path" = "$file" ]; then
		check "$file lists as before" diff -u "$work/again.nft" "$work/xdpfw"
	fi
done
check "unload" "$xdpfw" unload
check "unload leaves no trace" test ! -e "$work/bpf/xdpfw"
finish
