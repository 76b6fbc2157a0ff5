#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Prints where a program of Prometheus is: this machine's, or that of Debian's package, which is
# unpacked and not installed: nobody wants a Prometheus that runs here. Fails, and says why, if it
# is not to be had.

. "$(dirname "$0")/lib.sh"
. "$LAB/sources.sh"

usage() {
	cat <<'END'
Usage: tests/lab/prometheus.sh [--unstable] [PROGRAM]

  --unstable  of Debian unstable's package, which has the next major version
  PROGRAM     promtool (the default), prometheus, prometheus-alertmanager or amtool
END
}

# apt's options for unstable, with lists of our own: this machine's sources stay as they are
unstable() {
	local dir=$CACHE/prometheus/apt

	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	debian_sources | sed -n "s/ $CODENAME main\$/ unstable main/p" | head -n 1 >"$dir/sources.list"
	[ -s "$dir/sources.list" ] || die "apt has no Debian source for $CODENAME to derive unstable from"
	APT=(-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache" -o APT::Sandbox::User="$(id -un)")
	apt-get -q "${APT[@]}" update >"$dir/log" 2>&1 ||
		die "cannot read the package list of Debian unstable: $(tail -n 1 "$dir/log")"
}

TEMPLATES=/usr/share/prometheus/alertmanager

# with_templates DIR FROM: Debian's Alertmanager wants its templates where the package has them, so
# it gets a /usr/share of its own
with_templates() {
	rm -rf "$1/templates"
	mv "$2" "$1/templates"
	mv "$1/prometheus-alertmanager" "$1/alertmanager"
	cat >"$1/prometheus-alertmanager" <<END
#!/bin/sh
map=-r
[ "\$(id -u)" -ne 0 ] || map=
exec unshare \$map -m sh -c 'mount -t tmpfs tmpfs /usr/share && mkdir -p ${TEMPLATES%/*} &&
	ln -s "$1/templates" $TEMPLATES && exec "$1/alertmanager" "\$@"' sh "\$@"
END
	chmod +x "$1/prometheus-alertmanager"
}

# unpack DIR PACKAGE...: the first of them that has the program
unpack() {
	local dir=$1 work package

	shift
	need apt-get apt
	need dpkg-deb dpkg
	work=$(mktemp -d)
	# the sandbox's user has to get in
	chmod 755 "$work"
	[ "$SUITE" != unstable ] || unstable
	for package; do
		if (cd "$work" && apt-get -q "${APT[@]}" download "$package" >apt.log 2>&1); then
			dpkg-deb -x "$work/$package"_*.deb "$work/root"
		fi
		[ ! -e "$work/root/usr/bin/$PROGRAM" ] || break
	done
	[ -e "$work/root/usr/bin/$PROGRAM" ] ||
		die "cannot download the package $package, which has $PROGRAM: $(tail -n 1 "$work/apt.log")"
	mkdir -p "$dir"
	mv "$work"/root/usr/bin/* "$dir"
	if [ -e "$dir/prometheus-alertmanager" ] && [ -d "$work/root/$TEMPLATES" ]; then
		with_templates "$dir" "$work/root/$TEMPLATES"
	fi
	rm -rf "$work" "$CACHE/prometheus/apt"
}

main() {
	local packages dir

	SUITE=$CODENAME APT=()
	if [ "${1:-}" = --unstable ]; then
		SUITE=unstable
		shift
	fi
	PROGRAM=${1:-promtool}
	case $PROGRAM in
	prometheus) packages=(prometheus) ;;
	# of its own since Prometheus 3
	promtool) packages=(promtool prometheus) ;;
	prometheus-alertmanager | amtool) packages=(prometheus-alertmanager) ;;
	*)
		usage >&2
		exit 1
		;;
	esac
	if [ "$SUITE" != unstable ] && command -v "$PROGRAM"; then
		return
	fi
	dir=$CACHE/prometheus/$SUITE
	if [ ! -e "$dir/$PROGRAM" ]; then
		lock prometheus
		[ -e "$dir/$PROGRAM" ] || unpack "$dir" "${packages[@]}"
	fi
	printf '%s\n' "$dir/$PROGRAM"
}

main "$@"
