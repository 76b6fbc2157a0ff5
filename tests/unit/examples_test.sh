#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The configuration to begin with is right, as it is and with all that it comments out, and
# has every key of the manual. Arguments: zrec, the examples, the manual page of zrec.conf

. "$(dirname "$0")/check.sh"
zrec=$1 examples=$2 manual=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# all_of FILE: with what is commented out, into the directory
all_of() {
	sed 's/^#\(\[\|[a-z-]* = \)/\1/' "$examples/$1" >"$dir/$1"
}

for file in zrec.conf policy.conf; do
	all_of "$file"
done
for from in "$examples" "$dir"; do
	way="as it is"
	[ "$from" = "$examples" ] || way="with all that it comments out"
	check "zrec.conf is right $way" "$("$zrec" run --check-config "$from/zrec.conf" 2>&1; echo $?)" \
		"$from/zrec.conf: ok"$'\n'0
	check "policy.conf is right $way" "$("$zrec" policy restore --check "$from/policy.conf" 2>&1 >/dev/null; echo $?)" 0
done
check "zrec.conf has every key" \
	"$(sed -n 's/^\([a-z-]*\) = .*/\1/p' "$dir/zrec.conf" | sort -u)" \
	"$(grep '^\*[a-z-]*\* =' "$manual" | grep -o '\*[a-z-]*\* =' | tr -d '*= ' | sort -u)"
end_checks
