#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make check: sets up, runs every suite, prints "N passed, N failed" as the
# last line. make check-debug (check.sh debug): the guest tests alone, on the
# kernel that checks itself. A suite that ends without a failure it names, but not
# well, counts as one failure: nothing that breaks may look like a pass.

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
	# pipefail: tee does not fail
	"$@" | tee "$out" || status=$?
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

every_suite() {
	"$LAB/build.sh" native
	suite host meson_tests native
	suite s390x meson_tests s390x
	suite series "$REPO/tests/series/run"
	suite fuzz "$REPO/tests/fuzz/run" 60
	suite lab "$LAB/selftest.sh"
	suite guest "$REPO/tests/guest/run"
}

main() {
	WORK=$(mktemp -d)
	trap 'rm -rf "$WORK"' EXIT
	"$LAB/setup.sh"
	case ${1:-} in
	debug)
		# a long step that is not to look like a guest that takes long to start
		"$LAB/kernel.sh" debug >/dev/null
		suite guest "$REPO/tests/guest/run" --kernel debug
		;;
	*) every_suite ;;
	esac
	printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
	[ "$FAILED" -eq 0 ]
}

main "$@"
