# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# sparse says nothing about the touched files that it does not say about base.

# sparse_at N FILE: its warnings with the first N patches, without line numbers
sparse_at() {
	local objects

	patch_tree "$TREE" "${PATCHES[@]:0:$1}"
	configure >/dev/null
	mapfile -t objects < <(touched_objects "${PATCHES[@]}")
	kmake -j"$JOBS" C=2 "${objects[@]}" 2>&1 >/dev/null |
		sed -n -E 's/^([^ :]+):[0-9]+:[0-9]+: *(warning|error): */\1: \2: /p' | LC_ALL=C sort >"$2"
}

sparse() {
	series_tree
	sparse_at 0 "$WORK/sparse.base"
	sparse_at ${#PATCHES[@]} "$WORK/sparse.series"
	LC_ALL=C comm -13 "$WORK/sparse.base" "$WORK/sparse.series" >"$WORK/sparse.new"
	cat "$WORK/sparse.new"
	[ ! -s "$WORK/sparse.new" ]
}

check_once ${#PATCHES[@]} "sparse has nothing new to say about the touched files" sparse
