#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench-guard: instructions, program and tables that goldens and examples need, against committed
# ceilings.  With --update, those are written anew.
. "${top_srcdir:?}/tests/suite/lib.sh"

# Where the examples' includes are.
cd "$top_srcdir/examples" || exit 1
guard=$top_builddir/tests/bench-guard/guard
ceilings=$top_srcdir/tests/bench-guard/ceilings
rulesets=(./*.nft ../tests/golden/*.nft)
if [ "$1" = --update ]; then
	exec "$guard" --update "$ceilings" "${rulesets[@]}"
fi
if need kernel "what programs need, against ceilings"; then
	run "$guard" "$ceilings" "${rulesets[@]}"
fi
finish
