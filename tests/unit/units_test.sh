#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The units are what systemd understands, and leave a process little that it does not need.
# Arguments: zrec, and each unit. What of it is not installed on this machine is not asked
# for: the program is that of the build directory, and the manual is not looked up.

. "$(dirname "$0")/check.sh"
zrec=$(realpath "$1")
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if ! command -v systemd-analyze >/dev/null; then
	echo "1..0 # SKIP no systemd-analyze: apt install systemd"
	exit
fi
for unit; do
	name=$(basename "$unit")
	# The most that systemd-analyze may find exposed, in tenths
	case $name in
	zrec-actions.service) exposure=10 ;;
	*) exposure=17 ;;
	esac
	sed "s|=[^ ]*/zrec |=$zrec |" "$unit" >"$dir/$name"
	check "$name is understood" \
		"$(systemd-analyze verify --man=no --recursive-errors=no "$dir/$name" 2>&1; echo $?)" 0
	overall=$(systemd-analyze security --offline=true --no-pager \
		--threshold=$exposure "$dir/$name" 2>&1)
	check "$name is not exposed" "$?" 0 || echo "$overall" | tail -n 1
done
end_checks
