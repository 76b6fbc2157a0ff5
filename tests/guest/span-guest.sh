#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: has zrec observe recoveries of which the number is known, and
# writes all that it says into /host, for check-spans to judge.
#   span-guest.sh observe   all of it
#   span-guest.sh base      what zrec does on a kernel without the series (TAP)

# shellcheck source=tests/guest/facts.sh
. facts.sh

OUT=/host
SLOW=${GUEST_SLOW:-1}	# how much more patience the kernel needs
MEASUREMENT=0x2b	# recoveries that end at once, with nothing done

# A fresh observation that nobody reads yet
observe() {
	zrec detach 2>>"$OUT/detach.err"
	zrec watch --count 0 "$@" || echo "zrec watch $* gives $?"
}

stats() {
	zrec latency --format json >"$OUT/$1.json"
}

# All of what is unread: the number comes from zrec's own account, so that a
# reader that waits for one that is not there is stopped by the clock.
drain() {
	timeout $((20 * SLOW)) zrec watch --format jsonl --count "$2" >"$OUT/$1.jsonl" 2>"$OUT/$1.err"
}

# Both kinds of recovery, 20 each
sample() {
	observe
	nvme-error --errors 20 >/dev/null || echo "nvme-error gives $?"
	vfio-nvme "$BDF" --errors 20 --return-to-nvme >/dev/null || echo "vfio-nvme gives $?"
	drain sample 40
	for by in step driver function pec; do
		zrec latency --by "$by" --format json >"$OUT/latency-$by.json"
	done
}

# One recovery, or none, for each way that it can end
outcomes() {
	observe
	dev=/sys/bus/pci/devices/$BDF
	inject-error "$BDF" --pec $MEASUREMENT
	inject-error "$BDF" --fid 0xfffffff0
	inject-error "$BDF" --fh 0x12345678
	inject-error "$BDF" --pec 0x3a
	vfio-nvme "$BDF" --no-reset >/dev/null
	echo "$BDF" >"$dev/driver/unbind"
	inject-error "$BDF" --pec 0x3a
	echo 1 >"$dev/recover"
	inject-error "$BDF" --pec 0x3b
	inject-error "$BDF" --pec 0x3a
	echo 1 >"$dev/recover"
	drain outcomes 8
	stats outcomes
}

two_recoveries() {
	[ "$(grep -c '"ccdf"' "$OUT/policies.json")" -ge 2 ]
}

# One recovery that a policy decides, one that only a shadow would have, and two ends
policies() {
	[ -e /sys/kernel/zpci_recovery ] || return 0
	dir=/usr/lib/zrec/tests/policies
	observe
	echo 1 >"/sys/bus/pci/devices/$BDF/recover"
	zrec policy apply $dir/event-isolate.bpf.o
	zrec policy shadow $dir/vote-reset.bpf.o
	inject-error "$BDF" --pec 0x3a
	echo 1 >"/sys/bus/pci/devices/$BDF/recover"
	zrec policy detach
	inject-error "$BDF" --pec 0x3a
	zrec policy detach --all
	: >"$OUT/policies.json"	# there before the background job has made it
	zrec watch --format json >"$OUT/policies.json" 2>"$OUT/policies.err" &
	reader=$!
	patiently two_recoveries
	kill $reader
	wait $reader
	echo $? >"$OUT/policies.code"
}

# The smallest ring there is, with nobody reading
overload() {
	observe --ring-size 4096
	inject-error "$BDF" --pec $MEASUREMENT --count 500 || echo "inject-error gives $?"
	stats overload
	delivered=$(sed -n 's/.*"delivered": *\([0-9]*\).*/\1/p' "$OUT/overload.json" | head -n 1)
	drain overload "${delivered:-1}"
}

# A reader that is killed while it reads, and one after it
killed() {
	observe
	: >"$OUT/killed-1.jsonl"	# as above
	zrec watch --format jsonl >"$OUT/killed-1.jsonl" 2>"$OUT/killed-1.err" &
	reader=$!
	inject-error "$BDF" --pec $MEASUREMENT --count 200 &
	injector=$!
	while [ "$(grep -c '"recovery"' "$OUT/killed-1.jsonl")" -lt 20 ] && kill -0 $injector; do
		sleep 0.01
	done 2>/dev/null
	kill -9 $reader
	wait $injector
	wait $reader 2>/dev/null
	stats killed
	seen=$(grep -c '"recovery"' "$OUT/killed-1.jsonl")
	drain killed-2 $((200 - seen))
	# What was written when the reader died, but not yet marked as read, comes twice
	timeout $((2 * SLOW)) zrec watch --format jsonl --count 1 >"$OUT/killed-3.jsonl" 2>>"$OUT/killed-2.err"
}

pins() {
	find /sys/fs/bpf -mindepth 1
	bpftool link show
	bpftool prog show
	bpftool map show
}

detached() {
	pins >"$OUT/pins-before"
	fact detach zrec detach
	pins >"$OUT/pins-after"
	fact detach-again zrec detach
}

# Nobody in particular, with two capabilities or with none
privileges() {
	fact caps-none with-caps none zrec watch --count 0
	fact caps-two with-caps bpf,perfmon zrec watch --count 0
	inject-error "$BDF" --pec $MEASUREMENT
	with-caps bpf,perfmon timeout $((20 * SLOW)) zrec watch --format jsonl --count 1 \
		>"$OUT/caps.jsonl" 2>"$OUT/caps.err"
	fact caps-detach with-caps bpf,perfmon zrec detach
}

tap() {
	if [ "$2" = "$3" ]; then
		echo "ok $1 - base/$4"
	else
		echo "not ok $1 - base/$4 # got $2, want $3"
	fi
}

base() {
	zrec doctor >/tmp/doctor 2>&1
	tap 1 $? 5 "doctor-exits-5"
	if grep -q tracepoint /tmp/doctor; then said=yes; else said=no; fi
	tap 2 $said yes "doctor-names-what-is-missing"
	zrec watch --count 1 >/tmp/watch 2>&1
	tap 3 $? 5 "watch-exits-5"
	tap 4 "$(find /sys/fs/bpf -mindepth 1 | wc -l)" 0 "nothing-is-pinned"
	tap 5 "$(dmesg | grep -cE 'BUG:|WARNING:|Oops')" 0 "kernel-log-clean"
	echo 1..5
}

case $1 in
observe)
	cd $OUT || exit
	sample
	outcomes
	policies
	overload
	killed
	detached
	privileges
	fact doctor zrec doctor
	kernel-leaks.sh
	dmesg >"$OUT/dmesg"
	;;
base) base ;;
*)
	echo "Usage: span-guest.sh observe|base" >&2
	exit 1
	;;
esac
