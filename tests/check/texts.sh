#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# texts: rules of form that no compiler checks, over every source file.
. "${top_srcdir:?}/tests/suite/lib.sh"

cd "$top_srcdir" || exit 1
while read -r file; do
	fault=
	case $file in *.c | *.h)
		[ "$(head -n 1 "$file")" = '/* SPDX-License-Identifier: GPL-2.0-only */' ] ||
			fault="no SPDX line first"
		[ "$(sed -n 2p "$file")" = '/*' ] || fault="no block comment that says what it is for"
		expand "$file" | grep -Eq '.{101}' && fault="a line of more than 100 columns"
		;;
	*)
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-only' ||
			fault="no SPDX line"
	esac
	grep -Pq '[ \t]$' "$file" && fault="white space at a line's end"
	[ "$(wc -l <"$file")" -le 900 ] || fault="more than 900 lines"
	if [ -n "$fault" ]; then
		fail "$file: $fault"
	else
		pass
	fi
done < <(find bpf compiler loader tests -name '*.[ch]' ! -path 'tests/golden/*' -o \
	-path 'tests/*' \( -name '*.sh' -o -name '*.py' \) | sort)
finish
