#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run: each ruleset's program is built, loaded with a ceiling on what the verifier looks at, and run
# on packets aimed at its rules, split in several places, against the interpreter.
. "${top_srcdir:?}/tests/suite/lib.sh"

if need kernel "programs in the kernel against the interpreter"; then
	verify=$top_builddir/tests/verify/verify_load
	# Where the examples' includes are.
	cd "$top_srcdir/examples" || exit 1
	for ruleset in ./*.nft ../tests/golden/*.nft ../tests/run/*.nft \
		../tests/diff/cases/*.nft; do
		# Close ceilings, of one clang, are bench-guard's.
		check "$ruleset" "$verify" -i 110000 -n 2000 "$ruleset"
		check "$ruleset, as it was written" \
			env XDPFW_TEST_OPTIMIZE=none "$verify" -i 110000 -n 300 "$ruleset"
	done
	large=$(mktemp -d)
	PYTHONDONTWRITEBYTECODE=1 python3 ../tests/run/make_large.py "$large"
	for shape in rules chains sets maps boxes keys counts; do
		check "large: $shape" "$verify" -i 110000 -n 2000 "$large/$shape.nft"
	done
	rm -rf "$large"
	# What the other half of the tables holds, by another generation.
	moves=$(mktemp -d)
	PYTHONDONTWRITEBYTECODE=1 python3 ../tests/run/make_moves.py "$moves"
	for kind in ports hosts nets nets6 pairs lanes words counts all; do
		# Compares: maps stay tables, and are no part of a block.
		check "moves: $kind" env XDPFW_TEST_PLAN=compares "$verify" -i 50000 -n 500 -m "$moves/$kind.moved.nft" \
			"$moves/$kind.nft"
	done
	rm -rf "$moves"
fi
finish
