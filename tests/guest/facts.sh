# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# What the scripts in the guest have in common, those before all that record what a checker
# judges on the host. Source it.

# The first function of the guest
# shellcheck disable=SC2034 # for the scripts that source this
BDF=$(basename "$(find /sys/bus/pci/devices -mindepth 1 | sort | head -n 1)")
DEVICE=/sys/bus/pci/devices/$BDF

unbound() {
	[ ! -e "$DEVICE/driver" ] || echo "$BDF" >"$DEVICE/driver/unbind"
}

# bound DRIVER: the function as it was at the beginning, with this driver and nobody
# who has it open
bound() {
	unbound
	echo 1 >"$DEVICE/recover"
	unbound
	echo "$1" >"$DEVICE/driver_override"
	echo "$BDF" >"/sys/bus/pci/drivers/$1/bind"
}

# Whether a zrec run records, and answers
serves() {
	zrec status --format json | grep -q '"recorder"'
}

# fact LABEL COMMAND...: what it prints goes into LABEL.out and LABEL.err of the
# working directory, its exit code into LABEL.code
fact() {
	local label=$1

	shift
	"$@" >"$label.out" 2>"$label.err"
	echo $? >"$label.code"
}

# patiently COMMAND...: until it succeeds, ten seconds at the most
patiently() {
	local tries=$((100 * ${GUEST_SLOW:-1}))

	until "$@" 2>/dev/null; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return
		sleep 0.1
	done
}

# await FILE PATTERN: until a line of it has the pattern. A file that a background
# job writes may be there only after a while, so it must be one that nobody wrote before.
await() {
	patiently grep -q "$2" "$1"
}
