#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# fuzz: libFuzzer on the compiler, with the tests' rulesets as seeds and the field table as its
# dictionary.  XDPFW_FUZZ_SECONDS (30) makes it longer.
. "${top_srcdir:?}/tests/suite/lib.sh"

mkdir -p fuzz/seeds && cd fuzz || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
[ -e config.status ] ||
	check "configure" "$top_srcdir/configure" -q --enable-werror --enable-fuzz CC=clang
check "make" "$MAKE" -s -j2 tests/fuzz/fuzz_compile

for seed in "$top_srcdir"/tests/{golden,errors,diff/cases}/*.nft; do
	folder=${seed%/*}
	cp "$seed" "seeds/${folder##*/}-${seed##*/}"
done
list=$top_builddir/tests/tool/field_list
{
	"$list" fields | awk -F'\t' '{ printf "\"%s %s \"\n", $1, $2 }'
	"$list" symbols | awk -F'\t' '{ printf "\"%s\"\n", $2 }'
	printf '"%s"\n' vmap jump goto return continue counter accept drop 'elements = {' \
		'flags interval' auto-merge define 'add rule netdev' 'add element netdev' policy
} | sort -u >dictionary
check "${XDPFW_FUZZ_SECONDS:-30} seconds of fuzzing" tests/fuzz/fuzz_compile -dict=dictionary \
	-max_total_time="${XDPFW_FUZZ_SECONDS:-30}" -max_len=2048 -timeout=20 -rss_limit_mb=2048 seeds
finish
