# SPDX-License-Identifier: GPL-2.0-only
# lib.sh: rulesets, packets and truth for what measures and what checks.
# shellcheck shell=bash

bench=$top_srcdir/tests/bench
built=$top_builddir/tests/bench

# make_case DIR NAME PACKETS MIXED: DIR/NAME.rules -> .nft, .trace of PACKETS drawn from the filters
# and MIXED harsher ones, .truth.
make_case() {
	local case=$1/$2
	python3 "$bench/make_ruleset.py" "$case.rules" >"$case.nft" &&
		python3 "$bench/make_trace.py" "$case.rules" "$3" >"$case.trace" &&
		python3 "$bench/make_trace.py" --mixed "$case.rules" "$4" >>"$case.trace" &&
		"$built/bench_truth" "$case.rules" "$case.trace" >"$case.truth"
}

# make_shape DIR SHAPE COUNT FAMILY PACKETS MIXED: the same of our own filters; sets $case_name.
make_shape() {
	case_name=$2$([ "$4" = 6 ] && echo 6)_$3
	python3 "$bench/make_filters.py" "$2" "$3" --family "$4" >"$1/$case_name.rules" &&
		make_case "$1" "$case_name" "$5" "$6"
}

# classify DIR NAME OPTION...: bench_classify of DIR/NAME.
classify() {
	local case=$1/$2
	shift 2
	"$built/bench_classify" "$@" --truth "$case.truth" "$bench/parse_drop.bpf.c" "$case.nft" \
		"$case.trace"
}
