#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# headers: every header compiles alone, and twice, with gcc and with clang.
. "${top_srcdir:?}/tests/suite/lib.sh"

flags="-std=gnu11 -Wall -Wextra -Wswitch-enum -Wshadow -Wstrict-prototypes -Wmissing-prototypes
	-Wwrite-strings -Wvla -Wformat=2 -Werror -fsyntax-only"
cd "$top_srcdir" || exit 1
for header in bpf/*.h compiler/*.h compiler/*/*.h loader/*.h; do
	[ -e "$header" ] || continue
	text="#include \"$header\"
#include \"$header\""
	# What only generated programs include is BPF code.
	case $header in bpf/*)
		check "$header for BPF" clang -target bpf -mcpu=v3 -O2 -Wall -Wextra -Werror \
			-fsyntax-only -I bpf -I . -x c - <<<"$text"
		# What only programs include does not ask where it is.
		grep -q '__bpf__' "$header" || continue
	esac
	for cc in gcc clang; do
		# shellcheck disable=SC2086
		check "$header with $cc" $cc $flags -I . -x c - <<<"$text"
	done
done
finish
