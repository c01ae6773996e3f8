#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# golden: what each phase prints for tests/golden/*.nft; `make golden` writes them anew.
. "${top_srcdir:?}/tests/suite/lib.sh"

run "$top_builddir/tests/tool/golden_run" golden "$top_srcdir/tests/golden"
for text in "$top_srcdir"/tests/golden/*.c; do
	check "clang builds ${text##*/}" "${CLANG:?}" -target bpf -mcpu=v3 -O2 -g -Wall -Werror \
		-c "$text" -o /dev/null
done
finish
