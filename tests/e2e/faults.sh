#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# faults: system calls of xdpfw made to fail, and kill -9 behind them; faults.py says what is held
# against each.
#
#	tests/e2e/faults.sh
#		a sample; FAULTS_SEED and FAULTS_POINTS choose it
#	tests/e2e/faults.sh --all [SCENARIO...]
#		every call; FAULTS_DEVICES ("one three") are the numbers of devices, FAULTS_ERRORS=1
#		tries one error for each call, not two, and FAULTS_CALLS is a pattern that the names
#		of calls have to begin with ("bpf:"): takes hours
. "${0%/*}/lib.sh"

faults() {
	world "${@:3:$1}"
	cp "$top_builddir/tests/tool/fault_run" .
	holds "points failed" python3 "$here/faults.py" "$work/xdpfw" "$work/fault_run" "$1" $2
}

# faults COUNT WORDS
sample() {
	local seed=${FAULTS_SEED:-$((RANDOM * 32768 + RANDOM))}
	echo "seed $seed"
	faults "$1" "sample ${FAULTS_POINTS:-$2} $seed" eth0 eth1 eth2
}

case_sample_with_one_device() { sample 1 140; }

case_sample_with_three_devices() { sample 3 160; }

all_with_one() { faults 1 "all $FAULTS_SCENARIOS" eth0; }

all_with_three() { faults 3 "all $FAULTS_SCENARIOS" eth0 eth1 eth2; }

# Prints as it goes; a case of lib.sh prints when it is over.
run_all() {
	unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc \
		bash "$here/faults.sh" --inside "$1" </dev/null && echo "ok faults/$1" && return
	echo "not ok faults/$1"
	bad=1
}

if [ "$1" = --all ]; then
	export FAULTS_SCENARIOS="${*:2}"
	bad=0
	for devices in ${FAULTS_DEVICES:-one three}; do
		run_all all_with_$devices
	done
	exit $bad
fi
E2E_SECONDS=600 XDPFW_E2E_VERBOSE=1
e2e_main "$@"
