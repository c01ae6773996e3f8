#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# fuzz: libFuzzer on the compiler, with tests/fuzz/corpus and the tests' rulesets as seeds, and what
# `xdpfw --describe` says as its dictionary.  XDPFW_FUZZ_SECONDS (30) makes it longer.
. "${top_srcdir:?}/tests/suite/lib.sh"

mkdir -p fuzz/found && cd fuzz || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
[ -e config.status ] ||
	check "configure" "$top_srcdir/configure" -q --enable-werror --enable-fuzz CC=clang
check "make" "$MAKE" -s -j2 tests/fuzz/fuzz_compile

rm -rf seeds && mkdir seeds || exit 1
for seed in "$top_srcdir"/tests/{fuzz/corpus,golden,errors,diff/cases}/*; do
	folder=${seed%/*}
	case $seed in */corpus/* | *.nft) cp "$seed" "seeds/${folder##*/}-${seed##*/}" ;; esac
done
bash "$top_srcdir/tests/fuzz/dictionary.sh" "$top_builddir/xdpfw" >dictionary
check "the dictionary" test "$(wc -l <dictionary)" -gt 300
# What was found once is in the corpus, and stays mended.
check "the seeds" tests/fuzz/fuzz_compile -runs=0 -timeout=20 -rss_limit_mb=2048 seeds
check "${XDPFW_FUZZ_SECONDS:-30} seconds of fuzzing" tests/fuzz/fuzz_compile -dict=dictionary \
	-max_total_time="${XDPFW_FUZZ_SECONDS:-30}" -max_len=2048 -timeout=20 \
	-rss_limit_mb=2048 -artifact_prefix=found/ seeds
finish
