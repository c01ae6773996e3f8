#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# right: built programs of generated rulesets, in every form that can be forced, against a
# first-match search that shares no code with xdpfw: verdict, rule and counters of packets made
# from the filters, and of harsher ones.  With --all: up to 100,000 rules, and large sets.
. "${top_srcdir:?}/tests/suite/lib.sh"
. "$top_srcdir/tests/bench/lib.sh"

# right SHAPE COUNT FAMILY OPTION...
right() {
	local shape=$1 count=$2 family=$3
	shift 3
	make_shape "$work" "$shape" "$count" "$family" "$inside" "$mixed" ||
		fail "$shape $count $family: cannot be made"
	check "$case_name $*" classify "$work" "$case_name" --check --flows 2048 "$@"
}

all() {
	local shape family
	inside=4096 mixed=4096
	for family in 4 6; do
		for shape in acl fw ipc; do
			right $shape 1000 $family --all-plans
			right $shape 10000 $family --plan tree --plan cross --plan packed
			right $shape 10000 $family
			right $shape 100000 $family
		done
		for shape in nested ranges grid; do
			right $shape 10000 $family
		done
	done
	for shape in "hosts 1000000" "nets 100000" "nets6 30000" "ports 32768" "boxes 10000"; do
		# shellcheck disable=SC2086 # two words
		python3 "$bench/make_set.py" $shape 65536 "$work/set" &&
			check "set of $shape" classify "$work" set --check --flows 65536
	done
}

few() {
	local shape
	inside=1024 mixed=1024
	right acl 10 4 --all-plans
	right fw 10 6 --all-plans
	for shape in acl fw ipc; do
		# Each form is really in force.
		right $shape 100 4 --strict --plan compares --plan cross --plan tree
	done
	for shape in nested ranges grid; do
		right $shape 100 4 --all-plans
	done
	right acl 100 6 --all-plans
	right ipc 100 6 --all-plans
	right nested 100 6 --all-plans
	right acl 1000 4 --all-plans
	right acl 1000 4 --optimize flow-cache
	right fw 1000 6
	right fw 1000 6 --optimize flow-cache
	right ipc 1000 4
}

if need kernel "programs of generated rulesets against first match"; then
	work=$(mktemp -d)
	if [ "$1" = --all ]; then
		all
	else
		few
	fi
	rm -rf "$work"
fi
finish
