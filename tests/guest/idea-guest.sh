#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: types what docs/from-idea-to-policy.md says is typed on the host, and keeps
# what it printed, for check-idea to compare.
#   idea-guest.sh DOCUMENT

# shellcheck source=tests/guest/facts.sh
. facts.sh

# The file that the lines of the document go into: those that it shows with cat
file=''

# Somebody who types is slower than a commit of the recorder
pause() {
	case $1 in
	'zrec run'*) patiently serves ;;
	*) for _ in $(seq "${GUEST_SLOW:-1}"); do sleep 0.3; done ;;
	esac
}

if [ ! -e /sys/kernel/zpci_recovery ]; then
	: >/host/no-policies
	exit
fi
cd /host || exit
while IFS= read -r line; do
	case $line in
	'    $ cat '*)
		file=${line#*cat }
		: >"$file"
		;;
	'    '*) [ ! "$file" ] || echo "${line#    }" >>"$file" ;;
	*) file='' ;;
	esac
done <"$1"
number=0
while IFS= read -r line <&3; do
	case $line in
	'    # '*)
		number=$((number + 1))
		# in this shell, as typed: variables and jobs stay
		eval "${line#    # }" >"$number.out" 2>&1
		pause "${line#    # }"
		;;
	esac
done 3<"$1"
kill %1
wait
dmesg >kernel.log
