#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# names: what an object exports starts with its module's name, and the compiler's objects call
# nothing that opens sockets, loads BPF or needs privilege.
. "${top_srcdir:?}/tests/suite/lib.sh"

cd "$top_builddir" || exit 1
for object in compiler/*.o compiler/*/*.o loader/*.o; do
	[ -e "$object" ] || continue
	stem=${object##*/}
	stem=${stem%.o}
	case $stem in xdpfw_faults-*) continue ;; esac
	module=${stem%%_*}
	[ "$stem" = main ] && module=main
	case $object in compiler/base/*) module="($module|u128)" ;; esac
	bad=$(nm -g --defined-only "$object" | awk '{ print $3 }' |
		grep -Ev "^(${module}(_.*)?|__(asan|odr_asan|ubsan|sancov|start|stop)_?.*|_?_gcov.*)$")
	if [ -n "$bad" ]; then
		fail "$object exports what does not start with ${module}_:" $bad
	else
		pass
	fi
	case $object in compiler/*)
		bad=$(nm -u "$object" | awk '{ print $2 }' | sed 's/@.*//' |
			grep -E '^(socket|connect|bind|send.*|recv.*|bpf_.*|libbpf_.*|btf_.*|syscall|setns|unshare|mount|system|popen|fork|exec.*|dlopen|getaddrinfo|gethostbyname.*)$')
		if [ -n "$bad" ]; then
			fail "$object calls" $bad
		else
			pass
		fi
	esac
done
finish
