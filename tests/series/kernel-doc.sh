# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# kernel-doc has nothing to say about the files that the series adds.

added_files() {
	awk '/^--- \/dev\/null$/ { added = 1; next }
		added && /^\+\+\+ b\/.*\.[ch]$/ { print substr($2, 3) }
		{ added = 0 }' "${PATCHES[@]}"
}

kernel_doc() {
	local added

	mapfile -t added < <(added_files)
	copy_touched "$BASE_TREE" "$WORK/doc" "${PATCHES[@]}"
	mkdir -p "$WORK/doc"
	apply_series "$WORK/doc" "${PATCHES[@]}"
	cd "$WORK/doc" || return
	[ ${#added[@]} -eq 0 ] || "$BASE_TREE/scripts/kernel-doc" -none -Wall "${added[@]}" >"$WORK/said" 2>&1
	cat "$WORK/said"
	[ ! -s "$WORK/said" ]
}

check "kernel-doc has nothing to say about the added files" kernel_doc
