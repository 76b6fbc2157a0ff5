#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Builds zrec and its tests through meson: native in build/native, or for the
# guest in build/s390x, installed into build/s390x-root, which image.sh packs.

. "$(dirname "$0")/lib.sh"

# fresh DIR WORDS...: a build directory that was set up otherwise starts anew
fresh() {
	local dir=$1 stamp=$1/zrec-setup

	shift
	if [ ! -e "$stamp" ] || [ "$(cat "$stamp")" != "$*" ]; then
		rm -rf "$dir"
		meson setup "$dir" "$REPO" "$@" >&2 || die "meson cannot set up $dir"
		printf '%s' "$*" >"$stamp"
	fi
}

compile() {
	local dir=$1 log=$1/zrec-build.log

	if ! ninja -C "$dir" -j"$JOBS" >"$log" 2>&1; then
		grep -v '^\[' "$log" | tail -n 60 >&2
		die "zrec does not build in ${dir#"$REPO"/} (all of it: $log)"
	fi
	# warnings are worth a look even when it builds
	grep -E 'warning:' "$log" >&2 || true
}

native() {
	say "building zrec for this machine"
	fresh "$REPO/build/native"
	compile "$REPO/build/native"
}

guest() {
	local sysroot root=$REPO/build/s390x-root

	say "building zrec for the guest"
	sysroot=$("$LAB/sysroot.sh")
	fresh "$REPO/build/s390x" --cross-file "$sysroot/cross.ini" --prefix /usr -Dfault_points=true
	compile "$REPO/build/s390x"
	rm -rf "$root"
	DESTDIR=$root meson install -C "$REPO/build/s390x" --no-rebuild --quiet >&2 ||
		die "cannot install into ${root#"$REPO"/}"
}

need meson meson
need ninja ninja-build
[ -e "$REPO/meson.build" ] || die "there is no meson.build in $REPO"
lock build
case ${1:-} in
native) native ;;
s390x) guest ;;
*)
	printf 'Usage: tests/lab/build.sh native|s390x\n' >&2
	exit 1
	;;
esac
