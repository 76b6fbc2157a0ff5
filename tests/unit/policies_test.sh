#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every policy that is shipped is good and gives the verdicts of its vectors. Skipped
# where BPF is not to be had; the guest runs it, too, with its own shell.
# Arguments: zrec and the directory of the policies, those of the guest if none are given

zrec=${1:-zrec} n=0 failed=0
export ZREC_POLICY_DIR="${2:-/usr/lib/zrec/policies}"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# result STATUS NAME: what there is in $work/out and $work/err is shown when it failed
result() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$work/out" "$work/err"
		failed=1
	fi
}

# run COMMAND...: its exit status is in $status
run() {
	status=0
	"$@" >"$work/out" 2>"$work/err" || status=$?
}

# 4 and 5: this process may not, this kernel cannot
can_load() {
	run "$zrec" policy test keep-default
	[ $status != 4 ] && [ $status != 5 ]
}

if ! can_load; then
	echo "1..0 # SKIP $(head -n 1 "$work/err")"
	exit 0
fi
for file in "$ZREC_POLICY_DIR"/stable/*.conf "$ZREC_POLICY_DIR"/stable/*.bpf.o \
	"$ZREC_POLICY_DIR"/testing/*.conf "$ZREC_POLICY_DIR"/testing/*.bpf.o; do
	[ -e "$file" ] || continue
	run "$zrec" policy check "$file"
	result $status "check $(basename "$file")"
	run "$zrec" policy test "$file"
	result $status "vectors of $(basename "$file")"
done

# A vector that does not hold is seen
echo 'event pec=0x4 -> isolate' >"$work/vectors"
run "$zrec" policy test --vectors "$work/vectors" keep-default
[ $status = 6 ]
result $? "a vector that does not hold is told with exit code 6"
echo "1..$n"
exit $failed
