#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Prints the name of a promtool: this machine's, or that of Debian's package, which is unpacked
# and not installed: nobody wants a Prometheus that runs here. Fails, and says why, if there is none.

. "$(dirname "$0")/lib.sh"
. "$LAB/sources.sh"

main() {
	local dir=$CACHE/promtool/$CODENAME work deb

	if command -v promtool; then
		return
	fi
	if [ ! -e "$dir/promtool" ]; then
		need apt-get apt
		need dpkg-deb dpkg
		lock promtool
	fi
	if [ ! -e "$dir/promtool" ]; then
		work=$(mktemp -d)
		# the sandbox's user has to get in
		chmod 755 "$work"
		(cd "$work" && apt-get -q download prometheus >apt.log 2>&1) ||
			die "cannot download the package prometheus, which has promtool: $(tail -n 1 "$work/apt.log")"
		deb=$(echo "$work"/prometheus_*.deb)
		dpkg-deb -x "$deb" "$work/root"
		mkdir -p "$dir"
		mv "$work/root/usr/bin/promtool" "$dir/promtool"
		rm -rf "$work"
	fi
	printf '%s\n' "$dir/promtool"
}

main
