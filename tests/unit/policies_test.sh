#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every policy that is shipped is good, gives the verdicts of its vectors, and
# says what it is for; and the examples of the man page of rule files are good.
# Arguments: zrec, the built policies, the same in the source, the man page

zrec=$1 source=$3 page=$4 n=0 failed=0
export ZREC_POLICY_DIR=$2

result() {
	n=$((n + 1))
	if [[ $1 = 0 ]]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

check() {
	local status=0 file=$1

	"$zrec" policy check "$file" >/dev/null || status=$?
	result "$status" "check $(basename "$file")"
	status=0
	"$zrec" policy test "$file" | sed 's/^/# /' || true
	status=${PIPESTATUS[0]}
	result "$status" "vectors of $(basename "$file")"
}

for file in "$ZREC_POLICY_DIR"/{stable,testing}/*.{conf,bpf.o}; do
	[[ -e $file ]] || continue
	if "$zrec" policy test "$file" >/dev/null 2>&1 || [[ $? != 4 ]]; then
		check "$file"
	else
		n=$((n + 1))
		echo "ok $n - $(basename "$file") # SKIP BPF is not permitted here"
	fi
done
for file in "$source"/{stable,testing}/*.{conf,bpf.c}; do
	[[ -e $file ]] || continue
	status=0
	for words in 'What for:' 'When unsure:' 'Limits:'; do
		head -n 30 "$file" | grep -q "$words" || status=1
	done
	result "$status" "$(basename "$file") begins with what it is for"
done

# A vector that does not hold is seen
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
wrong=$work/vectors
echo 'event pec=0x4 -> isolate' >"$wrong"
status=0
"$zrec" policy test --vectors "$wrong" keep-default >/dev/null 2>&1 || status=$?
[[ $status = 6 || $status = 4 ]]
result $? "a vector that does not hold is told with exit code 6"

# The blocks between lines of three backquotes
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
