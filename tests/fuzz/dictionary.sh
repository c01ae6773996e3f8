#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dictionary.sh: libFuzzer's dictionary, from what xdpfw says of its language.
#
#	tests/fuzz/dictionary.sh XDPFW >DICTIONARY
"${1:?usage: dictionary.sh XDPFW}" --describe | awk '
	function put(word) { gsub(/[\\"]/, "\\\\&", word); if (!seen[word]++) print "\"" word "\"" }
	{ line = $0; sub(/ - .*/, "", line) }
	$1 == "protocol" { sub(/^protocol /, "", line); put(line " ") }
	$1 == "field" { sub(/^field /, "", line); sub(/,.*/, "", line); put(line " ") }
	$1 == "type" { sub(/^type /, "", line); sub(/,.*/, "", line); put("type " line) }
	$1 == "constant" { put($3) }
	$1 == "operator" { put(" " $2 " ") }
	$1 == "statement" { put($2); sub(/.*for example: /, ""); put($0) }
	END {
		split("table netdev |table inet |chain |set |map |counter |elements = { |type |" \
		      "typeof |flags interval;|flags constant;|auto-merge;|size 8;|comment \"|" \
		      "policy drop;|flags dormant|type filter hook ingress device \"lo\" " \
		      "priority 0; |define x = |redefine x = |undefine x|$x|add rule netdev t c |" \
		      "add element netdev t s { |add counter netdev t n|flush ruleset|" \
		      "counter name |packets 1 bytes 2|@ll,|@nh,|@th,|@ih,|0,8 |/24|*|inet_service|" \
		      " : accept|\\x0a|\\x09", words, "|")
		for (i in words) if (words[i] ~ /^\\x/) print "\"" words[i] "\""; else put(words[i])
	}'
