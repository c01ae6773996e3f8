#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# hostile: rulesets that multiply in look-up tables are built in seconds, load under the same
# ceiling as others, and give the interpreter's verdicts, with the plan that is chosen and with each
# that is forced.  With --all: 10,000 rules each.
. "${top_srcdir:?}/tests/suite/lib.sh"

if need kernel "programs in the kernel against the interpreter"; then
	hostile=$(mktemp -d)
	count=200 packets=300 plans=("" tree cross)
	if [ "$1" = --all ]; then
		count=10000 packets=2000 plans=("")
	fi
	PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/run/make_hostile.py" "$count" "$hostile"
	for shape in nested nested6 ranges thin squares ports all steps; do
		for plan in "${plans[@]}"; do
			export XDPFW_TEST_PLAN=$plan
			[ -n "$plan" ] || unset XDPFW_TEST_PLAN
			check "$shape${plan:+, $plan}" timeout 60 \
				"$top_builddir/tests/verify/verify_load" -i 110000 -n "$packets" \
				"$hostile/$shape.nft"
		done
	done
	rm -rf "$hostile"
fi
finish
