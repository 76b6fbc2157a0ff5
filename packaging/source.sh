# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The source that packages are made of. Source it after lib.sh.

# shellcheck disable=SC2034 # for the scripts that source this
PACKAGING=$REPO/packaging

# files: those that belong to the tree, as they are now, ended by NULs; without git (a
# tarball), all that nothing here builds
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

# source_tree DIR: these files in DIR/zrec-VERSION, whose name it prints
source_tree() {
	local version tree

	version=$(sed -n "s/^ *version: '\([0-9.]*\)',$/\1/p" "$REPO/meson.build")
	tree=$1/zrec-$version
	rm -rf "$tree"
	mkdir -p "$tree"
	files | tar -C "$REPO" --null -T - -cf - | tar -C "$tree" -xf -
	printf '%s\n' "$tree"
}
