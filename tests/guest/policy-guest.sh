#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: policies in the hands of operators. Records what happens, for
# check-policies to judge; here nothing is expected.
#   policy-guest.sh SCENARIO[:ARGUMENT]...
# A scenario is one of the functions below. It begins with no policy, and its facts
# go into a directory of its own, /host/SCENARIO[:ARGUMENT].

# shellcheck source=tests/guest/facts.sh
. facts.sh

DIR=/usr/lib/zrec/tests/policies
SYSFS=/sys/kernel/zpci_recovery
PINS=/sys/fs/bpf/zrec/policy
MINE=/sys/fs/bpf/mine
SLOW=${GUEST_SLOW:-1}	# how much more patience the kernel needs

# kernel LABEL: records what the kernel and bpffs have
kernel() {
	grep -s '' $SYSFS/* >"$1.kernel"
	find /sys/fs/bpf -mindepth 1 | sort >"$1.pins"
}

# act LABEL COMMAND...: a fact, and what the kernel and bpffs have right after it
act() {
	fact "$@"
	kernel "$1"
}

# apply NAME [OPTION...], shadow NAME [OPTION...]: a policy of the tests
apply() {
	local name=$1

	shift
	zrec policy apply "$@" "$DIR/$name.bpf.o"
}

shadow() {
	local name=$1

	shift
	zrec policy shadow "$@" "$DIR/$name.bpf.o"
}

switch() {
	echo "$1" >$SYSFS/enabled
}

enforced_is() {
	[ "$(sed -n 's/^name //p' $SYSFS/enforced)" = "$1" ]
}

# One error, or the options' number of them
error() {
	inject-error "$BDF" --pec 0x3a "$@"
}

observe() {
	zrec watch -n 0 "$@"
}

# read_all FORMAT [SECONDS]: what is unread
read_all() {
	timeout $((${2:-5} * SLOW)) zrec watch --format "$1"
}

# --- commands -----------------------------------------------------------------

rollbacks() {
	act apply apply event-isolate
	act apply-another apply vote-isolate
	act rollback zrec policy rollback
	act rollback-again zrec policy rollback
	act detach zrec policy detach
	act rollback-after-detach zrec policy rollback
}

rollback_of_the_first() {
	apply event-isolate
	act rollback zrec policy rollback
}

# policy_conf SECTION...: a file for zrec policy restore, "NAME MODE FUNCTIONS" each
policy_conf() {
	: >/tmp/policy.conf
	for section; do
		# shellcheck disable=SC2086 # three words
		set -- $section
		printf '[policy %s]\nmode = %s\nfunctions = %s\nfile = %s\n' "$1" "$2" "$3" \
			"$DIR/$1.bpf.o" >>/tmp/policy.conf
	done
}

# What is wanted after a boot comes, once
restores() {
	policy_conf "event-isolate enforce all" "vote-isolate shadow all"
	act restore zrec policy restore /tmp/policy.conf
	act restore-again zrec policy restore /tmp/policy.conf
	act detach zrec policy detach --all
	policy_conf "event-isolate enforce all" "vote-isolate enforce all"
	act two zrec policy restore /tmp/policy.conf
	printf '[policy event-isolate]\nmode = force\n' >/tmp/policy.conf
	act mistake zrec policy restore /tmp/policy.conf
	policy_conf "event-isolat enforce all" "vote-isolate shadow all"
	act absent zrec policy restore /tmp/policy.conf
}

# What the kernel ejected stays out, until somebody wants it
stays_ejected() {
	mkdir -p /var/lib/zrec/ejected
	echo "too many isolations" >/var/lib/zrec/ejected/event-isolate
	policy_conf "event-isolate enforce all"
	act ejected zrec policy restore /tmp/policy.conf
	act retry zrec policy restore --retry /tmp/policy.conf
	ls /var/lib/zrec/ejected >after-retry
	zrec policy detach
	echo "too many isolations" >/var/lib/zrec/ejected/event-isolate
	act by-hand apply event-isolate
	ls /var/lib/zrec/ejected >after-by-hand
}

promotes() {
	apply vote-isolate
	act shadow shadow event-isolate
	act promote zrec policy promote
	act rollback zrec policy rollback
}

detaches() {
	shadow event-isolate
	act shadow-again shadow event-isolate
	act by-name zrec policy detach event-isolate
	apply event-isolate
	shadow event-isolate
	act by-name-of-both zrec policy detach event-isolate
	act all zrec policy detach --all
	act nothing zrec policy detach
}

results() {
	act apply apply event-isolate --format jsonl
	act swap apply vote-isolate --format jsonl
	act rollback zrec policy rollback --format jsonl
	act shadow shadow reset-isolate --format jsonl
	act promote zrec policy promote --format jsonl
	switch 0
	act ejected zrec policy detach --format jsonl
	switch 1
	act nothing zrec policy detach --format jsonl
	apply event-isolate
	act by-name zrec policy detach event-isolate --format jsonl
	apply event-isolate
	shadow reset-isolate
	act all zrec policy detach --all --format jsonl
	apply event-isolate
	act rollback-to-none zrec policy rollback --format jsonl
	act failure zrec policy apply -f json no-such-policy
}

result_in_the_foreground() {
	zrec policy shadow --foreground --format json $DIR/event-isolate.bpf.o >shadow.out &
	await shadow.out '^}'
	kill $!
	wait
}

# Promoted are the programs that were in shadow, with their counts
promoted_decides() {
	bound vfio-pci
	shadow event-isolate
	zrec policy promote
	error
	kernel decided
}

refusals() {
	echo nonsense >nonsense.conf
	act no-such-policy zrec policy apply no-such-policy
	act nonsense zrec policy apply nonsense.conf
	act check-no-link zrec policy check $DIR/no-link.bpf.o
	act shadow-only apply only-shadow
	for name in bad-flag bad-limit bad-window short-window no-link; do
		act $name apply $name
	done
	act shadow-only-in-shadow shadow only-shadow
	apply event-isolate
	act instead-of-another apply bad-limit
	act no-policy-named zrec policy apply
	act no-canary zrec policy apply --canary x event-isolate
}

nothing_there() {
	act rollback zrec policy rollback
	act promote zrec policy promote
}

switched_off() {
	apply event-isolate
	shadow vote-isolate
	switch 0
	kernel off
	act apply-while-off apply vote-isolate
	switch 1
	act apply-again apply vote-isolate
}

privileges() {
	act none-apply with-caps none zrec policy apply $DIR/event-isolate.bpf.o
	act two-apply with-caps bpf,perfmon zrec policy apply $DIR/event-isolate.bpf.o
	act two-swap with-caps bpf,perfmon zrec policy apply $DIR/vote-isolate.bpf.o
	act two-rollback with-caps bpf,perfmon zrec policy rollback
	act none-status with-caps none zrec policy status
	act two-detach with-caps bpf,perfmon zrec policy detach --all
}

canaries() {
	apply event-isolate --canary fid=0x11,18
	fact of-fids zrec policy status
	fact no-sys-admin with-caps bpf,perfmon,dac_override zrec policy status
	shadow vote-isolate --canary 10%
	fact of-a-shadow zrec policy status --format json
	zrec policy promote
	fact promoted zrec policy status
	zrec policy rollback
	fact rolled-back zrec policy status
	apply event-isolate
	act ended zrec policy status
}

# rule_file PATH VALUE: a policy "mine", with one rule about a FID
rule_file() {
	mkdir -p "${1%/*}"
	cat >"$1" <<-END
		# by hand
		[policy]
		name = mine
		mode = enforce
		[rule only]
		fid = $2
		event = isolate
	END
}

# Rules are read back from the kernel, whatever became of their file
rules_in_force() {
	local tree=$PWD/tree

	export ZREC_POLICY_DIR="$tree"
	rule_file "$tree/stable/first.conf" 0x99
	rule_file "$tree/testing/second.conf" 0x98
	fact nothing-enforced zrec policy diff first
	act apply zrec policy apply second
	fact list zrec policy list --format json
	fact list-plain with-caps none zrec policy list --format json
	fact same zrec policy diff second
	fact different zrec policy diff enforced first
	fact plain with-caps none zrec policy diff second
	rm "$tree/testing/second.conf"
	fact gone zrec policy show --rules enforced
	fact other-left zrec policy list --format json
	zrec policy shadow first
	zrec policy promote
	fact promoted zrec policy diff first
	zrec policy rollback
	fact rolled-back zrec policy show --rules enforced
	apply event-isolate
	fact object zrec policy diff first
	act detach zrec policy detach
	fact detached zrec policy diff first
}

# --- without zrec, in the foreground ------------------------------------------

# registered LABEL NAME: by bpftool alone
registered() {
	mkdir -p $MINE
	act "$1" bpftool struct_ops register "$DIR/$2.bpf.o" $MINE
}

bpftool_only() {
	registered no-link no-link
	registered register event-isolate
	bound vfio-pci
	error
	act status zrec policy status
	act detach zrec policy detach
	act apply apply vote-isolate
	rm -r $MINE
	# The kernel drops the link from a work queue
	patiently enforced_is ''
	kernel unlinked
	registered shadow only-shadow
	rm -r $MINE
}

# foreground_ends SIGNAL: the loader's
foreground_ends() {
	zrec policy apply --foreground $DIR/event-isolate.bpf.o &
	patiently enforced_is event-isolate
	kernel begun
	kill -"$1" $!
	wait $!
	patiently enforced_is ''
	kernel ended
}

foreground_ejected() {
	fact loader timeout $((20 * SLOW)) zrec policy apply --foreground $DIR/event-isolate.bpf.o &
	patiently enforced_is event-isolate
	switch 0
	wait
}

foreground_refused() {
	apply event-isolate
	act loader timeout $((20 * SLOW)) zrec policy apply --foreground $DIR/vote-isolate.bpf.o
}

# --- killed at every step -----------------------------------------------------

# killed_at STEP COMMAND...: dies there; then a command that has nothing to do but
# puts the names right
killed_at() {
	local step=$1

	shift
	act killed env ZREC_FAULT="$step" zrec policy "$@"
	act repaired zrec policy detach no-such-policy
}

kill_the_first() {
	killed_at "$1" apply $DIR/event-isolate.bpf.o
	act again apply event-isolate
}

kill_a_swap() {
	apply event-isolate
	killed_at "$1" apply $DIR/vote-isolate.bpf.o
	act rollback zrec policy rollback
}

kill_a_rollback() {
	apply event-isolate
	apply vote-isolate
	killed_at "$1" rollback
	act again zrec policy rollback
}

kill_a_detach() {
	apply event-isolate
	apply vote-isolate
	killed_at "$1" detach
	act rollback zrec policy rollback
}

kill_a_promote() {
	shadow event-isolate
	killed_at "$1" promote
}

# --- pins that are removed or replaced by hand ---------------------------------

shadow_is_gone() {
	! grep -qs "^name $1" $SYSFS/shadow[0-3]
}

# Promoted, but still pinned as in shadow; then its link goes
link_of_a_promoted_removed() {
	shadow event-isolate
	ZREC_FAULT=promoted zrec policy promote
	rm $PINS/shadow-event-isolate/link
	patiently shadow_is_gone event-isolate
	act apply apply vote-isolate
	act rollback zrec policy rollback
}

# What is in the way is one policy in shadow; all others can be changed
shadow_is_broken() {
	shadow event-isolate
	shadow reset-isolate
	rm $PINS/shadow-event-isolate/link
	mkdir $PINS/shadow-event-isolate/link
	patiently shadow_is_gone event-isolate
	act apply apply vote-isolate
	act promote zrec policy promote reset-isolate
	act rollback zrec policy rollback
	act detach zrec policy detach
	rmdir $PINS/shadow-event-isolate/link
	act repaired zrec policy detach no-such-policy
}

# Not a link, where one belongs
link_is_a_map() {
	shadow event-isolate
	rm $PINS/shadow-event-isolate/link
	bpftool map create $PINS/shadow-event-isolate/link type array key 4 value 8 entries 1 name theirs
	patiently shadow_is_gone event-isolate
	act apply apply vote-isolate
	act shadow-again shadow event-isolate
	rm $PINS/shadow-event-isolate/link
}

# --- under errors -------------------------------------------------------------

# log_of_an_error LABEL: the uevents of a recovery, and what it leaves in the log
log_of_an_error() {
	dmesg -c >>kernel.log
	fact "$1" nvme-error --errors 1
	dmesg -c >"$1.log"
	cat "$1.log" >>kernel.log
}

shadow_leaves_no_trace() {
	bound nvme
	# Warm up: what is only said the first time
	nvme-error --errors 1
	log_of_an_error without
	for name in event-isolate vote-isolate reset-isolate; do
		shadow $name
	done
	log_of_an_error with
	kernel with
}

# Two that are asked everything change places while errors come: in every recovery
# all three decisions are made by one of them or the other
swaps() {
	bound vfio-pci
	# Room for all of them
	observe --ring-size 16777216
	apply whole-a
	: >going-on
	while [ -e going-on ]; do
		error --count 20
	done &
	apply whole-b
	echo "${SWAPS:=600}" >number
	fact swaps swap-policies $PINS/enforced/link $PINS/enforced/map $PINS/previous/map "$SWAPS"
	for _ in 1 2 3; do
		zrec policy rollback
	done
	rm going-on
	wait
	# The share is slower than the reader
	read_all jsonl >/tmp/watch.jsonl
	mv /tmp/watch.jsonl .
}

# --- programs that misbehave --------------------------------------------------

refused_programs() {
	for name in writes-context endless-loop sleepable no-name; do
		act $name apply $name-fail
	done
}

# hungry_program NAME: one that the kernel lets in
hungry_program() {
	bound vfio-pci
	act apply apply "$1"
	error --count 12
	kernel asked
	cat "$DEVICE/reset_method" >reset_method
}

# The stated bound: three functions, then the kernel's own decision
always_isolates() {
	apply event-isolate
	for _ in 1 2 3 4 5; do
		bound vfio-pci
		error
	done
	kernel ejected
}

# What zrec watch makes of it
watched() {
	bound vfio-pci
	observe
	apply event-isolate
	shadow vote-reset
	error
	bound vfio-pci
	apply event-invalid
	error
	timeout $((10 * SLOW)) zrec watch --count 2 >watch.out
}

# Before anybody was asked to recover it: a function of the host, one of vfio that
# nobody has open, and one in user hands
isolated_at_once() {
	observe
	apply event-isolate
	bound nvme
	error
	bound vfio-pci
	error
	bound vfio-pci
	vfio-nvme "$BDF"
	read_all jsonl >recoveries.jsonl
}

# All ways that a policy ends in, seen while they happen; each is told where it happened
ends_watched() {
	local watcher

	zrec watch --fid 0x11 >watch.out &
	watcher=$!
	await watch.out OUTCOME
	apply one-isolation
	for _ in 1 2; do
		bound vfio-pci
		error
	done
	await watch.out budget
	await watch.out recovered
	cp watch.out budget.out
	apply vote-isolate
	apply event-isolate
	zrec policy detach
	shadow vote-reset
	switch 0
	await watch.out killed
	kill $watcher
	wait $watcher
	echo $? >watch.code
}

# More ends than the smallest ring has room for, and nobody reads
ends_lost() {
	observe --ring-size 4096
	apply whole-a
	apply whole-b
	swap-policies $PINS/enforced/link $PINS/enforced/map $PINS/previous/map 100
	fact latency zrec latency --format json
	fact watch read_all json
}

# With zpci_policy=off on the kernel's command line
off() {
	kernel boot
	act apply apply event-isolate
	act shadow shadow event-isolate
	act bpftool bpftool struct_ops register $DIR/event-isolate.bpf.o /sys/fs/bpf
	bound vfio-pci
	error
	kernel decided
	switch 1
	act switched-on apply event-isolate
}

# --- all of them --------------------------------------------------------------

# What a scenario leaves behind is not there for the next one
clean_up() {
	zrec policy detach --all
	zrec detach
	echo "$ENABLED" >$SYSFS/enabled
} >>log 2>&1

# A process of its own, so that no variable outlives it
scenario() (
	mkdir -p "/host/$1" && cd "/host/$1" || exit
	clean_up
	echo "$1:"
	"${1%%:*}" "${1#*:}"
	dmesg -c >>kernel.log
)

if [ ! -e $SYSFS ]; then
	: >/host/no-policies
	exit
fi
ENABLED=$(cat $SYSFS/enabled)
for name; do
	scenario "$name"
done
