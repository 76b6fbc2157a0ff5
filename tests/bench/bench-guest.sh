#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: measures, and prints lines of a name and a number.
#   bench-guest.sh path base|series   recoveries with nothing attached
#   bench-guest.sh observe            with the trace ring, with zrec, with neither
#   bench-guest.sh attach             zrec itself

BDF=0001:00:00.0
TRACING=/sys/kernel/tracing
PINS=/sys/fs/bpf/zrec/observe

path() {
	insmod /usr/lib/zrec/tests/bench_inject.ko || exit
	series=$1
	set -- --inject /sys/kernel/debug/bench/inject_error
	# The first error after boot, since base does not reset the function twice
	recoveries real $BDF --warm-up 0 --count 1 --name real || exit
	echo $BDF >/sys/bus/pci/devices/$BDF/driver/unbind
	recoveries lost $BDF --name nodriver "$@" || exit
	recoveries host $BDF --pec 0x2b --name fmb "$@" || exit
	recoveries lost $BDF --pec 0x3b --name permanent "$@" || exit
	if [ "$series" = series ]; then
		recoveries user $BDF --name user "$@" || exit
		recoveries host $BDF --name host "$@" || exit
	fi
}

trace_events() {
	for event in "$TRACING"/events/s390/s390_zpci_*/enable "$TRACING"/events/vfio_pci/*/enable; do
		echo "$1" >"$event"
	done
}

# How many tracepoints a recovery passes
passed() {
	echo >$TRACING/trace
	recoveries "$2" $BDF --warm-up 0 --count 1 --pec "$3" >/dev/null || exit
	echo "passed.$1 $(grep -cE ' (s390_zpci|vfio_pci)_[a-z_]+: ' $TRACING/trace)"
}

# An FMB event, which is no error; a recovery by the host, of a function that has
# a driver but no user; one by its user
measure() {
	recoveries host $BDF --pec 0x2b --name "$1.fmb" || exit
	recoveries host $BDF --name "$1.host" || exit
	recoveries user $BDF --name "$1.user" || exit
}

observe() {
	recoveries user $BDF --count 1 >/dev/null || exit
	measure nothing
	trace_events 1
	measure ring
	passed fmb host 0x2b
	passed host host 0x3a
	passed user user 0x3a
	echo $BDF >/sys/bus/pci/devices/$BDF/driver/unbind
	passed permanent host 0x3b
	echo 1 >/sys/bus/pci/devices/$BDF/recover
	passed nodriver host 0x3a
	trace_events 0
	echo 1 >/sys/bus/pci/devices/$BDF/recover
	recoveries user $BDF --count 1 >/dev/null || exit
	zrec watch --count 0 || exit
	measure zrec
}

# Resident memory when it has attached, read some spans and waits again
memory() {
	zrec watch >/tmp/watch &
	watch=$!
	sleep 2
	recoveries user $BDF >/dev/null || exit
	sleep 2
	awk '/^VmRSS/ { print "rss", $2 } /^RssAnon/ { print "rss.anon", $2 }' /proc/$watch/status
	kill $watch
	wait $watch
}

attach() {
	stopwatch attach zrec watch --count 0 || exit
	[ -d $PINS ] || exit
	memory
}

case $1 in
path | observe | attach) "$@" ;;
*)
	echo "Usage: bench-guest.sh path base|series | observe | attach" >&2
	exit 1
	;;
esac
