# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# checkpatch.pl --strict has nothing to say, but for the exceptions that
# checkpatch.accepted names and gives a reason for.

# accepted PATCH: the message types accepted for it, as options
accepted() {
	local pattern type

	while read -r pattern type _; do
		if [[ $pattern != '#'* && -n $pattern && ${1##*/} == [0-9]*-$pattern ]]; then
			printf -- '--ignore\n%s\n' "$type"
		fi
	done <"$TESTS/checkpatch.accepted"
}

checkpatch() {
	local options

	mapfile -t options < <(accepted "$1")
	"$BASE_TREE/scripts/checkpatch.pl" --root="$BASE_TREE" --strict --quiet --show-types --no-summary \
		"${options[@]}" "$1"
}

for patch in "${PATCHES[@]}"; do
	check "checkpatch: ${patch##*/}" checkpatch "$patch"
done
