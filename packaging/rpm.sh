#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make rpm: the RPM packages of this tree, into build/rpm/, with the rpmbuild of this
# machine. That of Debian knows nothing of the packages that Debian's own build needs, hence
# --nodeps there. Words in RPMBUILD_OPTIONS are for rpmbuild: --without check

. "$(dirname "$0")/../tests/lab/lib.sh"
. "$REPO/packaging/source.sh"

OUT=$REPO/build/rpm

build() {
	local log=$OUT/build.log options=()

	say "building packages"
	[ ! -e /etc/debian_version ] || options=(--nodeps)
	# shellcheck disable=SC2206 # several words
	options+=(${RPMBUILD_OPTIONS:-})
	if ! rpmbuild -ba "${options[@]}" --define "_topdir $OUT/tree" --define "_sourcedir $OUT/tree" \
		--define "_smp_mflags -j$JOBS" --define "_rpmdir $OUT" --define "_srcrpmdir $OUT" \
		--define "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" \
		"$PACKAGING/rpm/zrec.spec" >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		die "the packages do not build (all of it: $log)"
	fi
}

main() {
	local tree

	[ ! -e /etc/debian_version ] || "$LAB/packages.sh" rpm
	need rpmbuild rpm-build
	lock rpm
	mkdir -p "$OUT/tree"
	rm -f "$OUT"/*.rpm
	tree=$(source_tree "$OUT/tree")
	tar -C "$OUT/tree" --owner 0 --group 0 -czf "$tree.tar.gz" "$(basename "$tree")"
	build
	rm -rf "$OUT/tree"
	rpmlint --config "$PACKAGING/rpm/rpmlint.toml" "$OUT"/*.rpm
	(cd "$OUT" && ls -1 ./*.rpm)
}

main
