#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest, with ten functions: experiments begin, end, and are interrupted. Prints TAP.

# shellcheck disable=SC2034 # for check.sh
SUITE=experiment
# shellcheck source=tests/guest/facts.sh
. facts.sh
# shellcheck source=tests/guest/check.sh
. check.sh

DIR=/usr/lib/zrec/tests/policies
SYSFS=/sys/kernel/zpci_recovery
FILE=/var/lib/zrec/experiments.json
start() {
	code zrec experiment start "$@"
}

# runs, ended, ejected ...
state() {
	zrec experiment status --format jsonl | sed -n 's/^{"experiment":.*"state":"\([a-z]*\)".*/\1/p'
}

# fids ARM: the functions of an arm by the file, "0x11 0x12 "
fids() {
	tr -d ' \n' <$FILE | sed 's/.*"functions"://' | tr '{' '\n' |
		sed -n "s/\"fid\":\([0-9]*\),\"pchid\":[0-9]*,\"arm\":$1}.*/\1/p" |
		while read -r fid || [ "$fid" ]; do printf '0x%x ' "$fid"; done
}

# How errors of these functions ended: "isolated isolated "
error_of() {
	for fid; do
		for device in /sys/bus/pci/devices/*; do
			[ $(($(cat "$device/function_id"))) -eq $((fid)) ] || continue
			zrec watch --count 0
			inject-error "$(basename "$device")" --pec 0x3a
			timeout $((20 * ${GUEST_SLOW:-1})) zrec watch --count 1 --format jsonl -F "$fid" |
				sed -n 's/^{"recovery":.*"outcome":"\([a-z]*\)".*/\1/p' | tr '\n' ' '
		done
	done
}

clean() {
	zrec experiment stop >/dev/null 2>&1
	zrec policy detach --all >/dev/null 2>&1
	rm -rf /var/lib/zrec
}

arms_decide() {
	check start "$(start first --policy $DIR/event-isolate.bpf.o:isolate --split 50)" 0
	check start-state "$(state) $(enforced)" "runs event-isolate"
	check start-file "$(stat -c %a $FILE)" 600
	first=$(fids 0)
	second=$(fids 1)
	check start-all-functions "$(echo "$first$second" | wc -w)" \
		"$(find /sys/bus/pci/devices -mindepth 1 | wc -l)"
	# The kernel has the same list: that of the first arm
	check start-canary "$(zrec policy status --format jsonl |
		sed -n 's/.*"only_for":"fid=\([^"]*\)".*/\1/p' | tr ',' ' ')" "$(echo "$first" | sed 's/ $//')"
	# shellcheck disable=SC2086 # two lists
	set -- $first
	check arm-of-the-policy "$(error_of "$1")" "isolated "
	# shellcheck disable=SC2086
	set -- $second
	check arm-of-the-default "$(error_of "$1")" "recovered "
	check start-again "$(start second --policy $DIR/event-isolate.bpf.o) $(said "'first'")" "8 yes"
	check stop-another "$(code zrec experiment stop second) $(said "'second'")" "8 yes"
	check stop "$(code zrec experiment stop first)$(enforced)$(state)" 0
	check stop-file "$(ls /var/lib/zrec)" ''
	check stop-again "$(code zrec experiment stop)" 0
	check arms-stay "$(start first --policy $DIR/event-isolate.bpf.o:isolate --split 50) $(fids 0)" "0 $first"
	clean
}

in_the_way() {
	zrec policy apply $DIR/vote-isolate.bpf.o >/dev/null
	check other-policy "$(start x --policy $DIR/event-isolate.bpf.o) $(said "'vote-isolate' is enforced")" "8 yes"
	check other-policy-stays "$(enforced) $(code test -e $FILE)" "vote-isolate 1"
	zrec policy detach
	check for-shadow-only "$(start x --policy $DIR/only-shadow.bpf.o)" 6
	check no-such-policy "$(start x --policy none)" 8
	check same-arms "$(start x --policy default:a --policy default:a)" 1
	echo 0 >$SYSFS/enabled
	check switched-off "$(start x --policy $DIR/event-isolate.bpf.o) $(said 'switched off') $(state)" "6 yes "
	echo 1 >$SYSFS/enabled
	check several-by-pchid "$(start x --policy $DIR/event-isolate.bpf.o --policy $DIR/vote-isolate.bpf.o \
		--by pchid)" 1
	chmod 0666 /dev/null
	mkdir -p /var/lib/zrec
	ln -s /dev/null $FILE
	check file-of-others "$(start x --policy $DIR/event-isolate.bpf.o) $(enforced)" "8 "
	clean
}

# Each host draws one arm for itself, and all of its functions are in it
by_host() {
	check by-host "$(start x --policy $DIR/event-isolate.bpf.o --policy default --split 100)" 0
	check by-host-is-by-pchid "$(grep -c '"by_host": false' $FILE)" 1
	clean
	check by-host-policy "$(start x --policy $DIR/event-isolate.bpf.o --by host --split 100) $(enforced)" \
		"0 event-isolate"
	check by-host-no-canary "$(zrec policy status --format jsonl | grep -c only_for)" 0
	clean
	check by-host-default "$(start x --policy $DIR/event-isolate.bpf.o --by host --split 0) $(enforced) $(state)" \
		"0  runs"
	zrec policy apply $DIR/vote-isolate.bpf.o >/dev/null
	check by-host-not-the-default "$(state)" ended
	check by-host-stop "$(code zrec experiment stop) $(enforced)" "0 vote-isolate"
	clean
	check two-policies "$(start x --policy $DIR/event-isolate.bpf.o --policy $DIR/vote-isolate.bpf.o:v \
		--split 0) $(enforced) $(state)" "0 vote-isolate runs"
	clean
}

