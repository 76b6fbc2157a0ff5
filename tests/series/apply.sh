# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The series applies; one that does not is named with its file and hunk.

check "the series applies to $SOURCE_PACKAGE $(source_version)" \
	check_series "$BASE_TREE" "${PATCHES[@]}"

# A base whose file has changed where the first patch wants to change it
misfit() {
	local base=$WORK/misfit file patch=${PATCHES[0]} said

	copy_touched "$BASE_TREE" "$base" "$patch"
	file=$(sed -n 's!^--- a/!!p' "$patch" | head -n 1)
	: >"$base/$file"
	if said=$(check_series "$base" "$patch" 2>&1); then
		echo "a patch to an empty $file was accepted"
		return 1
	fi
	printf '%s\n' "$said"
	[[ $said == *"${patch##*/}"*"$file hunk #1"* ]]
}

check "a patch that no longer applies is named with its file and hunk" misfit
