#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Builds the zrec of an older commit for the guest, for tests of an upgrade. Prints
# the program's name. Exit status: 2 if this repository does not have that commit.

. "$(dirname "$0")/lib.sh"

build() {
	local commit=$1 sysroot=$2 dir=$3

	rm -rf "$dir.tmp"
	mkdir -p "$dir.tmp/source"
	git -C "$REPO" archive "$commit" | tar -xf - -C "$dir.tmp/source"
	if ! { meson setup "$dir.tmp/build" "$dir.tmp/source" --cross-file "$sysroot/cross.ini" \
		-Dtests=disabled -Dman=disabled && ninja -C "$dir.tmp/build" zrec; } >"$dir.tmp/log" 2>&1; then
		tail -n 40 "$dir.tmp/log" >&2
		die "zrec of $commit does not build (all of it: $dir.tmp/log)"
	fi
	mkdir -p "$dir"
	mv "$dir.tmp/build/zrec" "$dir/"
	rm -rf "$dir.tmp"
}

main() {
	local commit=$1 sysroot dir

	git -C "$REPO" cat-file -e "$commit^{commit}" 2>/dev/null || exit 2
	sysroot=$("$LAB/sysroot.sh")
	dir=$CACHE/older/$(printf '%s\n' "$commit" "$sysroot" | key)
	if [ ! -e "$dir/zrec" ]; then
		need meson meson
		lock older
	fi
	if [ ! -e "$dir/zrec" ]; then
		say "building the zrec of $commit"
		build "$commit" "$sysroot" "$dir"
	fi
	printf '%s\n' "$dir/zrec"
}

if [ $# -ne 1 ]; then
	printf 'Usage: tests/lab/older.sh COMMIT\n' >&2
	exit 1
fi
main "$1"
