#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make deb: the Debian packages of this tree, into build/deb/. Only tracked files get
# into them, as they are now; without git (a tarball), all that nothing here builds.

. "$(dirname "$0")/../tests/lab/lib.sh"

PACKAGING=$REPO/packaging
OUT=$REPO/build/deb

# files: those that belong to the tree, ended by NULs
files() {
	local file

	if ! git -C "$REPO" rev-parse --git-dir >/dev/null 2>&1; then
		(cd "$REPO" && find . -path ./build -prune -o -path ./kernel-series/linux -prune -o -type f -print0)
		return
	fi
	git -C "$REPO" ls-files -z | while IFS= read -r -d '' file; do
		[ ! -e "$REPO/$file" ] || printf '%s\0' "$file"
	done
}

# source_tree: what dpkg-buildpackage wants, debian/ at its top. Its name on stdout.
source_tree() {
	local version tree

	version=$(dpkg-parsechangelog -l "$PACKAGING/debian/changelog" -S Version)
	tree=$OUT/zrec-${version%-*}
	rm -rf "$tree"
	mkdir -p "$tree"
	files | tar -C "$REPO" --null -T - -cf - | tar -C "$tree" -xf -
	mv "$tree/packaging/debian" "$tree/debian"
	printf '%s\n' "$tree"
}

build() {
	local tree=$1 log=$OUT/build.log

	say "building packages"
	if ! (cd "$tree" && DEB_BUILD_OPTIONS="parallel=$JOBS ${DEB_BUILD_OPTIONS:-}" \
		dpkg-buildpackage --build=binary --no-sign) >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		die "the packages do not build (all of it: $log)"
	fi
}

main() {
	local tree

	"$LAB/packages.sh" deb
	lock deb
	mkdir -p "$OUT"
	rm -f "$OUT"/*.deb "$OUT"/*.buildinfo "$OUT"/*.changes
	tree=$(source_tree)
	build "$tree"
	rm -rf "$tree"
	lintian --allow-root --fail-on error,warning "$OUT"/*.changes
	(cd "$OUT" && ls -1 ./*.deb)
}

main "$@"
