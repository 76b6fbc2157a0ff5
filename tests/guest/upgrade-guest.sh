#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: an older zrec (zrec-older) observes, this one takes over from it under
# errors, whole or killed on the way. Writes what both say into /host, for check-upgrade
# to judge.

# shellcheck source=tests/guest/facts.sh
. facts.sh

MEASUREMENT=0x2b	# recoveries that end at once, with nothing done
RECOVERABLE=0x3a	# the driver recovers them, which takes a while

# One observation of the older version, with sums and unread recoveries: 26 of them
older() {
	zrec-older watch --count 0 || return
	inject-error "$BDF" --pec $MEASUREMENT --count 20
	inject-error "$BDF" --pec $RECOVERABLE --count 5
	inject-error "$BDF" --fid 0xfffffff0
	zrec-older latency --by driver --format json >before.json
}

# All that there is to know afterwards; $1 recoveries in all
newer() {
	fact status zrec status --format json
	for by in driver function pec step; do
		zrec latency --by $by --format json >latency-$by.json
	done
	timeout $((30 * ${GUEST_SLOW:-1})) zrec watch --format jsonl --count "$1" >all.jsonl 2>all.err
	# What comes twice would come now
	inject-error "$BDF" --pec $MEASUREMENT
	zrec watch --format jsonl --count 1 >last.jsonl
	find /sys/fs/bpf/zrec | sort >pins
	fact detach zrec detach
	find /sys/fs/bpf/zrec 2>/dev/null | sort >pins-detached
}

# Errors before, while, and after
whole() {
	older
	fact older-latency zrec latency
	inject-error "$BDF" --pec $RECOVERABLE --count 20 &
	injector=$!
	fact takeover zrec watch --count 0
	wait $injector
	newer 46
}

# kill -9 at a moment of the way, then another one that goes on
killed() {
	older
	ZREC_FAULT=$1 fact killed zrec watch --count 0
	inject-error "$BDF" --pec $RECOVERABLE --count 2
	fact takeover zrec watch --count 0
	newer 28
}

# The takeover is killed, and then the detach: nothing of either version is joined, and what
# begins afterwards is alone
detached() {
	older
	ZREC_FAULT=takeover-replaced zrec watch --count 0
	ZREC_FAULT=$1 fact killed zrec detach
	fact killed-status zrec status
	fact begun zrec watch --count 0
	inject-error "$BDF" --pec $RECOVERABLE
	zrec watch --count 1 --format jsonl >all.jsonl
	fact status zrec status --format json
	find /sys/fs/bpf/zrec | sort >pins
	bpftool prog show | grep 'name recovery_end' >programs
	fact detach zrec detach
	find /sys/fs/bpf/zrec 2>/dev/null | sort >pins-detached
}

# The older version's reader holds the ring buffer
reader() {
	older
	zrec-older watch --count 100 --format jsonl >reader.jsonl 2>reader.err &
	pid=$!
	await reader.jsonl unknown_function
	inject-error "$BDF" --pec $RECOVERABLE --count 20 &
	injector=$!
	fact takeover zrec watch --count 0
	wait $injector
	wait $pid
	echo $? >reader.code
	newer $((46 - $(grep -c '"recovery"' reader.jsonl)))
}

for scenario; do
	mkdir -p "/host/$scenario"
	cd "/host/$scenario" || exit 1
	case $scenario in
	whole) whole ;;
	reader) reader ;;
	killed-*) killed "${scenario#killed-}" ;;
	detached-*) detached "${scenario#detached-}" ;;
	esac >log 2>&1
	dmesg >kernel.log
	zrec detach >/dev/null 2>&1
done
