#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make check: sets up, runs every suite, prints "N passed, N failed" as the
# last line. A suite that ends without a failure it names, but not well, counts
# as one failure: nothing that breaks may look like a pass.

. "$(dirname "$0")/lib.sh"

PASSED=0 FAILED=0

# count FILE STATUS SUITE: "ok N - name" and "not ok N - name" lines. What is
# skipped is neither.
count() {
	local ok bad

	ok=$(grep -E '^ok ' "$1" | grep -cv '# SKIP' || true)
	bad=$(grep -cE '^not ok ' "$1" || true)
	if { [ "$2" -ne 0 ] && [ "$bad" -eq 0 ]; } || [ $((ok + bad)) -eq 0 ]; then
		printf 'not ok - %s ended with status %d\n' "$3" "$2"
		bad=$((bad + 1))
	fi
	PASSED=$((PASSED + ok))
	FAILED=$((FAILED + bad))
}

suite() {
	local name=$1 out status=0

	shift
	out=$WORK/$name
	printf '# %s\n' "$name"
	"$@" > >(tee "$out") || status=$?
	# the output is complete when tee has gone
	wait $! || true
	count "$out" "$status" "$name"
}

# every single test of the programs that meson runs
meson_tests() {
	local dir=$REPO/build/$1 status=0

	rm -f "$dir/meson-logs/testlog.json"
	meson test -C "$dir" --num-processes "$JOBS" >"$WORK/meson" 2>&1 || status=$?
	if [ ! -e "$dir/meson-logs/testlog.json" ]; then
		sed 's/^/# /' "$WORK/meson"
		return 1
	fi
	"$LAB/meson-tap.py" "$1" "$dir/meson-logs/testlog.json"
	return "$status"
}

main() {
	WORK=$(mktemp -d)
	trap 'rm -rf "$WORK"' EXIT
	"$LAB/setup.sh"
	"$LAB/build.sh" native
	suite host meson_tests native
	suite s390x meson_tests s390x
	suite series "$REPO/tests/series/run"
	suite lab "$LAB/selftest.sh"
	suite guest "$REPO/tests/guest/run"
	printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
	[ "$FAILED" -eq 0 ]
}

main
