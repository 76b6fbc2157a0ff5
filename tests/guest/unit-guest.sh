#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: the unit tests that need BPF, which the host's kernel may not allow.
# Nothing is skipped here.

DIR=/usr/lib/zrec/tests/unit
export CMOCKA_MESSAGE_OUTPUT=tap
nr=0

result() {
	nr=$((nr + 1))
	echo "$1 $nr - unit/$2"
}

# relay NAME: its tests, numbered on; the end of the plan says whether all of them came
relay() {
	count=0 plan=none
	while IFS= read -r line; do
		case $line in
		1..0*) result "not ok" "$1 # skipped: ${line#1..0}" && plan=0 ;;
		1..*) plan=${line#1..} ;;
		*'# SKIP'*) result "not ok" "$1/${line#* - }" && count=$((count + 1)) ;;
		'ok '*) result ok "$1/${line#* - }" && count=$((count + 1)) ;;
		'not ok '*) result "not ok" "$1/${line#* - }" && count=$((count + 1)) ;;
		*) echo "# ${line#\# }" ;;
		esac
	done
	[ "$plan" = "$count" ] || result "not ok" "$1/complete # got $count tests, want $plan"
}

for program in "$DIR"/*; do
	name=$(basename "$program")
	"$program" >/tmp/tap 2>/tmp/err
	relay "${name%%_test*}" </tmp/tap
	# libbpf has much to say that is no mistake
	if grep -q '^not ok' /tmp/tap; then
		tail -n 30 /tmp/err | sed 's/^/# /'
	fi
done
echo "1..$nr"
