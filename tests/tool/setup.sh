# SPDX-License-Identifier: GPL-2.0-only
# setup.sh: what ./check and ./demo share.  Sourced by bash, in the top folder.
# shellcheck shell=bash

# setup_packages GROUP...: installs what doc/packages lists for the groups and is not here.
setup_packages() {
	local missing=() name wanted
	wanted=$(awk -v groups=" $* " '!/^#/ && index(groups, " " $1 " ") { print $2 }' doc/packages)
	for name in $wanted; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
			missing+=("$name")
	done
	[ ${#missing[@]} != 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		echo "${0##*/}: these packages are missing; install them as root:" >&2
		echo "	apt-get install --no-install-recommends ${missing[*]}" >&2
		return 3
	fi
	echo "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get -q update && apt-get -q install -y --no-install-recommends "${missing[@]}"; } \
		>/tmp/xdpfw-apt.$$ 2>&1 || {
		tail -n 20 /tmp/xdpfw-apt.$$ >&2
		rm -f /tmp/xdpfw-apt.$$
		echo "${0##*/}: apt-get could not install ${missing[*]}" >&2
		return 3
	}
	rm -f /tmp/xdpfw-apt.$$
}

setup_make() {
	if ! [ configure -nt configure.ac ] || ! [ Makefile.in -nt Makefile.am ]; then
		autoreconf -i || return
	fi
	if ! [ -e "$build/config.status" ]; then
		(top=$PWD && cd "$build" && "$top/configure" -q "$@") || return
	fi
	make -C "$build" -s -j "$(nproc)"
}

# setup_build FOLDER CONFIGURE-OPTION...: builds everything in FOLDER, outside the sources.  Where
# the sources themselves have been configured that is not possible: then it builds in them.  The
# folder is left in $build.
setup_build() {
	build=$1
	shift
	[ ! -e config.status ] || build=.
	mkdir -p "$build" || return 3
	setup_make "$@" >"$build/setup.out" 2>&1 && return
	tail -n 40 "$build/setup.out" >&2
	echo "${0##*/}: the build failed; all it said is in $build/setup.out" >&2
	return 3
}
