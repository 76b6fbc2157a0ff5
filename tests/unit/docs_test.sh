#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# docs/abi.md names every JSON key and every symbolic name that zrec prints.
# Arguments: docs/abi.md, user/names.c, the schemas that the tests keep

abi=$1 names=$2 failed=0 n=0
shift 2

# Each line of $2 has to be in the text, in the form $3 with @ for the line
check() {
	local missing=''

	n=$((n + 1))
	while read -r word; do
		grep -q -- "${3//@/$word}" "$abi" || missing+=" $word"
	done <<<"$2"
	if [[ -n $2 && -z $missing ]]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "# not in docs/abi.md:$missing"
		failed=1
	fi
}

# " "recovery.steps[].step string": true," is the key "step"
keys=$(sed -n 's/^ "[a-z]*\.\(.*\) [a-z]*":.*/\1/p' "$@" | sed 's/\[\]//g; s/.*\.//' | sort -u)
# shellcheck disable=SC2016 # the backquotes are those of Markdown
check "every key of the JSON" "$keys" '`@`'
words=$(grep -o '"[a-z_]\{2,\}"' "$names" | tr -d '"' | sort -u)
check "every symbolic name" "$words" '\b@\b'
echo "1..$n"
exit $failed
