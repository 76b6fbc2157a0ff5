# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# For tests in bash that compare what they got with what they want. Source it. Prints TAP.

failed=0 n=0

# check NAME GOT WANTED: one test
check() {
	n=$((n + 1))
	if [[ $2 == "$3" ]]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		printf '# got: %s\n# want: %s\n' "${2//$'\n'/ | }" "${3//$'\n'/ | }"
		failed=1
	fi
}

# skip NAME WHY: one that cannot be tried here
skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# The plan; then the exit code says whether all was well
end_checks() {
	echo "1..$n"
	exit $failed
}
