#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: policies in the hands of operators. Prints TAP.
#   policy-guest.sh commands   zrec policy and bpftool, refused, killed at any step
#   policy-guest.sh errors     policies that misbehave, are in shadow, or are swapped
#                              while errors come
#   policy-guest.sh off        with zpci_policy=off on the kernel's command line
#   policy-guest.sh swaps      $SWAPS swaps while errors come, for the benchmarks

DIR=/usr/lib/zrec/tests/policies
SYSFS=/sys/kernel/zpci_recovery
PINS=/sys/fs/bpf/zrec/policy
BDF=$(basename "$(find /sys/bus/pci/devices -mindepth 1 | sort | head -n 1)")
SWAPS=${SWAPS:-600}
GROUP=policy-$1
nr=0

# check NAME GOT WANT: one test
check() {
	nr=$((nr + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $nr - $GROUP/$1"
	else
		echo "not ok $nr - $GROUP/$1 # got '$(echo "$2" | tr '\n' ' ')', want '$3'"
	fi
}

# The exit code of a command whose output is not looked at
code() {
	"$@" >/tmp/out 2>/tmp/err
	echo $?
}

# value FILE NAME: of the kernel's
value() {
	sed -n "s/^$2 //p" "$SYSFS/$1"
}

# patiently COMMAND...: until it succeeds, ten seconds at the most
patiently() {
	tries=0
	until "$@" 2>/dev/null || [ $tries -ge $((100 * ${GUEST_SLOW:-1})) ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}

# await FILE PATTERN: until a line of it has it; a file of its own, as what was in
# it before is there until the background job has opened it
await() {
	patiently grep -q "$2" "$1"
}

enforced_is() {
	[ "$(value enforced name)" = "$1" ]
}

apply() {
	code zrec policy apply "$DIR/$1.bpf.o"
}

shadow() {
	code zrec policy shadow "$DIR/$1.bpf.o"
}

nothing() {
	zrec policy detach --all 2>/dev/null
	echo 1 >$SYSFS/enabled
}

# Everything that a policy of zrec's is: what is enforced, in shadow, pinned
state() {
	echo "$(value enforced name) $(value shadow0 name) $(find $PINS 2>/dev/null | sort | tr '\n' ' ')"
}

# The function as it was at the beginning, under vfio-pci with nobody that has it open
closed() {
	dev=/sys/bus/pci/devices/$BDF
	[ ! -e "$dev/driver" ] || echo "$BDF" >"$dev/driver/unbind"
	echo 1 >"$dev/recover"
	[ ! -e "$dev/driver" ] || echo "$BDF" >"$dev/driver/unbind"
	echo vfio-pci >"$dev/driver_override"
	echo "$BDF" >/sys/bus/pci/drivers/vfio-pci/bind
}

# --- killed at every step -----------------------------------------------------

# killed STEP COMMAND...: dies there; what a next command does to it must be nothing
killed() {
	step=$1
	shift
	ZREC_FAULT=$step code zrec policy "$@"
}

# interrupted STEP WANTED GONE COMMAND...: the policy enforced right after the kill,
# and after the next command has put the names right, is the wanted one; then no
# name has GONE in it
interrupted() {
	step=$1
	wanted=$2
	gone=$3
	shift 3
	check "kill-at-$1-$step-kills" "$(killed "$step" "$@")" 137
	check "kill-at-$1-$step-old-or-new" "$(value enforced name)" "$wanted"
	# Any command that takes the lock will do; this one has nothing else to do
	zrec policy detach no-such-policy 2>/dev/null
	check "kill-at-$1-$step-same-after-repair" "$(value enforced name)" "$wanted"
	check "kill-at-$1-$step-nothing-left-over" \
		"$(find $PINS 2>/dev/null | grep -c -e next -e "$gone")" 0
}

kill_the_first() {
	for step in map-pinned attached; do
		nothing
		interrupted $step '' enforced apply "$DIR/event-isolate.bpf.o"
		check "kill-at-apply-$step-and-again" "$(apply event-isolate)" 0
	done
	nothing
	interrupted link-pinned event-isolate none apply "$DIR/event-isolate.bpf.o"
}

kill_a_swap() {
	for step in next-pinned swapped kept; do
		nothing
		apply event-isolate >/dev/null
		wanted=vote-isolate
		[ "$step" != next-pinned ] || wanted=event-isolate
		interrupted $step $wanted none apply "$DIR/vote-isolate.bpf.o"
		zrec policy rollback >/dev/null 2>&1
		if [ "$step" = next-pinned ]; then wanted=''; else wanted=event-isolate; fi
		check "kill-at-apply-$step-rollback" "$(value enforced name)" "$wanted"
	done
}

kill_others() {
	nothing
	apply event-isolate >/dev/null
	apply vote-isolate >/dev/null
	interrupted swapped event-isolate none rollback
	zrec policy rollback >/dev/null
	check kill-at-rollback-and-again "$(value enforced name)" vote-isolate
	interrupted detached '' enforced detach
	zrec policy rollback >/dev/null
	check kill-at-detach-rollback "$(value enforced name)" vote-isolate

	nothing
	shadow event-isolate >/dev/null
	interrupted promoted event-isolate shadow- promote
	check kill-at-promote-not-in-shadow "$(value shadow0 name)" ''
}

# --- commands -----------------------------------------------------------------

lifecycle() {
	nothing
	check apply "$(apply event-isolate) $(value enforced name)" "0 event-isolate"
	check apply-another "$(apply vote-isolate) $(value enforced name)" "0 vote-isolate"
	check rollback "$(code zrec policy rollback) $(value enforced name)" "0 event-isolate"
	check rollback-again "$(code zrec policy rollback) $(value enforced name)" "0 vote-isolate"
	check detach "$(code zrec policy detach) $(value enforced name)" "0 "
	check rollback-after-detach "$(code zrec policy rollback) $(value enforced name)" \
		"0 vote-isolate"
	check shadow "$(shadow event-isolate) $(value shadow0 name)" "0 event-isolate"
	check promote "$(code zrec policy promote) $(value enforced name)" "0 event-isolate"
	check promote-leaves-shadow "$(value shadow0 name)" ''
	check promote-flag "$(value enforced ejected)" 0
	check rollback-of-promote "$(code zrec policy rollback) $(value enforced name)" \
		"0 vote-isolate"
	shadow event-isolate >/dev/null
	check shadow-again "$(shadow event-isolate) $(value shadow0 name)$(value shadow1 name)" \
		"0 event-isolate"
	check detach-by-name "$(code zrec policy detach event-isolate) $(value shadow0 name)" "0 "
	apply event-isolate >/dev/null
	shadow event-isolate >/dev/null
	check detach-by-name-is-the-shadow \
		"$(code zrec policy detach event-isolate) $(value enforced name) $(value shadow0 name)" \
		"0 event-isolate "
	check detach-all "$(code zrec policy detach --all) $(state)" "0   "
	check detach-nothing "$(code zrec policy detach)" 0
	check first-rollback-is-the-default "$(apply event-isolate; zrec policy rollback)" \
		"0
no policy is enforced: the kernel decides by itself"
	nothing
}

# result COMMAND...: what it says in JSON, "command policy: before -> now", e for ejected
result() {
	zrec policy "$@" --format jsonl | sed -n 's/^{"result":{"command":"\([a-z]*\)"\(.*\)}}$/\1\2/p' |
		sed 's/,"policy":"\([^"]*\)"/ \1/
			s/,"before":/: /; s/,"now":/ -> /
			s/{"name":"\([^"]*\)","mode":"\([a-z]*\)","ejected":false}/\1 \2/g
			s/{"name":"\([^"]*\)","mode":"\([a-z]*\)","ejected":true}/\1 \2 e/g'
}

results() {
	nothing
	e='event-isolate enforced'
	v='vote-isolate enforced'
	check result-apply "$(result apply $DIR/event-isolate.bpf.o)" "apply event-isolate: [] -> [$e]"
	check result-swap "$(result apply $DIR/vote-isolate.bpf.o)" "apply vote-isolate: [$e] -> [$v]"
	check result-rollback "$(result rollback)" "rollback event-isolate: [$v] -> [$e]"
	check result-shadow "$(result shadow $DIR/reset-isolate.bpf.o)" \
		"shadow reset-isolate: [$e] -> [$e,reset-isolate shadow]"
	check result-promote "$(result promote)" \
		"promote reset-isolate: [$e,reset-isolate shadow] -> [reset-isolate enforced]"
	echo 0 >$SYSFS/enabled
	check result-ejected "$(result detach)" "detach reset-isolate: [reset-isolate enforced e] -> []"
	echo 1 >$SYSFS/enabled
	check result-detach-nothing "$(result detach)" "detach: [] -> []"
	apply event-isolate >/dev/null
	check result-detach-by-name "$(result detach event-isolate)" "detach event-isolate: [$e] -> []"
	apply event-isolate >/dev/null
	shadow reset-isolate >/dev/null
	check result-detach-all "$(result detach --all)" "detach: [$e,reset-isolate shadow] -> []"
	check result-rollback-to-none "$(apply event-isolate >/dev/null; result rollback)" \
		"rollback: [$e] -> []"
	check result-of-a-failure-is-none "$(zrec policy apply -f json no-such-policy 2>/dev/null)" ''
	zrec policy shadow --foreground --format json $DIR/event-isolate.bpf.o >/tmp/shown &
	pid=$!
	await /tmp/shown '^}'
	check result-foreground "$(grep -c '"name": "event-isolate"' /tmp/shown)" 1
	kill $pid
	wait $pid
	nothing
}

# Promoted are the programs that were in shadow, with their counts
promoted_decides() {
	nothing
	closed
	shadow event-isolate >/dev/null
	zrec policy promote >/dev/null
	inject-error "$BDF" --pec 0x3a
	check promoted-is-followed "$(value enforced isolations)" 1
	nothing
}

refusals() {
	nothing
	check refuse-no-such-policy "$(code zrec policy apply no-such-policy)" 8
	echo nonsense >/tmp/nonsense.conf
	check refuse-nonsense "$(code zrec policy apply /tmp/nonsense.conf)" 6
	check refuse-shadow-only "$(apply only-shadow)" 6
	check shadow-only-in-shadow "$(shadow only-shadow)" 0
	check check-sees-a-missing-link "$(code zrec policy check $DIR/no-link.bpf.o)" 6
	for name in bad-flag bad-limit bad-window short-window no-link; do
		check refuse-$name "$(apply $name)" 6
	done
	check refused-leaves-nothing "$(value enforced name)" ''
	apply event-isolate >/dev/null
	check refused-keeps-the-old "$(apply bad-limit) $(value enforced name)" "6 event-isolate"
	check rollback-of-nothing "$(nothing; code zrec policy rollback)" 8
	check promote-of-nothing "$(nothing; code zrec policy promote)" 8
	check usage-no-policy "$(code zrec policy apply)" 1
	check usage-canary "$(code zrec policy apply --canary x event-isolate)" 1
	nothing
}

switched_off() {
	nothing
	apply event-isolate >/dev/null
	shadow vote-isolate >/dev/null
	echo 0 >$SYSFS/enabled
	check switched-off-ejects "$(value enforced ejected) $(value shadow0 ejected)" "1 1"
	check switched-off-refuses "$(apply vote-isolate)" 6
	check switched-off-says-so "$(grep -c 'switched off' /tmp/err)" 1
	echo 1 >$SYSFS/enabled
	check switched-on-again "$(apply vote-isolate) $(value enforced name)" "0 vote-isolate"
	nothing
}

privileges() {
	nothing
	check no-capability-exits-4 "$(code with-caps none zrec policy apply $DIR/event-isolate.bpf.o)" 4
	check two-capabilities-apply \
		"$(code with-caps bpf,perfmon zrec policy apply $DIR/event-isolate.bpf.o)" 0
	check two-capabilities-swap \
		"$(code with-caps bpf,perfmon zrec policy apply $DIR/vote-isolate.bpf.o)" 0
	check two-capabilities-rollback "$(code with-caps bpf,perfmon zrec policy rollback)" 0
	check no-capability-status "$(code with-caps none zrec policy status)" 0
	check no-capability-claims-nothing \
		"$(with-caps none zrec policy status | grep -c 'not pinned')" 0
	check two-capabilities-detach "$(code with-caps bpf,perfmon zrec policy detach --all)" 0
}

# What status says of the enforced policy's functions, "" if it decides for all
canary() {
	zrec policy status | sed -n 's/^  canary \([^ ]*\), .*/\1/p'
}

canaries() {
	nothing
	zrec policy apply --canary fid=0x11,18 $DIR/event-isolate.bpf.o >/dev/null
	check canary-of-fids "$(canary)" fid=0x11,0x12
	check canary-takes-sys-admin \
		"$(with-caps bpf,perfmon,dac_override zrec policy status | grep -c CAP_SYS_ADMIN)" 1
	zrec policy shadow --canary 10% $DIR/vote-isolate.bpf.o >/dev/null
	check canary-of-a-shadow \
		"$(zrec policy status --format json | grep -o '"only_for": "[^"]*"' | tail -n 1)" \
		'"only_for": "10%"'
	zrec policy promote >/dev/null
	check canary-is-promoted "$(canary)" 10%
	zrec policy rollback >/dev/null
	check canary-is-rolled-back "$(canary)" fid=0x11,0x12
	apply event-isolate >/dev/null
	check canary-ends "$(zrec policy status | grep -ce canary -e CAP_SYS_ADMIN)" 0
	nothing
}

# --- without zrec, in the foreground ------------------------------------------

bpftool_only() {
	nothing
	mkdir -p /sys/fs/bpf/mine
	check bpftool-needs-a-link \
		"$(code bpftool struct_ops register $DIR/no-link.bpf.o /sys/fs/bpf/mine) $(value enforced name)" \
		"255 "
	check bpftool-registers \
		"$(code bpftool struct_ops register $DIR/event-isolate.bpf.o /sys/fs/bpf/mine) $(value enforced name)" \
		"0 event-isolate"
	closed
	inject-error "$BDF" --pec 0x3a
	check bpftool-is-followed "$(value enforced isolations)" 1
	check bpftool-status "$(zrec policy status | grep -c 'not pinned by zrec')" 1
	check bpftool-is-not-detached "$(code zrec policy detach) $(value enforced name)" "6 event-isolate"
	check bpftool-keeps-zrec-out "$(apply vote-isolate) $(value enforced name)" "6 event-isolate"
	rm -rf /sys/fs/bpf/mine/*
	# The kernel drops the link from a work queue
	patiently enforced_is ''
	check bpftool-gone-with-its-link "$(value enforced name)" ''
	check bpftool-shadow \
		"$(code bpftool struct_ops register $DIR/only-shadow.bpf.o /sys/fs/bpf/mine) $(value shadow0 name)" \
		"0 only-shadow"
	rm -rf /sys/fs/bpf/mine
}

wait_for() {
	patiently enforced_is "$1"
	value enforced name
}

foreground() {
	nothing
	for signal in TERM KILL; do
		zrec policy apply --foreground $DIR/event-isolate.bpf.o >/dev/null &
		pid=$!
		check "foreground-$signal-begins" "$(wait_for event-isolate)" event-isolate
		check "foreground-$signal-pins-nothing" "$(find /sys/fs/bpf -name map | wc -l)" 0
		kill -$signal $pid
		wait $pid 2>/dev/null
		check "foreground-$signal-ends-with-its-loader" "$(wait_for '')" ''
	done
	(zrec policy apply --foreground $DIR/event-isolate.bpf.o >/dev/null 2>/tmp/err; echo $? >/tmp/code) &
	wait_for event-isolate >/dev/null
	echo 0 >$SYSFS/enabled
	wait
	check foreground-ends-with-its-policy \
		"$(cat /tmp/code) $(grep -c 'the kernel has ended it' /tmp/err)" "6 1"
	nothing
	apply event-isolate >/dev/null
	check foreground-refused "$(code timeout $((20 * ${GUEST_SLOW:-1})) zrec policy apply --foreground $DIR/vote-isolate.bpf.o)" 6
	check pinned-outlives-its-loader "$(value enforced name)" event-isolate
	nothing
}

# --- under errors -------------------------------------------------------------

# What a recovery leaves in the log, without what differs from one to the next
log_of_an_error() {
	dmesg -c >/dev/null
	nvme-error --errors 1 | sed -n 's/^ *uevent: *//p'
	dmesg | sed 's/^\[[^]]*\] //'
}

shadow_leaves_no_trace() {
	nothing
	dev=/sys/bus/pci/devices/$BDF
	[ ! -e "$dev/driver" ] || echo "$BDF" >"$dev/driver/unbind"
	echo 1 >"$dev/recover"
	echo >"$dev/driver_override"
	[ -e "$dev/driver" ] || echo "$BDF" >/sys/bus/pci/drivers/nvme/bind
	# Warm up: what is only said the first time
	nvme-error --errors 1 >/dev/null
	log_of_an_error >/tmp/without
	for name in event-isolate vote-isolate reset-isolate; do
		shadow $name >/dev/null
	done
	log_of_an_error >/tmp/shadow
	check shadow-log-and-uevents-are-the-same "$(diff /tmp/without /tmp/shadow)" ''
	check shadow-log-has-uevents "$(grep -c RECOVERY /tmp/shadow)" 2
	check shadow-recorded-it \
		"$(value shadow0 disagreements) $(value shadow1 disagreements) $(value shadow2 disagreements)" \
		"1 1 1"
	nothing
}

# Two that are asked everything change places while errors come: in every recovery
# all three decisions are made by one of them or the other
swaps_under_errors() {
	nothing
	closed
	# Room for all of them
	zrec watch -n 0 --ring-size 8388608
	apply whole-a >/dev/null
	(
		while [ ! -e /tmp/stop ]; do
			inject-error "$BDF" --pec 0x3a --count 20
		done
	) &
	injector=$!
	apply whole-b >/dev/null
	check swaps-all-work \
		"$(code swap-policies $PINS/enforced/link $PINS/enforced/map $PINS/previous/map "$SWAPS")" 0
	for _ in 1 2 3; do
		zrec policy rollback >/dev/null
	done
	touch /tmp/stop
	wait $injector
	rm /tmp/stop
	timeout $((5 * ${GUEST_SLOW:-1})) zrec watch --format jsonl >/tmp/spans
	recoveries=$(grep -c '"recovery"' /tmp/spans)
	echo "# $recoveries recoveries in $SWAPS swaps"
	check swaps-met-errors "$([ "$recoveries" -gt 20 ] && echo many)" many
	check swaps-all-were-seen "$(sed -n 's/.*"lost":{"no_slot":0,"ring_full":0,.*/none lost/p' /tmp/spans)" \
		"none lost"
	check swaps-no-decision-without-a-policy \
		"$(grep '"recovery"' /tmp/spans | grep -vc '"decisions":3,')" 0
	check swaps-both-were-asked \
		"$(grep -c '"name":"whole-a"' /tmp/spans | sed 's/^[1-9].*/some/') $(grep -c '"name":"whole-b"' /tmp/spans | sed 's/^[1-9].*/some/')" \
		"some some"
	zrec detach
	nothing
}

# --- programs that misbehave --------------------------------------------------

misbehaving() {
	nothing
	for name in writes-context-fail endless-loop-fail sleepable-fail no-name-fail; do
		check "refuses-$name" "$(apply $name) $(value enforced name)" "6 "
	done
	closed
	for name in full-map long-loop tail-call; do
		nothing
		check "takes-$name" "$(apply $name)" 0
		inject-error "$BDF" --pec 0x3a --count 12
		check "$name-was-asked" "$([ "$(value enforced decisions)" -ge 12 ] && echo yes)" yes
		check "$name-hurts-nobody" "$(wc -l <"/sys/bus/pci/devices/$BDF/reset_method")" 1
	done
	nothing
	# The stated bound: three functions, then the kernel's own decision
	apply event-isolate >/dev/null
	for _ in 1 2 3 4 5; do
		closed
		inject-error "$BDF" --pec 0x3a
	done
	check always-isolate-is-ejected "$(value enforced ejected) $(value enforced isolations)" "1 4"
	check always-isolate-why "$(value exit kind) $(value exit code)" "budget 1"
	nothing
}

# What zrec watch makes of it
watched() {
	nothing
	zrec detach 2>/dev/null
	closed
	zrec watch -n 0
	apply event-isolate >/dev/null
	shadow vote-reset >/dev/null
	inject-error "$BDF" --pec 0x3a
	closed
	apply event-invalid >/dev/null
	inject-error "$BDF" --pec 0x3a
	timeout $((10 * ${GUEST_SLOW:-1})) zrec watch --count 2 >/tmp/lines
	check watch-shows-an-applied-verdict \
		"$(grep -c 'isolated .* policy, policy event-isolate: event isolate (applied)' /tmp/lines)" 1
	check watch-shows-a-clamped-verdict \
		"$(grep -c 'policy event-invalid: event 3 (clamped)' /tmp/lines)" 1
	check watch-shows-a-shadow \
		"$(grep -c 'shadow vote-reset: vote reset (not applied)' /tmp/lines)" 1
	zrec detach
	nothing
}

# All ways that a policy ends in, seen while they happen; each is told where it happened
ends_watched() {
	nothing
	zrec detach 2>/dev/null
	zrec watch --fid 0x11 >/tmp/ends &
	watcher=$!
	await /tmp/ends OUTCOME
	apply one-isolation >/dev/null
	for _ in 1 2; do
		closed
		inject-error "$BDF" --pec 0x3a
	done
	await /tmp/ends budget
	check watch-shows-an-ejection-live \
		"$(grep -c '^[A-Z].*:.*  policy one-isolation ended: too many functions given up (budget, code 1)$' /tmp/ends)" 1
	await /tmp/ends recovered
	check watch-shows-it-before-its-recovery \
		"$(grep -o -e ' isolated ' -e ' ended' -e ' recovered ' /tmp/ends | tr -d '\n')" \
		" isolated  ended recovered "
	check watch-shows-what-the-budget-refused \
		"$(grep -c ' recovered .* policy one-isolation: event isolate (over budget)' /tmp/ends)" 1
	apply vote-isolate >/dev/null
	apply event-isolate >/dev/null
	zrec policy detach
	shadow vote-reset >/dev/null
	echo 0 >$SYSFS/enabled
	await /tmp/ends killed
	kill $watcher
	wait $watcher
	check watch-ends-cleanly $? 0
	check watch-shows-all-ends "$(sed -n 's/.*policy \(.*\) ended: /\1: /p' /tmp/ends | tail -n +2 | tr '\n' ' ')" \
		"vote-isolate: replaced event-isolate: detached vote-reset: switched off (killed) "
	zrec detach
	nothing
}

# More ends than the smallest ring has room for, and nobody reads
ends_lost() {
	nothing
	zrec watch -n 0 --ring-size 4096
	apply whole-a >/dev/null
	apply whole-b >/dev/null
	swap-policies $PINS/enforced/link $PINS/enforced/map $PINS/previous/map 100
	zrec latency --format json >/tmp/latency
	lost=$(sed -n 's/.*"policy_exits_lost": *\([0-9]*\).*/\1/p' /tmp/latency)
	check ends-are-counted "$(grep -c '"policy_exits": 101,' /tmp/latency)" 1
	timeout $((5 * ${GUEST_SLOW:-1})) zrec watch --format json >/tmp/ends 2>/tmp/err
	check ends-read-and-lost-are-all \
		"$(($(grep -c '"kind": "replaced"' /tmp/ends) + lost)) $([ "$lost" -gt 0 ] && echo lost)" "101 lost"
	check lost-ends-are-told "$(grep -c "ends of policies lost: $lost ($lost so far): the ring buffer was full" /tmp/err)" 1
	zrec detach
	nothing
}

off() {
	check parameter-switches-off "$(cat $SYSFS/enabled)" 0
	check parameter-refuses "$(apply event-isolate)" 6
	check parameter-refuses-shadow "$(shadow event-isolate)" 6
	check bpftool-is-refused "$(code bpftool struct_ops register $DIR/event-isolate.bpf.o /sys/fs/bpf)" 255
	closed
	inject-error "$BDF" --pec 0x3a
	check nothing-was-decided "$(cat $SYSFS/enforced)" ''
	echo 1 >$SYSFS/enabled
	check can-be-switched-on "$(apply event-isolate) $(value enforced name)" "0 event-isolate"
}

if [ ! -e $SYSFS ]; then
	echo "ok 1 - $GROUP/all # SKIP this kernel has no policies"
	echo 1..1
	exit
fi
case $1 in
commands)
	lifecycle
	results
	promoted_decides
	refusals
	switched_off
	privileges
	canaries
	bpftool_only
	foreground
	kill_the_first
	kill_a_swap
	kill_others
	;;
errors)
	watched
	ends_watched
	ends_lost
	shadow_leaves_no_trace
	misbehaving
	swaps_under_errors
	;;
off) off ;;
swaps) swaps_under_errors ;;
*)
	echo "Usage: policy-guest.sh commands|errors|off|swaps" >&2
	exit 1
	;;
esac
check kernel-log-clean "$(dmesg | grep -E 'BUG:|WARNING:|Oops|INFO: task|circular locking|detected stall')" ''
echo "1..$nr"
