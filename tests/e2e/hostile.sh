#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# hostile: texts that nobody means well: 10 MB of every shape, and words that want to be C.
# shellcheck disable=SC1003,SC2034
. "${BASH_SOURCE[0]%/*}/lib.sh"
E2E_SECONDS=300

# shapes GROUP LEAST: all of them are taken well, and there are not fewer than that.
shapes() {
	local lines
	lines=$(python3 "$here/hostile.py" "$1" "$xdpfw")
	is "$1" "$(sed '/^[0-9]* shapes$/d' <<<"$lines")" ""
	lines=${lines##*$'\n'}
	holds "only $lines" test "${lines% shapes}" -ge "$2"
}

case_bytes() { shapes bytes 36; }
case_marks() { shapes marks 30; }
case_words() { shapes words 26; }
case_blocks() { shapes blocks 15; }
case_commands() { shapes commands 16; }
case_values() { shapes values 14; }
case_options() { shapes options 300; }
case_settings() { shapes settings 130; }

# Ends a comment, a string, a line of C, joins lines, is a trigraph for it, begins a directive.
payloads=('*/ int broken; /*' '/* // */' '*\/' '??/' '*??/' '\\' 'a\\' '#include </etc/passwd>'
	'_Pragma(0)' '%s%n%d' '*/}/*' '\x2a\x2f' '?\?/' '**//' "'" ';}{' '/*' '*/')

# c_of FILE: the tokens of the program that FILE makes, without comments.
c_of() {
	"$xdpfw" --emit=c -f "$1" 2>/dev/null | clang -E -P -trigraphs -target bpf -x c - 2>&1
}

# Comments of rules are in the C text, and are comments there, too.
case_comments() {
	local payload wanted number=0
	rules plain.nft 'tcp dport 22 accept comment "x"'
	wanted=$(c_of plain.nft)
	has "$wanted" "int xdpfw_rules"
	for payload in "${payloads[@]}"; do
		rules "$((number += 1)).nft" "tcp dport 22 accept comment \"$payload\""
		is "C of '$payload'" "$(c_of $number.nft)" "$wanted"
	done
	# All of them at once, with a backslash before each newline of the text, are built and proved.
	{
		printf 'table netdev t {\n\tchain in {\n'
		printf '\t\ttype filter hook ingress device "lo" priority 0\n'
		for payload in "${payloads[@]}"; do
			printf '\t\tudp dport %d counter drop comment "%s"\n' $((number += 1)) "$payload"
		done
		printf '\t}\n}\n'
	} >all.nft
	fw 0 -f all.nft
	fw 0 list ruleset
	for payload in "${payloads[@]}"; do
		has "$out" "comment \"$payload\""
	done
	fw 0 status
	has "$out" "proved: with"
}

# So are names of files, which the places in the C text begin with.
case_file_names() {
	local payload wanted folder number=0
	rules plain.nft 'tcp dport 22 accept'
	wanted=$(c_of plain.nft)
	for payload in "${payloads[@]}" $'a\nb' $'\033[2Jx' $'*/\nint broken;\n/*'; do
		folder=$((number += 1))/${payload//\//_}
		mkdir -p "$folder"
		cp plain.nft "$folder/*\\"
		is "C of a file in '$payload'" "$(c_of "$folder/*\\")" "$wanted"
		# An error in it does not write to the terminal what its name says.
		echo 'tcp dprt 1' >"$folder/x"
		fw 1 --emit=c -f "$folder/x"
		lacks "$err" $'\033'
		has "$err" "x:1:1: error:"
		printf 'include "./%s/x"\n' "$number/*" >including.nft
		fw 1 --emit=c -f including.nft
		lacks "$err" $'\033'
		has "$err" "x:1:1: error:"
	done
}

# Devices and failsafe rules stand in comments, too.
case_devices() {
	local name wanted
	rules plain.nft 'tcp dport 22 accept'
	wanted=$(c_of plain.nft)
	for name in '*\' '\' 'a\' '??' '?\?' "'" '#if' '%s%n' 'a*' '{}' 'a;b'; do
		device="device \"$name\"" rules device.nft 'tcp dport 22 accept'
		if [ "$name" = '*\' ]; then
			fw 1 --emit=c -f device.nft
			has "$err" "'*' stands at the end of a device's name only"
		else
			is "C of device '$name'" "$(c_of device.nft)" "$wanted"
			device="devices = { \"$name\", lo }" rules device.nft 'tcp dport 22 accept'
			fw 0 --emit=bound -f device.nft
			printf '%s\n' "$out" >listed.nft
			fw 0 --emit=bound -f listed.nft
			is "listed again" "$out" "$(<listed.nft)"
		fi
	done
	for name in $'a\001b' $'a\nb' 'a"b' 'a b' 'a/b'; do
		fw 2 --emit=c -f plain.nft --device "$name"
		has "$err" "cannot be the name of a device"
	done
	for name in '*/' '*/ x' 'tcp dport 22 accept; } int broken; {' $'tcp dport 22\naccept' \
		$'tcp dport 22 \\\naccept' 'tcp dport 22 comment "*/"' 'tcp dport 22 # */ accept'; do
		if [[ $name = *'#'* ]]; then
			fw 0 --emit=c -f plain.nft --failsafe "$name"
			has "$out" "/* failsafe tcp dport 22 accept */"
		else
			fw 1 --emit=c -f plain.nft --failsafe "$name"
			has "$err" "--failsafe:"
		fi
	done
}

# A variable of the command line is no more than a value.
case_defines() {
	local value
	rules plain.nft "tcp dport \$port accept"
	for value in '22 accept' '22; flush ruleset' $'22\nflush ruleset' '22 # ' '{ 22 } }' '*/' \
		'$port' 'include "/etc/passwd"'; do
		"$xdpfw" --emit=c -f plain.nft -D "port=$value" >c 2>err && status=0 || status=$?
		if [ "$value" = '22 # ' ]; then
			is "-D port=$value" "$status" 0
		else
			is "-D port=$value" "$status" 1
			holds "no error" grep -q '^<command line>:\|^plain.nft:' err
		fi
	done
}

e2e_main "$@"
