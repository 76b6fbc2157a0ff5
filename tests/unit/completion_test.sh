#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The completion offers what zrec takes, no more and no less.
# Arguments: the program, the completion script, user/record/names.c

zrec=$1 names=$3 failed=0 n=0
# shellcheck source=completion/zrec
. "$2"

# What is offered for the words given, the last of which is being typed
offers() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_zrec
	printf '%s\n' "${COMPREPLY[@]}" | sort
}

check() {
	n=$((n + 1))
	if [[ $2 == "$3" ]]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		printf '# offered: %s\n# wanted: %s\n' "${2//$'\n'/ }" "${3//$'\n'/ }"
		failed=1
	fi
}

options_of() {
	"$zrec" "$@" --help | grep -o -- '--[a-z][a-z-]*' | grep -v -e --usage | sort -u
}

commands=$("$zrec" --help | sed -n 's/^  \([a-z]\{2,\}\) .*/\1/p' | sort)
check "commands" "$(offers zrec '')" "$commands"
for command in $commands; do
	check "options of $command" "$(offers zrec "$command" --)" "$(options_of "$command")"
done
policy_commands=$("$zrec" policy --help | sed -n 's/^  \([a-z]\{2,\}\) .*/\1/p' | sort)
check "commands of policy" "$(offers zrec policy '')" "$policy_commands"
for command in $policy_commands; do
	check "options of policy $command" "$(offers zrec policy "$command" --)" \
		"$(options_of policy "$command")"
done
check "global options" "$(offers zrec --)" "$(options_of)"
check "a command after a global option" "$(offers zrec -d la)" latency
check "PEC names" "$(offers zrec watch --pec '')" \
	"$(sed -n 's/^\t{ 0x.., "\(.*\)" },$/\1/p' "$names" | sort)"
check "a value after =" "$(offers zrec latency --by = fu)" function
check "all values after =" "$(offers zrec latency --format =)" $'json\njsonl\ntext'
check "no guess for a number" "$(offers zrec watch --count '')" ""
echo "1..$n"
exit $failed
