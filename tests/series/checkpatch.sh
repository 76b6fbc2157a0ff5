# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# checkpatch.pl --strict has nothing to say, but for the exceptions that
# checkpatch.accepted names and gives a reason for; and all of these are needed.

# is_accepted FILE TYPE: notes which exception was used
is_accepted() {
	local pattern type

	while read -r pattern type _; do
		# the right side is meant as a pattern
		# shellcheck disable=SC2053
		if [[ $pattern != '#'* && $type == "$2" && $1 == $pattern ]]; then
			printf '%s %s\n' "$pattern" "$type" >>"$WORK/accepted"
			return 0
		fi
	done <"$TESTS/checkpatch.accepted"
	return 1
}

checkpatch() {
	local line file type bad=0 status=0

	# in no git tree: it would look for the kernel's files in ours
	cd "$WORK" || return
	"$BASE_TREE/scripts/checkpatch.pl" --root="$BASE_TREE" --strict --quiet --terse \
		--showfile --show-types --no-summary "$1" >"$WORK/said" 2>&1 || status=$?
	if [ "$status" -ne 0 ] && [ ! -s "$WORK/said" ]; then
		printf 'checkpatch.pl ended with status %d\n' "$status"
		return 1
	fi
	while IFS= read -r line; do
		file=${line%%:*}
		type=${line#*: }
		type=${type#*:}
		if ! is_accepted "$file" "${type%%:*}"; then
			printf '%s\n' "$line"
			bad=1
		fi
	done <"$WORK/said"
	return "$bad"
}

exceptions_are_needed() {
	local pattern type why bad=0

	while read -r pattern type why; do
		if [[ $pattern != '#'* ]] && ! grep -qxF "$pattern $type" "$WORK/accepted"; then
			printf 'not needed any more: %s %s\n' "$pattern" "$type"
			bad=1
		elif [[ $pattern != '#'* && -z $why ]]; then
			printf 'no reason given: %s %s\n' "$pattern" "$type"
			bad=1
		fi
	done <"$TESTS/checkpatch.accepted"
	return "$bad"
}

: >"$WORK/accepted"
for patch in "${PATCHES[@]}"; do
	check "checkpatch: ${patch##*/}" checkpatch "$patch"
done
check "every accepted exception is needed and has a reason" exceptions_are_needed
