#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make deb [ARCH=s390x]: the Debian packages of this tree, into build/deb/. Only tracked
# files get into them, as they are now. Those for another architecture are cross-built in a
# root of its own (cross.sh), so that no foreign package gets onto this machine.

. "$(dirname "$0")/../tests/lab/lib.sh"
. "$REPO/packaging/source.sh"

OUT=$REPO/build/deb

# build TREE: for the architecture $ARCH
build() {
	local tree=$1 log=$OUT/build.log command=(dpkg-buildpackage --build=binary --no-sign)

	say "building packages for $ARCH"
	if [ "$ARCH" = "$HERE" ]; then
		command=(env "DEB_BUILD_OPTIONS=parallel=$JOBS ${DEB_BUILD_OPTIONS:-}" "${command[@]}")
	else
		command=("$PACKAGING/cross.sh" "$ARCH" "${command[@]}")
	fi
	if ! (cd "$tree" && "${command[@]}") >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		die "the packages do not build (all of it: $log)"
	fi
}

main() {
	local tree

	ARCH=${1:-}
	HERE=$(dpkg --print-architecture)
	: "${ARCH:=$HERE}"
	"$LAB/packages.sh" deb
	dpkg-architecture -a "$ARCH" -q DEB_HOST_ARCH >/dev/null 2>&1 || die "no such architecture: $ARCH"
	lock deb
	mkdir -p "$OUT"
	rm -f "$OUT"/*_{"$ARCH",all}.deb "$OUT"/*_"$ARCH".{buildinfo,changes}
	tree=$(source_tree "$OUT")
	mv "$tree/packaging/debian" "$tree/debian"
	build "$tree"
	rm -rf "$tree"
	lintian --allow-root --fail-on error,warning "$OUT"/*_"$ARCH".changes
	(cd "$OUT" && ls -1 ./*_{"$ARCH",all}.deb)
}

main "$@"
