#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: measures, and prints lines of a name and a number.
#   bench-guest.sh path base|series   recoveries with nothing attached
#   bench-guest.sh observe            with the trace ring, with zrec, with neither
#   bench-guest.sh attach             zrec itself
#   bench-guest.sh scrape             its exporter, idle and in a storm of errors
#   bench-guest.sh hook NAME          with the hook compiled in or not, and no policy
#   bench-guest.sh share              of a policy in recoveries under nvme
#   bench-guest.sh policy             with policies, and with a daemon that decides

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

# A message costs more from the time on when it takes the place of an old one
fill_log() {
	recoveries joined $BDF --count 2000 >/dev/null || exit
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
	fill_log
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

switches() {
	awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$1/status"
}

# The service: what it needs after some recoveries, and how often it wakes up in a minute
# in which nothing happens
service() {
	mkdir -m 700 /tmp/history
	zrec run --history /tmp/history/history.db 2>/tmp/run.log &
	run=$!
	sleep 2
	recoveries user $BDF >/dev/null || exit
	sleep 2
	awk '/^VmRSS/ { print "run.rss", $2 }' /proc/$run/status
	before=$(switches $run)
	sleep 60
	echo "run.wakes $(($(switches $run) - before))"
	kill $run
	wait $run
}

attach() {
	stopwatch attach zrec watch --count 0 || exit
	[ -d $PINS ] || exit
	memory
	service
}

# Microseconds of the exporter's processor time that a scrape needs
per_scrape() {
	before=$(awk '{ print $14 + $15 }' "/proc/$exporter/stat")
	for _ in $(seq 200); do
		wget -q -O /tmp/page http://127.0.0.1:19714/metrics || exit
	done
	awk -v before="$before" -v tick="$(getconf CLK_TCK 2>/dev/null || echo 100)" \
		'{ print ($14 + $15 - before) * 1000000 / tick / 200 }' "/proc/$exporter/stat"
}

storm() {
	until [ -e /tmp/calm ]; do
		recoveries user $BDF --count 20
		recoveries host $BDF --pec 0x2b --count 20
	done
}

# The exporter: how often it wakes up when nobody asks, and what a scrape costs
scrape() {
	zrec watch --count 0 || exit
	zrec-exporter --config=/dev/null 2>/tmp/exporter.log &
	exporter=$!
	sleep 2
	per_scrape >/dev/null
	# the last client has gone
	sleep 2
	before=$(switches $exporter)
	sleep 60
	echo "exporter.wakes $(($(switches $exporter) - before))"
	echo "exporter.idle $(per_scrape)"
	storm >/dev/null &
	storm=$!
	sleep 2
	echo "exporter.storm $(per_scrape)"
	touch /tmp/calm
	wait $storm
	awk '/^VmRSS/ { print "exporter.rss", $2 }' /proc/$exporter/status
	kill $exporter
	wait $exporter
}

# An error that joins a recovery is two decisions, event and vote, and no more
decisions() {
	recoveries joined $BDF --name "$1.joined" || exit
	recoveries host $BDF --name "$1.host" || exit
}

# rules N CONDITIONS: a rule file of N rules, of which only the last matches. The
# others differ from it in the FID, which all of them have.
rules() {
	printf '[policy]\nname = bench\nmode = enforce\n'
	awk -v n="$1" -v more="$2" 'BEGIN {
		for (i = 1; i <= n; i++)
			printf "[rule r%d]\nfid = 0x%x\n%sevent = default\nvote = default\n",
				i, i < n ? 4096 + i : 17, more
	}'
}

EVERYTHING='driver = vfio-pci, nvme
device = 1b36:0010
class = 0x0108
pec = 0x1-0xb, service_action
attempt = 0-1
'
WINDOW='errors-in-window = 2 in 1h
'

hook() {
	fill_log
	decisions "$1"
}

# with NAME FILE: enforced while the same recoveries are measured again
with() {
	zrec policy apply "$2" >/dev/null || exit
	decisions "$1"
	grep -q '^ejected 0' /sys/kernel/zpci_recovery/enforced || exit
	zrec policy detach >/dev/null || exit
}

with_rules() {
	rules "$2" "$3" >/tmp/rules.conf
	with "$1" /tmp/rules.conf
}

policy() {
	hook none
	with empty /usr/lib/zrec/tests/policies/no-members.bpf.o
	with default /usr/lib/zrec/tests/policies/all-default.bpf.o
	for n in 1 8 64 1024; do
		with_rules "rules$n" $n ''
		with_rules "everything$n" $n "$EVERYTHING"
		with_rules "window$n" $n "$WINDOW"
	done
	recoveries decided $BDF --name decided || exit
	recoveries real $BDF --warm-up 1 --count 20 --name real || exit
}

# In millionths of each recovery, the median; the first two warm up
share() {
	rules 64 '' >/tmp/rules.conf
	zrec policy apply /tmp/rules.conf >/dev/null || exit
	zrec watch --count 0 || exit
	nvme-error --errors 11 >/dev/null || exit
	timeout 5 zrec watch --count 11 --format jsonl |
		sed -n 's/.*"total_ns":\([0-9]*\),.*"decisions":3,.*"duration_ns":\([0-9]*\),"unlisted".*/\1 \2/p' |
		sed 1,2d | awk '{ printf "%d\n", $2 * 1e6 / $1 }' | sort -n | sed -n '5s/^/share /p'
}

case $1 in
path | observe | attach | scrape | hook | share | policy) "$@" ;;
*)
	echo "Usage: bench-guest.sh path base|series | observe | attach | scrape | hook NAME | share | policy" >&2
	exit 1
	;;
esac
