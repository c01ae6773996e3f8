#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# man: the manual pages are clean mdoc, and say what --help, the field table and the deviations of
# the contract say: nothing more, nothing less.
. "${top_srcdir:?}/tests/suite/lib.sh"

cd "$top_srcdir/man" || exit 1
list=$top_builddir/tests/tool/field_list
help=$("$top_builddir/xdpfw" --help)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# same WHAT EXPECTED GOT: two lists of lines.
same() {
	local difference
	difference=$(diff <(sort -u <<<"$2") <(sort -u <<<"$3"))
	if [ -n "$2" ] && [ -z "$difference" ]; then
		pass
	else
		fail "$1 (< the program, > the page)"
		printf '%s\n' "$difference"
	fi
}

# Pages of other packages need not be installed.
for page in xdpfw.8 xdpfw.conf.5; do
	check "$page is clean mdoc" test -z \
		"$(mandoc -Tlint $page 2>/dev/null | grep -v 'referenced manual not found')"
done

same "options of xdpfw.8" "$(grep -Eo -- '--[a-z][a-z-]+' <<<"$help")" \
	"$(sed -n 's/^\.It Fl .*\\-\([a-z-]*\).*/--\1/p' xdpfw.8)"
same "short options of xdpfw.8" "$(grep -Eo -- '(^| )-[a-zA-Z],' <<<"$help" | tr -d ' ,')" \
	"$(sed -n 's/^\.It Fl \([a-zA-Z]\) .*/-\1/p' xdpfw.8 | sed 's/^\(-[a-zA-Z]\).*/\1/')"
for word in list status confirm rollback unload compile load watch explain; do
	check "--help names $word" grep -q "xdpfw.*[ |]$word" <<<"$help"
	check "xdpfw.8 names $word" grep -Eq "^\.It Cm $word" xdpfw.8
done

# Environment and files that the program reads, but for the switches of the tests' own program.
same "environment of xdpfw.8" \
	"$(grep -ho 'secure_getenv("[A-Z_]*")' ../loader/*.c | grep -o 'XDPFW_[A-Z_]*')" \
	"$(sed -n 's/^\.It Ev //p' xdpfw.8)"

# Every field of the table: its type, what it is, and an example that names it and compiles.
page_fields() {
	awk '/^\.Ss Fields/ { on = 1 } /^\.Ss What changes/ { on = 0 }
		!on { next }
		/^\.It Cm/ { name = substr($0, 8) }
		/^\.Vt/ { type = $2; getline; doc = substr($0, 1, length($0) - 1); getline
			print name "\t" type "\t" doc "\t" substr($0, 5) }' xdpfw.conf.5 |
		sed 's/\\(dq/"/g'
}
same "fields of xdpfw.conf.5" "$("$list" fields | awk -F'\t' '{ print $1 " " $2 ": " $4 ": " $5 }')" \
	"$(page_fields | awk -F'\t' '{ print $1 ": " $2 ": " $3 }')"
page_fields | awk -F'\t' 'index(" " $4 " ", " " $1 " ") == 0 {
	sub(/^meta /, "", $1); if (index($4, $1) == 0) print $1 }' >"$work/unnamed"
check "the examples of xdpfw.conf.5 name their fields" test ! -s "$work/unnamed"
# Groups of rules, as the fields of a family cannot stand in the other one's table.
{
	echo 'table netdev t { chain c {'
	page_fields | cut -f4 | grep -v nfproto
	sed -n '/^\.Ss Matches/,/^\.Ss Fields/s/^\.Ql //p' xdpfw.conf.5 | sed 's/ \.$//; s/\\(dq/"/g'
	echo '} }'
	echo 'table inet t { chain c {'
	page_fields | cut -f4 | grep nfproto
	echo '} }'
} >"$work/examples.nft"
check "the examples of xdpfw.conf.5 compile" "$top_builddir/xdpfw" -c -f "$work/examples.nft"

# The types, and the constants of each.
types=$(sed -n '/^\.Ss Types/,/^\.Sh SETS/p' xdpfw.conf.5)
same "types of xdpfw.conf.5" "$("$list" types | cut -f1)" "$(sed -n 's/^\.It Cm //p' <<<"$types")"
same "constants of xdpfw.conf.5" "$("$list" symbols | awk '{ print $1, $2 }')" \
	"$(awk '/^\.El/ { exit } /^\.It/ { type = $3 } /^\.Cm/ { for (i = 2; i <= NF; i++)
		if ($i != ",") print type, $i }' <<<"$types")"

# What is refused, under its reason.
same "refused words of xdpfw.conf.5" "$("$top_builddir/xdpfw" --describe | sed -n 's/^refused //p' |
	sed -E 's/^(.*) - (.*): ((is|cannot|has|never)[a-z ]*).*/\3: \1: \2/')" \
	"$(awk '/^\.Sh REFUSED/ { on = 1 } /^\.Sh DEVIATIONS/ { on = 0 } !on { next }
		/^\.Ss/ { reason = tolower(substr($0, 5, 1)) substr($0, 6) }
		/^\.It Li/ { word = substr($0, 8); sub(/^\\&/, "", word); getline
			print reason ": " word ": " $0 }' xdpfw.conf.5)"

# The forms of matches that are refused are, one by one.
forms=$(sed -n '/^\.Ss Forms of matches/,/^\.Sh DEVIATIONS/s/^\.Ql //p' xdpfw.conf.5 |
	sed 's/\\(dq/"/g')
check "xdpfw.conf.5 has examples of refused forms" test "$(wc -l <<<"$forms")" -ge 10
while read -r form; do
	printf 'table netdev t { chain c {\n%s\n} }\n' "$form" >"$work/form.nft"
	"$top_builddir/xdpfw" -c -f "$work/form.nft" 2>"$work/form.err"
	check "'$form' is refused, as xdpfw.conf.5 says" \
		grep -q "^$work/form.nft:2:[0-9]*: error: " "$work/form.err"
done <<<"$forms"

same "deviations of xdpfw.conf.5" "$(printf 'D%d\n' {1..11})" \
	"$(sed -n 's/^\.It \\&\(D[0-9]*\) .*/\1/p' xdpfw.conf.5)"

# Figures of limits.h and of the ABI.
limit() {
	printf '%d' $(($(sed -n "s/^#define $1 (\?\([0-9a-z]*u\? \?<\?<\? \?[0-9]*\))\?.*/\1/p" \
		../compiler/base/limits.h ../bpf/xdpfw_abi.h | tr -d u)))
}
text=$(mandoc -Tascii xdpfw.conf.5 2>/dev/null | col -bx | tr -s ' \n' ' ')
for row in LIMITS_RULES:'%s rules' LIMITS_CHAINS:'%s chains' \
	LIMITS_TABLES:'%s tables' LIMITS_TOKENS:'%s words' LIMITS_NAME_LEN:'%s bytes' \
	LIMITS_NESTING:'nest %s deep' XDPFW_MAX_DEVICES:'%s devices' LIMITS_JUMP_DEPTH:'%s jumps' \
	XDPFW_MAX_BASE_CHAINS:'%s base chains' LIMITS_ELEMENTS:'%s elements' \
	LIMITS_INCLUDE_DEPTH:'at most %s inside' LIMITS_COMMENT_LEN:'%s bytes, which'; do
	# shellcheck disable=SC2059
	wanted=$(printf "${row#*:}" "$(limit "${row%%:*}" | sed ':a; s/\B[0-9]\{3\}\>/,&/; ta')")
	check "xdpfw.conf.5 says '$wanted'" grep -Fq -- "$wanted" <<<"$text"
done
finish
