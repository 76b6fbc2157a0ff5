#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# docs/abi.md names every JSON key and every symbolic name that zrec prints, and
# what describes rule files has every key of theirs.
# Arguments: docs/abi.md, user/record/names.c, docs/rules.md, the man page of rule files,
# user/rules/keys.c and policy-keys.c, the schemas that the tests keep

abi=$1 names=$2 rules=$3 page=$4 keys_of_rules=$5 keys_of_policy=$6 failed=0 n=0
shift 6

# Each line of $2 has to be in the file $4, in the form $3 with @ for the line
check() {
	local missing=''

	n=$((n + 1))
	while read -r word; do
		grep -q -- "${3//@/$word}" "$4" || missing+=" $word"
	done <<<"$2"
	if [[ -n $2 && -z $missing ]]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "# not in $4:$missing"
		failed=1
	fi
}

# " "recovery.steps[].step string": true," is the key "step"
keys=$(sed -n 's/^ "[a-z]*\.\(.*\) [a-z]*":.*/\1/p' "$@" | sed 's/\[\]//g; s/.*\.//' | sort -u)
# shellcheck disable=SC2016 # the backquotes are those of Markdown
check "every key of the JSON" "$keys" '`@`' "$abi"
words=$(grep -o '"[a-z_]\{2,\}"' "$names" | tr -d '"' | sort -u)
check "every symbolic name" "$words" '\b@\b' "$abi"
# Those of verdicts are the members, but for the one that answers nothing
keys=$(
	sed -n 's/^\t\[\(POLICY_\)\?KEY_[A-Z]*\] = { "\([a-z-]*\)".*/\2/p' "$keys_of_rules" "$keys_of_policy"
	sed -n '/ZPCI_MEMBER_DONE/d; s/^\t\[ZPCI_MEMBER_[A-Z]*\].*"\([a-z]*\)",/\1/p' "$names"
)
# shellcheck disable=SC2016
check "every key of rule files in rules.md" "$keys" '^| `@` |' "$rules"
check "every key of rule files in the man page" "$keys" '^\*@\* = ' "$page"
echo "1..$n"
exit $failed
