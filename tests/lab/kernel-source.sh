# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Where the kernel's source comes from and how the series is applied to it.
# Source it after lib.sh.

SOURCE_PACKAGE=linux-source-6.12
TARBALL=/usr/src/$SOURCE_PACKAGE.tar.xz
# the tests try their own
SERIES=${ZREC_SERIES:-$REPO/kernel-series}

source_version() {
	dpkg-query -W -f '${Version}' "$SOURCE_PACKAGE" 2>/dev/null ||
		die "the kernel source is missing: install package $SOURCE_PACKAGE (or run tests/lab/packages.sh)"
}

# source_id: version and checksum, the latter from dpkg: reading 150 MB at
# every start would take a second
source_id() {
	source_version
	[ -r "$TARBALL" ] || die "$TARBALL is missing: reinstall package $SOURCE_PACKAGE"
	grep -h "${TARBALL#/}" "/var/lib/dpkg/info/$SOURCE_PACKAGE.md5sums" ||
		die "dpkg knows no checksum of $TARBALL: reinstall package $SOURCE_PACKAGE"
}

# unpack_source DIR: complete or not there at all
unpack_source() {
	[ ! -e "$1" ] || return 0
	rm -rf "$1.tmp"
	mkdir -p "$1.tmp"
	tar -I 'xz -T0' -xvf "$TARBALL" --strip-components=1 -C "$1.tmp" | progress "unpacking $SOURCE_PACKAGE" 93000
	mv "$1.tmp" "$1"
}

series_patches() {
	find "$SERIES/6.12" -name '[0-9]*.patch' ! -name '0000-*' 2>/dev/null | LC_ALL=C sort
}

# touched_files PATCH...: what they change, add or remove
touched_files() {
	[ $# -eq 0 ] || sed -n -E 's!^((---|\+\+\+) [ab]/|rename (from|to) )!!p' "$@" | LC_ALL=C sort -u
}

# copy_touched TREE DIR PATCH...: the touched files of a tree, and nothing else
copy_touched() {
	local tree=$1 dir=$2 file

	shift 2
	while IFS= read -r file; do
		if [ -e "$tree/$file" ]; then
			mkdir -p "$dir/$(dirname "$file")"
			cp -p "$tree/$file" "$dir/$file"
		fi
	done < <(touched_files "$@")
}

# apply_patch DIR PATCH: as strict as git am. Outside any repository, or git
# would skip what it takes for another one's files.
apply_patch() {
	local dir=$1 patch=$2 where

	if GIT_DIR=/nonexistent git -C "$dir" apply "$patch" 2>/dev/null; then
		return 0
	fi
	where=$(GIT_DIR=/nonexistent git -C "$dir" apply --reject -v "$patch" 2>&1 | awk '
		/^Checking patch/ { file = $3; sub(/\.\.\.$/, "", file) }
		/^Applying patch/ { file = $3 }
		/^Rejected hunk/ { sub(/\.$/, "", $3); print file " hunk " $3 }
		/^error: .*: (No such file|already exists)/ { sub(/^error: /, ""); print }')
	die "${patch##*/} no longer applies to $SOURCE_PACKAGE $(source_version): ${where//$'\n'/, }"
}

# sync_file FROM TO: leaves an equal file alone, for make looks at its time
sync_file() {
	if [ ! -e "$1" ]; then
		rm -f "$2"
	elif ! cmp -s "$1" "$2"; then
		mkdir -p "$(dirname "$2")"
		cp "$1" "$2"
	fi
}

# apply_series DIR PATCH...
apply_series() {
	local dir=$1 patch

	shift
	for patch; do
		apply_patch "$dir" "$patch"
	done
}

# check_series TREE PATCH...: the series applies to TREE, which stays as it is
check_series() {
	local scratch

	scratch=$(mktemp -d)
	copy_touched "$1" "$scratch" "${@:2}"
	if ! (apply_series "$scratch" "${@:2}"); then
		rm -rf "$scratch"
		exit 1
	fi
	rm -rf "$scratch"
}

# usable_tree TREE: it is there, and what patches changed in it can be undone
usable_tree() {
	[ -e "$1" ] && { [ ! -e "$1/.zrec-touched" ] || [ -d "$1/.zrec-source" ]; }
}

# keep_source TREE FILE...: as they are before they are patched for the first time
keep_source() {
	local tree=$1 file

	shift
	mkdir -p "$tree/.zrec-source"
	touch "$tree/.zrec-touched"
	for file; do
		if [ -f "$tree/$file" ] && ! grep -qxF -e "$file" "$tree/.zrec-touched"; then
			mkdir -p "$tree/.zrec-source/$(dirname "$file")"
			cp -p "$tree/$file" "$tree/.zrec-source/$file"
		fi
	done
	# from here on these may be patched ones, also if this run is killed
	LC_ALL=C sort -u - "$tree/.zrec-touched" <<<"$(printf '%s\n' "$@")" | sed '/^$/d' >"$tree/.zrec-touched.new"
	mv "$tree/.zrec-touched.new" "$tree/.zrec-touched"
}

# patch_tree TREE PATCH...: brings TREE, the source that may carry other patches, to
# the source plus these ones
patch_tree() {
	local tree=$1 scratch file touched list

	shift
	touched=$(touched_files "$@")
	mapfile -t list <<<"$touched"
	keep_source "$tree" "${list[@]}"
	scratch=$(mktemp -d)
	copy_touched "$tree/.zrec-source" "$scratch" "$@"
	if ! (apply_series "$scratch" "$@"); then
		rm -rf "$scratch"
		exit 1
	fi
	while IFS= read -r file; do
		if grep -qxF -e "$file" <<<"$touched"; then
			sync_file "$scratch/$file" "$tree/$file"
		else
			sync_file "$tree/.zrec-source/$file" "$tree/$file"
		fi
	done <"$tree/.zrec-touched"
	rm -rf "$scratch"
}
