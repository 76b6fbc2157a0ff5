#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every policy that is shipped says what it is for, and the examples of the man
# page of rule files are good.
# Arguments: zrec, the policies in the source, the man page

zrec=$1 source=$2 page=$3 n=0 failed=0

result() {
	n=$((n + 1))
	if [[ $1 = 0 ]]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

for file in "$source"/{stable,testing}/*.{conf,bpf.c}; do
	[[ -e $file ]] || continue
	status=0
	for words in 'What for:' 'When unsure:' 'Limits:'; do
		head -n 30 "$file" | grep -q "$words" || status=1
	done
	result "$status" "$(basename "$file") begins with what it is for"
done

# The blocks between lines of three backquotes
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
awk -v dir="$work" '/^```$/ { if (inside = !inside) nr++; next }
	inside { print >(dir "/example-" nr ".conf") }' "$page"
[[ -e $work/example-1.conf ]]
result $? "the man page of rule files has examples"
for file in "$work"/*.conf; do
	status=0
	"$zrec" policy check --no-load "$file" >/dev/null || status=$?
	result $status "$(basename "$file" .conf) of the man page is good"
done
echo "1..$n"
exit $failed