# Whatever ends the policy ends the experiment
ends() {
	start x --policy $DIR/event-isolate.bpf.o >/dev/null
	zrec policy rollback >/dev/null
	check rollback "$(state)" ended
	# What comes back is not counted, and stop ends it all the same
	zrec policy rollback >/dev/null
	check rollback-twice "$(state) $(enforced)" "ended event-isolate"
	check rollback-twice-stop "$(code zrec experiment stop) $(enforced)" "0 "
	clean
	start x --policy $DIR/event-isolate.bpf.o >/dev/null
	zrec policy apply $DIR/vote-isolate.bpf.o >/dev/null
	check replaced "$(state)" ended
	check replaced-stop "$(code zrec experiment stop) $(enforced)" "0 vote-isolate"
	clean
	start x --policy $DIR/one-isolation.bpf.o --split 100 >/dev/null
	# shellcheck disable=SC2046 # a list
	set -- $(fids 0)
	# The first one has been isolated before
	check harm "$(error_of "$2" "$3")" "isolated recovered "
	check harm-ejected "$(state)" ejected
	check harm-says-so "$(zrec experiment status | grep -c 'ejected one-isolation')" 1
	check harm-stop "$(code zrec experiment stop) $(enforced)" "0 "
	clean
	start x --policy $DIR/event-isolate.bpf.o >/dev/null
	sed -i 's/"boot_id": "[0-9a-f]*/"boot_id": "0/' $FILE
	check restarted "$(state)" rebooted
	zrec policy detach
	check restarted-start "$(start x --policy $DIR/event-isolate.bpf.o) $(state)" "0 runs"
	clean
}

# A command that is killed leaves the experiment as it was, or one that counts nothing and
# that stop undoes
killed() {
	for point in experiment-written experiment-meant experiment-enforced; do
		rc=$(ZREC_FAULT=$point code zrec experiment start x --policy $DIR/event-isolate.bpf.o)
		case "$point $(state)" in
		"experiment-written " | *" interrupted") left=good ;;
		*) left=$(state) ;;
		esac
		check "killed-$point" "$rc $left" "137 good"
		check "killed-$point-stop" "$(code zrec experiment stop)$(enforced)$(state)" 0
		check "killed-$point-start" "$(start x --policy $DIR/event-isolate.bpf.o) $(state)" "0 runs"
		clean
	done
	start x --policy $DIR/event-isolate.bpf.o >/dev/null
	check killed-stop "$(ZREC_FAULT=experiment-ended code zrec experiment stop) $(state)" "137 ended"
	check killed-stop-again "$(code zrec experiment stop)$(state)" 0
	clean
}

# The recorder writes down the arm of each recovery, and the report finds it
recorded() {
	clean
	zrec detach >/dev/null 2>&1
	mkdir -p /tmp/recorded
	zrec run --history /tmp/recorded/e.db >/tmp/run 2>&1 &
	run=$!
	patiently serves
	zrec record -o /tmp/recorded/beside.db >/tmp/beside 2>&1 &
	beside=$!
	patiently looks_on
	inject 0x3a
	start x --policy $DIR/event-reset.bpf.o:reset >/dev/null
	inject 0x3a
	inject 0x3a
	zrec policy detach
	inject 0x3a
	kill $beside
	wait $beside
	# The status is replaced at most once a second
	sleep 1
	zrec-exporter --textfile /tmp/recorded/e.prom
	kill $run
	wait $run
	check recorded-report "$(code zrec experiment report /tmp/recorded/e.db) $(cat /tmp/err)" "0 "
	check recorded-arms "$(zrec experiment report --format jsonl /tmp/recorded/e.db |
		sed -n 's/^{"arm":.*"arm":"\([a-z]*\)".*"recoveries":\([0-9]*\).*/\1 \2/p' |
		tr '\n' ' ')" "$(arms_of_twice)"
	check recorded-metrics "$(counted /tmp/recorded/e.prom)" "$(arms_of_twice)"
	check recorded-beside "$(rows /tmp/recorded/beside.db)" \
		"$(rows /tmp/recorded/e.db)"
	check recorded-beside-policies "$(policies /tmp/recorded/beside.db)" \
		"$(policies /tmp/recorded/e.db)"
}

# "ARM RECOVERIES " of each arm, as the metrics have them
counted() {
	for arm in default reset; do
		sum=0
		while read -r n; do
			sum=$((sum + ${n:-0}))
		done <<-END
			$(sed -n "s/^zrec_experiment_recoveries_total{.*arm=\"$arm\".* //p" "$1")
		END
		echo "$arm $sum"
	done | tr '\n' ' '
}

looks_on() {
	zrec status --format json | grep -q '"clients": 1,'
}

# The recoveries of a file, with experiment and arm
rows() {
	zrec history export --file "$1" | grep '^{"recovery"' | sort
}

policies() {
	zrec history export --file "$1" | grep '^{"policy_event"' |
		sed 's/.*"policy":"\([^"]*\)".*"what":"\([^"]*\)".*/\1 \2/' | sort | tr '\n' ' '
}

# One error of each function that was not isolated before
inject() {
	for device in /sys/bus/pci/devices/*; do
		inject-error "$(basename "$device")" --pec "$1"
	done
	sleep 1
}

arms_of_twice() {
	start x --policy $DIR/event-reset.bpf.o:reset >/dev/null
	echo "default $((2 * $(fids 1 | wc -w))) reset $((2 * $(fids 0 | wc -w))) "
	clean
}

echo zrec-guest >/etc/machine-id
mkdir -p /var/lib
arms_decide
in_the_way
by_host
ends
killed
recorded
end_checks
