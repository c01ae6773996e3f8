#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sources: Makefile.am names every source file of the tree, or a folder above it.
. "${top_srcdir:?}/tests/suite/lib.sh"

cd "$top_srcdir" || exit 1
words=$(sed 's/#.*//; s/\$(srcdir)\///g' Makefile.am | tr -s ' \t\\' '\n\n\n' | sort -u)
named() {
	local path=$1
	while [ "$path" != . ]; do
		grep -Fxq -- "$path" <<<"$words" && return
		grep -Fxq -- "${path%.c}" <<<"$words" && return
		path=$(dirname "$path")
	done
	return 1
}
while read -r file; do
	if named "$file"; then
		pass
	else
		fail "Makefile.am does not name $file"
	fi
done < <(find bpf compiler loader man examples tests doc -type f ! -name '*.o' ! -name '*.a' \
	! -name '.dirstamp' ! -path '*/.deps/*' ! -path '*/__pycache__/*' ! -name '*.log' \
	! -name '*.trs' ! -name '*.line' ! -perm /111 | sort)
finish
