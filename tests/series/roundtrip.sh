# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Patches to git tree and back: byte for byte the same. On another 6.12.y than
# the one the patches were made on, blob names and line numbers may differ, so
# there it is what comes out that has to be stable.

roundtrip() {
	"$REPO/kernel-series/tree" make --sparse "$WORK/$1"
	"$REPO/kernel-series/tree" export "$WORK/$1" "$WORK/$1.out"
}

# the patches alone, and only the numbered ones
same() {
	local a b

	for a in "$1"/[0-9]*.patch "$2"/[0-9]*.patch; do
		if [[ ${a##*/} != 0000-* ]]; then
			for b in "$1/${a##*/}" "$2/${a##*/}"; do
				[ -e "$b" ] || { echo "$b is missing" && return 1; }
			done
		fi
	done
	diff -ru --exclude='0000-*' --exclude='*.md' "$1" "$2"
}

identity() {
	local made_on

	made_on=$(sed -n 's/^base: //p' "${PATCHES[0]}")
	[ -n "$made_on" ] || { echo "${PATCHES[0]##*/} does not name its base" && return 1; }
	roundtrip first
	if [ "$made_on" = "$SOURCE_PACKAGE $(source_version)" ]; then
		same "$SERIES/6.12" "$WORK/first.out"
	else
		mkdir -p "$WORK/again/6.12"
		cp "$WORK"/first.out/*.patch "$WORK/again/6.12/"
		ZREC_SERIES=$WORK/again roundtrip second
		same "$WORK/first.out" "$WORK/second.out"
	fi
}

check "kernel-tree and back changes no byte of the patches" identity

# A commit added in the tree becomes a patch, and one that is dropped goes.
edit() {
	local tree=$WORK/edit new

	"$REPO/kernel-series/tree" make --sparse "$tree"
	touch "$tree/added-by-a-test"
	git -C "$tree" add -f added-by-a-test
	git -C "$tree" -c user.name=Test -c user.email=test@localhost commit -q -m "test: add a file"
	"$REPO/kernel-series/tree" export "$tree" "$WORK/edit.out"
	new=$(find "$WORK/edit.out" -name '*-test-add-a-file.patch')
	[ -n "$new" ]
	git -C "$tree" reset -q --hard HEAD^
	"$REPO/kernel-series/tree" export "$tree" "$WORK/edit.out"
	[ ! -e "$new" ]
}

check "a commit added in the tree becomes a patch, a dropped one goes" edit
