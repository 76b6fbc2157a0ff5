#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every policy that is shipped is good, gives the verdicts of its vectors, and
# says what it is for. Arguments: zrec, the built policies, the same in the source

zrec=$1 source=$3 n=0 failed=0
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
wrong=$(mktemp)
trap 'rm -f "$wrong"' EXIT
echo 'event pec=0x4 -> isolate' >"$wrong"
status=0
"$zrec" policy test --vectors "$wrong" keep-default >/dev/null 2>&1 || status=$?
[[ $status = 6 || $status = 4 ]]
result $? "a vector that does not hold is told with exit code 6"
echo "1..$n"
exit $failed
