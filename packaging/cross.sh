#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# cross.sh ARCH COMMAND...: runs dpkg-buildpackage for another architecture, in the source
# tree that is the working directory, and leaves the packages above it. The root that it
# runs in is this machine's release with ARCH as foreign architecture; the cache keeps it.

. "$(dirname "$0")/../tests/lab/lib.sh"
. "$LAB/sources.sh"
. "$LAB/roots.sh"

ARCH=$1
shift
CROSS=$CACHE/cross
TREE=$PWD
ROOT=$CROSS/root

# Libraries have to be of one version in both architectures, and security updates of an
# older release come for few. What is built here is linked against libraries, and has none in it.
sources() {
	release_sources "$CODENAME" | grep -v -e '-security '
	if backports_needed; then
		backports_source
	fi
}

# What Debian 12 has in backports alone; all else comes from the release
preferences() {
	if backports_needed; then
		printf 'Package: libbpf1:any libbpf-dev:any\nPin: release n=%s-backports\nPin-Priority: 500\n' "$CODENAME"
	fi
}

# make_root FILE: what the build needs, and tools for ARCH; what needs no test is left out
make_root() {
	# mmdebstrap expands $1
	# shellcheck disable=SC2016
	bootstrap "$CODENAME" "$1" "$WORK/sources.list" "$WORK/apt.conf" \
		--architectures="$(dpkg --print-architecture),$ARCH" --include="ca-certificates,crossbuild-essential-$ARCH" \
		--setup-hook='mkdir -p "$1/etc/apt/preferences.d"' \
		--setup-hook="copy-in $WORK/preferences /etc/apt/preferences.d" \
		--customize-hook="copy-in $WORK/source /tmp" \
		--customize-hook="chroot \"\$1\" apt-get -q -y -P cross,nocheck --host-architecture $ARCH build-dep /tmp/source" \
		--customize-hook='rm -rf "$1/tmp/source"'
}

# cross_root: into $TAR the root as a file, made if it is not there
cross_root() {
	local id

	private_view "$WORK/lists"
	sources >"$WORK/sources.list"
	apt_options >"$WORK/apt.conf"
	preferences >"$WORK/preferences"
	mkdir -p "$WORK/source/debian"
	sed '/^$/,$d' "$TREE/debian/control" >"$WORK/source/debian/control"
	printf '\nPackage: zrec\nArchitecture: any\n' >>"$WORK/source/debian/control"
	id=$(cat "$WORK/sources.list" "$WORK/apt.conf" "$WORK/preferences" "$WORK/source/debian/control" \
		<(declare -f bootstrap make_root && mmdebstrap --version) | key)
	TAR=$CROSS/$CODENAME-$ARCH-$id.tar
	[ ! -e "$TAR" ] || return 0
	say "making a root of Debian $DEBIAN that builds for $ARCH"
	if ! make_root "$CROSS/new.tar" >&2; then
		rm -f "$CROSS/new.tar"
		die "cannot make a root that builds for $ARCH"
	fi
	# another checkout may still use the one before
	find "$CROSS" -name "$CODENAME-$ARCH-*.tar" -mtime +7 -delete
	mv "$CROSS/new.tar" "$TAR"
}

# in the namespace: inside COMMAND...
inside() {
	tar -C "$ROOT" -xpf "$TAR" --numeric-owner --exclude='./dev/*'
	mount -t proc proc "$ROOT/proc"
	devices "$ROOT"
	mkdir "$ROOT/build"
	mount --bind "$(dirname "$TREE")" "$ROOT/build"
	# the shell in there expands its arguments
	# shellcheck disable=SC2016
	chroot "$ROOT" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEB_BUILD_OPTIONS="nocheck parallel=$JOBS ${DEB_BUILD_OPTIONS:-}" DEB_BUILD_PROFILES="cross nocheck" \
		sh -c 'cd "$1" && shift && exec "$@"' sh "/build/$(basename "$TREE")" "$@" --host-arch "$ARCH"
}

remove_root() {
	[ ! -e "$ROOT" ] || in_namespace rm -rf --one-file-system "$ROOT"
}

main() {
	local why

	need mmdebstrap mmdebstrap
	lock cross
	mkdir -p "$CROSS"
	WORK=$(mktemp -d)
	trap 'remove_root; rm -rf "$WORK"' EXIT
	why=$(namespaces "$WORK") || die "$why"
	cross_root
	# one that was killed leaves its root behind
	remove_root
	mkdir "$ROOT"
	export -f inside devices
	export ROOT TAR TREE JOBS ARCH
	in_namespace bash -e -c 'inside "$@"' bash "$@"
}

main "$@"
