#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Builds a guest kernel: base (Debian's source as it is), zrec (with the
# series) or debug (zrec with the kernel's own checkers). Prints the directory
# with bzImage, vmlinux, config and System.map.
#
# Each kernel is built in a tree of its own, which is kept for the next change of
# the series. They share no objects: the series changes headers that nearly all
# files include.

. "$(dirname "$0")/lib.sh"
. "$LAB/kernel-source.sh"

# How many steps a whole build has, as long as none was counted
declare -A STEPS=([base]=1724 [zrec]=1746 [debug]=0)
KEEP=2

fragments() {
	printf '%s\n' "$SERIES/kernel.config"
	if [ "$1" != base ] && [ -e "$SERIES/zrec.config" ]; then
		printf '%s\n' "$SERIES/zrec.config"
	fi
	if [ "$1" = debug ]; then
		printf '%s\n' "$SERIES/debug.config"
	fi
}

patches() {
	if [ "$1" != base ]; then
		series_patches
	fi
	if [ "$1" = debug ]; then
		printf '%s\n' "$LAB/debug.patch"
	fi
}

# kernel_key NAME: everything that goes into the result
kernel_key() {
	local files

	mapfile -t files < <(fragments "$1" && patches "$1")
	{
		source_id
		s390x-linux-gnu-gcc --version
		pahole --version
		cat "${files[@]}"
	} | key
}

kmake() {
	make -C "$TREE" ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- \
		KBUILD_BUILD_TIMESTAMP="$(date -u -r "$TARBALL")" KBUILD_BUILD_USER=zrec \
		KBUILD_BUILD_HOST=lab KBUILD_BUILD_VERSION=1 LOCALVERSION= "$@"
}

# A symbol that kconfig drops would only be missed when a test fails.
verify_config() {
	local line symbol missing=()

	while IFS= read -r line; do
		symbol=${line%%=*}
		line=$(grep "^$symbol=" "$TREE/allnoconfig.fragment" | tail -n 1)
		if [ "$line" = "$symbol=n" ]; then
			! grep -q "^$symbol=" "$TREE/.config" || missing+=("$line")
		else
			grep -qxF "$line" "$TREE/.config" || missing+=("$line")
		fi
	done < <(grep '^CONFIG_' "$TREE/allnoconfig.fragment")
	[ ${#missing[@]} -eq 0 ] || die "$1: these lines of the fragment did not arrive: ${missing[*]}"
}

configure() {
	local list

	mapfile -t list < <(fragments "$1")
	cat "${list[@]}" >"$TREE/allnoconfig.fragment"
	kmake -s KCONFIG_ALLCONFIG=allnoconfig.fragment allnoconfig >&2 ||
		die "$1: cannot configure the kernel"
	verify_config "$1"
}

steps_of() {
	grep -cE '^  [A-Z]' "$1" || true
}

# steps_left NAME: of a whole build, which an earlier run may have begun; 0 where
# only make knows what a change of the sources leads to
steps_left() {
	local counted=$CACHE/kernel/$1.steps all=${STEPS[$1]} log=$TREE/make.log

	if [ -e "$TREE/vmlinux" ]; then
		echo 0
		return
	fi
	[ ! -s "$counted" ] || read -r all <"$counted"
	[ ! -e "$log" ] || all=$((all - $(steps_of "$log")))
	echo $((all > 0 ? all : 0))
}

# The mark stays only when a build is killed outright: objects may be half written
# then. make can tell in a tree that was never built, but not in one that was.
compile() {
	local log=$TREE/make.log left

	left=$(steps_left "$1")
	if [ -e "$TREE/vmlinux" ]; then
		touch "$TREE/.zrec-building"
		trap 'rm -f "$TREE/.zrec-building"' EXIT
		rm -f "$log"
	fi
	if ! kmake -j"$JOBS" bzImage 2>&1 | tee -a "$log" |
		{ grep --line-buffered -E '^  [A-Z]' || true; } | progress "building the $1 kernel" "$left"; then
		grep -E -A5 'error|Error' "$log" | head -n 30 >&2
		die "$1: the kernel does not build (all of it: $log)"
	fi
	rm -f "$TREE/.zrec-building"
	trap - EXIT
	if [ "$left" -gt 0 ]; then
		mkdir -p "$CACHE/kernel"
		steps_of "$log" >"$CACHE/kernel/$1.steps"
	fi
}

keep_result() {
	local dir=$1

	rm -rf "$dir.tmp"
	mkdir -p "$dir.tmp"
	cp "$TREE/arch/s390/boot/bzImage" "$TREE/vmlinux" "$TREE/System.map" "$dir.tmp/"
	cp "$TREE/.config" "$dir.tmp/config"
	mv "$dir.tmp" "$dir"
}

# forget_old NAME: all but the newest results of this name
forget_old() {
	find "$CACHE/kernel" -maxdepth 1 -name "$1-*" -printf '%T@ %p\n' | sort -rn |
		tail -n +$((KEEP + 1)) | cut -d' ' -f2- | xargs -r rm -rf
}

# The trees of an older source are of no use to a newer one.
forget_old_source() {
	local id

	id=$(source_id | key)
	if [ -e "$CACHE/tree" ] && [ "$(cat "$CACHE/tree/source" 2>/dev/null)" != "$id" ]; then
		say "the kernel source has changed: starting anew"
		rm -rf "$CACHE/tree"
	fi
	mkdir -p "$CACHE/tree"
	printf '%s\n' "$id" >"$CACHE/tree/source"
}

prepare_tree() {
	if [ -e "$TREE/.zrec-building" ]; then
		say "the last build of the $1 kernel was killed: starting it anew"
		rm -rf "$TREE"
	fi
	usable_tree "$TREE" || rm -rf "$TREE"
	unpack_source "$TREE"
}

build() {
	local name=$1 dir=$2 list

	need make make
	need s390x-linux-gnu-gcc gcc-s390x-linux-gnu
	TREE=$CACHE/tree/$name
	forget_old_source
	prepare_tree "$name"
	mapfile -t list < <(patches "$name")
	patch_tree "$TREE" "${list[@]}"
	configure "$name"
	compile "$name"
	if [ "$dir" = "$CACHE/kernel/$name-$(kernel_key "$name")" ]; then
		keep_result "$dir"
		forget_old "$name"
	else
		say "the series or the configuration changed while the $name kernel was built: again"
	fi
}

main() {
	local name=$1 dir locked=0

	while dir=$CACHE/kernel/$name-$(kernel_key "$name") && [ ! -e "$dir" ]; do
		if ((!locked)); then
			lock kernel
			locked=1
			# another run may have built it in the meantime
			continue
		fi
		build "$name" "$dir"
	done
	printf '%s\n' "$dir"
}

case ${1:-} in
base | zrec | debug) main "$1" ;;
*)
	printf 'Usage: tests/lab/kernel.sh base|zrec|debug\n' >&2
	exit 1
	;;
esac
