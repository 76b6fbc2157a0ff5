# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Each patch builds, so that git bisect works at every step. Only the objects
# of the files that the series touches: the whole kernel is built at its end.

# build_at N: the tree with the first N patches
build_at() {
	local objects

	series_tree
	patch_tree "$TREE" "${PATCHES[@]:0:$1}"
	configure
	mapfile -t objects < <(touched_objects "${PATCHES[@]}")
	[ ${#objects[@]} -eq 0 ] || kmake -j"$JOBS" KCFLAGS=-Werror "${objects[@]}"
}

for ((n = 1; n <= ${#PATCHES[@]}; n++)); do
	patch=${PATCHES[n - 1]}
	check_once "$n" "builds without a warning: ${patch##*/}" build_at "$n"
done
