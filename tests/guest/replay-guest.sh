#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: a campaign of mixed recoveries while two policies are in shadow, one of
# rules and one in C. zrec run records it, a zrec watch looks on, for check-replay to judge.
#   replay-guest.sh [--print] SCENARIO...
# With --print standard output has what was exported, for a guest that has no /host.

# shellcheck source=tests/guest/facts.sh
. facts.sh

DIR=/usr/lib/zrec/tests/policies
INJECT=/sys/kernel/debug/zpci
DB=/var/lib/zrec/history.db
ROUNDS=7

# The driver of the host: real errors, injected ones, and some whose reset fails
by_the_host() {
	bound nvme
	nvme-error --errors 3
	for pec in 0x04 0x3a 0x02 0x2b; do
		inject-error "$BDF" --pec $pec --count 5
	done
	# After three in a row, spare-the-patient has an opinion
	for _ in 1 2 3; do
		echo 1 >$INJECT/fail_resets
		inject-error "$BDF" --pec 0x04
		bound nvme
	done
	inject-error "$BDF" --pec 0x04
	inject-error "$BDF" --pec 0x3b
}

# A driver that says it can recover and is reset if one wants it; nobody has it open
by_vfio_alone() {
	bound vfio-pci
	inject-error "$BDF" --pec 0x01 --count 5
	inject-error "$BDF" --pec 0x3a --count 5
	echo 1 >$INJECT/fail_resets
	inject-error "$BDF" --pec 0x3a
	echo 0 >$INJECT/fail_resets
	bound vfio-pci
}

is_open() {
	grep -q '^mediated 1' "$DEVICE/error_recovery"
}

# storm COUNT: so many errors while the user does nothing, who then resets
storm() {
	rm -f go
	mkfifo go
	: >user.out
	vfio-nvme "$BDF" --steps <go >user.out 2>>user.err &
	user=$!
	exec 3>go
	await user.out 'before the error'
	inject-error "$BDF" --pec 0x04 --count "$1"
	for next in reading reset; do
		echo >&3
		await user.out "before the $next"
	done
	echo >&3
	exec 3>&-
	wait $user
}

# A storm and a close
abandoned_storm() {
	vfio-nvme "$BDF" --errors 0 --hold 2 >>user.log 2>&1 &
	user=$!
	patiently is_open
	inject-error "$BDF" --pec 0x3a --count "$1"
	wait $user
}

by_its_user() {
	vfio-nvme "$BDF" --errors 5 >>user.log 2>&1
	vfio-nvme "$BDF" --no-reset >>user.log 2>&1
	storm 1
	storm 9
	abandoned_storm 3
	abandoned_storm 10
}

# Whether all is on the disk that a reader was given
all_recorded() {
	zrec status --format json >now.json
	[ "$(number recorded)" -eq "$(number delivered)" ]
}

# number KEY: in the status of now
number() {
	sed -n "s/^.*\"$1\": \([0-9]*\).*$/\1/p" now.json
}

looks_on() {
	zrec status --format json | grep -q '"clients": 1,'
}

recording() {
	mkdir -p /var/lib
	zrec run >run.log 2>&1 &
	recorder=$!
	patiently serves
	: >recoveries.jsonl
	zrec watch --format jsonl >recoveries.jsonl 2>watch.err &
	watcher=$!
	patiently looks_on
}

# The recordings, and the same through the recorder
recorded() {
	patiently all_recorded
	fact history zrec history --format json
	zrec history export >export.jsonl
	kill "$watcher"
	wait "$watcher"
	kill "$recorder"
	wait "$recorder"
	echo $? >run.code
	zrec history export --file $DB closed.jsonl
	cp $DB .
}

# The same without the device, which nobody asks anything: it answers by the host's clock
only_injected() {
	by_vfio_alone
	inject-error "$BDF" --pec 0x3b
	unbound
	inject-error "$BDF" --pec 0x3a --count 3
	bound vfio-pci
	inject-error "$BDF" --pec 0x2b --count 5
	recoveries user "$BDF" --warm-up 0 --count 22
	recoveries joined "$BDF" --warm-up 0 --count 3
	recoveries joined "$BDF" --warm-up 0 --count 10
}

real_and_injected() {
	by_the_host
	by_vfio_alone
	by_its_user
}

# rounds FUNCTION: of what it does, while two policies look on
rounds() {
	recording
	zrec policy shadow $DIR/replayed.conf
	zrec policy shadow spare-the-patient
	for _ in $(seq $ROUNDS); do
		"$1"
	done
	zrec latency --by pec --format json >latency.json
	fact status zrec policy status --format json
	recorded
	zrec policy detach --all
	zrec detach
}

campaign() {
	rounds real_and_injected
}

injected() {
	rounds only_injected
}

print=
if [ "$1" = --print ]; then
	print=1
	shift
fi
if [ ! -e /sys/kernel/zpci_recovery ]; then
	: >/host/no-policies
	exit
fi
for name; do
	mkdir -p "/host/$name" && cd "/host/$name" || exit
	[ "$print" ] || echo "$name:"
	"$name" >log 2>&1
	dmesg -c >kernel.log
	[ ! "$print" ] || cat export.jsonl
done
