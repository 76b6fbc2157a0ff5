#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make check: sets up, runs every suite, tells what each took and what was skipped
# and why, and prints "N passed, N failed" as the last line. make check-all
# (check.sh all) has what is too long for that, too; make check-debug (check.sh
# debug) the guest tests alone, on the kernel that checks itself. A suite that ends
# without a failure it names, but not well, counts as one failure: nothing that
# breaks may look like a pass.

. "$(dirname "$0")/lib.sh"

PASSED=0 FAILED=0 SKIPPED=0 FUZZ_SECONDS=60 GUEST_OPTIONS=()

# matches PATTERN FILE: how many lines
matches() {
	grep -cE "$1" "$2" || true
}

# count FILE STATUS SUITE SECONDS: "ok N - name" and "not ok N - name" lines. What
# is skipped is neither.
count() {
	local skipped ok bad

	skipped=$(matches '^ok .*# SKIP' "$1")
	ok=$(($(matches '^ok ' "$1") - skipped))
	bad=$(matches '^not ok ' "$1")
	if { [ "$2" -ne 0 ] && [ "$bad" -eq 0 ]; } || [ $((ok + bad + skipped)) -eq 0 ]; then
		printf 'not ok - %s ended with status %d\n' "$3" "$2"
		bad=$((bad + 1))
	fi
	sed -n "s/^ok [0-9]* - \(.*\)# SKIP */$3: \1/p" "$1" >>"$WORK/skipped"
	PASSED=$((PASSED + ok))
	FAILED=$((FAILED + bad))
	SKIPPED=$((SKIPPED + skipped))
	row "$3" "$ok" "$bad" "$skipped" "$4"
}

row() {
	printf '# %-12s %7s %7s %8s %8s\n' "$@" >>"$WORK/table"
}

suite() {
	local name=$1 out status=0 start=$SECONDS

	shift
	out=$WORK/out-$name
	printf '# %s\n' "$name"
	# pipefail: tee does not fail
	"$@" | tee "$out" || status=$?
	count "$out" "$status" "$name" $((SECONDS - start))
}

# step NAME COMMAND...: takes time and tests nothing
step() {
	local name=$1 start=$SECONDS

	shift
	"$@"
	row "$name" - - - $((SECONDS - start))
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

# every_suite FRESH-OPTION...
every_suite() {
	step build "$LAB/build.sh" native
	suite host meson_tests native
	suite s390x meson_tests s390x
	suite series "$REPO/tests/series/run"
	suite browser "$REPO/tests/browser/run"
	suite fleet "$REPO/tests/fleet/run"
	suite fuzz "$REPO/tests/fuzz/run" "$FUZZ_SECONDS"
	suite lab "$LAB/selftest.sh"
	suite fresh "$REPO/tests/fresh/run" "$@"
	suite guest "$REPO/tests/guest/run" "${GUEST_OPTIONS[@]}"
}

debug_suite() {
	# a long step that is not to look like a guest that takes long to start
	step debug-kernel "$LAB/kernel.sh" debug >/dev/null
	suite guest-debug "$REPO/tests/guest/run" --kernel debug
}

conclude() {
	row sum "$PASSED" "$FAILED" "$SKIPPED" "$SECONDS"
	cat "$WORK/table"
	sed 's/^/# skipped: /' "$WORK/skipped"
	printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
	[ "$FAILED" -eq 0 ]
}

main() {
	WORK=$(mktemp -d)
	trap 'rm -rf "$WORK"' EXIT
	: >"$WORK/skipped"
	row suite passed failed skipped seconds
	case ${1:-} in
	debug)
		step set-up "$LAB/setup.sh" zrec
		debug_suite
		;;
	all)
		FUZZ_SECONDS=600 GUEST_OPTIONS=(--large)
		export ZREC_LONG=1
		step set-up "$LAB/setup.sh" base zrec
		every_suite --demo
		suite fleet-next "$REPO/tests/fleet/run" --unstable --no-guest
		suite system "$REPO/tests/system/run"
		debug_suite
		;;
	*)
		step set-up "$LAB/setup.sh" base zrec
		every_suite
		;;
	esac
	conclude
}

# the self-test tries the functions alone
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	main "$@"
fi
