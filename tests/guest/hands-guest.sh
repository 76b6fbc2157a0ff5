#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: zrec's pins, and who else has their hands in bpffs. Prints TAP.
# First the attacks of hands_test, then what needs zPCI: a real observation, policies.

# shellcheck disable=SC2034 # for check.sh
SUITE=hands
# shellcheck source=tests/guest/facts.sh
. facts.sh
# shellcheck source=tests/guest/check.sh
. check.sh

DIR=/usr/lib/zrec/tests/policies
SYSFS=/sys/kernel/zpci_recovery
PINS=/sys/fs/bpf/zrec
SLOW=${GUEST_SLOW:-1}	# how much more patience the kernel needs

observers() {
	bpftool prog show | grep -c 'name recovery_end'
}

# 0 observers, but only when the kernel has had the time to let go of them
none_observes() {
	tries=0
	while [ "$(observers)" != 0 ] && [ $tries -lt $((50 * ${GUEST_SLOW:-1})) ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	observers
}

attacks() {
	hands_test "$(command -v zrec)" >/tmp/attacks
	grep -v '^1\.\.' /tmp/attacks
	nr=$(grep -cE '^(ok|not ok) ' /tmp/attacks)
	check attacks-all-of-them "$(grep -c '^1\.\.[1-9]' /tmp/attacks)" 1
}

# A second bpffs over the first: the pins are there, and nobody can reach them
covered() {
	check begin "$(code zrec watch --count 0) $(observers)" "0 1"
	mount -t bpf bpf /sys/fs/bpf
	check covered-watch "$(code zrec watch --count 0) $(said 'out of reach')" "8 yes"
	check covered-one-observer "$(observers)" 1
	check covered-latency "$(code zrec latency) $(said 'umount /sys/fs/bpf')" "8 yes"
	check covered-detach "$(code zrec detach) $(said 'out of reach')" "8 yes"
	check covered-blind-says-so \
		"$(code with-caps bpf,perfmon,dac_override zrec detach) $(said CAP_SYS_ADMIN)" "0 yes"
	umount /sys/fs/bpf
	check uncovered "$(code zrec latency) $(code zrec detach) $(none_observes)" "0 0 0"
	# What has just been ended is not taken for one that is out of reach
	check again "$(code zrec watch --count 0; code zrec detach; code zrec watch --count 0)" "0
0
0"
	check detach "$(code zrec detach) $(none_observes)" "0 0"
}

# Somebody else's pin among ours
foreign() {
	zrec watch --count 0
	bpftool map create $PINS/observe/maps/theirs type array key 4 value 4 entries 1 name theirs
	check foreign-detach "$(code zrec detach) $(said maps/theirs)" "8 yes"
	check foreign-stays "$(find $PINS -type f)" $PINS/observe/maps/theirs
	check foreign-but-nothing-observes "$(none_observes)" 0
	check foreign-in-the-way "$(code zrec watch --count 0) $(said maps/theirs)" "8 yes"
	rm $PINS/observe/maps/theirs
	check foreign-moved-away "$(code zrec watch --count 0) $(code zrec detach)" "0 0"
	check foreign-nothing-left "$(find /sys/fs/bpf -mindepth 1)" ''

	zrec policy apply $DIR/event-isolate.bpf.o >/dev/null
	bpftool map create $PINS/policy/enforced/theirs type array key 4 value 4 entries 1 name theirs
	check foreign-policy-detach "$(code zrec policy detach) $(said enforced/theirs)" "8 yes"
	check foreign-policy-has-ended "$(enforced)" ''
	check foreign-policy-apply "$(code zrec policy apply $DIR/vote-isolate.bpf.o) $(enforced)" \
		"0 vote-isolate"
	check foreign-policy-stays "$(find $PINS -name theirs)" $PINS/policy/enforced/theirs
	rm $PINS/policy/enforced/theirs
	check foreign-policy-nothing-left "$(code zrec policy detach --all) $(find /sys/fs/bpf -mindepth 1)" "0 "
}

# What doctor says of NAME: "verdict detail"
doctor() {
	zrec doctor 2>/tmp/err | sed -n "s/^$1 *\([a-z_]*\) */\1 /p"
}

# Where the pins are, who may write there, and the kill switch
told_by_doctor() {
	check doctor-bpffs-of-everybody "$(doctor bpffs)" \
		"note /sys/fs/bpf, mode 1777: others can write there; to keep them out: chmod 0700 /sys/fs/bpf"
	chmod 0700 /sys/fs/bpf
	check doctor-bpffs-of-root "$(doctor bpffs)" "ok /sys/fs/bpf, mode 0700"
	chmod 1777 /sys/fs/bpf
	mkdir -m 0777 $PINS
	check doctor-bpffs-not-to-be-trusted "$(doctor bpffs | cut -d ' ' -f 1) $(code zrec doctor)" "fixable 8"
	rmdir $PINS
	umount /sys/fs/bpf
	check doctor-bpffs-not-mounted "$(doctor bpffs)" \
		"fixable not mounted; run: mount -t bpf -o mode=0700 bpf /sys/fs/bpf"
	mount -t bpf bpf /sys/fs/bpf
	check doctor-jit "$(doctor jit)" "ok switched on"
	# this kernel cannot switch it off (CONFIG_BPF_JIT_ALWAYS_ON): only the file is another one
	echo 0 >/tmp/jit
	mount --bind /tmp/jit /proc/sys/net/core/bpf_jit_enable
	check doctor-jit-off "$(doctor jit | cut -d : -f 1) $(code zrec doctor)" "degraded switched off 3"
	umount /proc/sys/net/core/bpf_jit_enable
	check doctor-policies "$(doctor policies)" "ok allowed; none is enforced"
	echo 0 >$SYSFS/enabled
	check doctor-kill-switch "$(doctor policies)" \
		"note switched off; 'echo 1 >$SYSFS/enabled' allows them"
	echo 1 >$SYSFS/enabled
	zrec watch --count 0
	mount -t bpf bpf /sys/fs/bpf
	check doctor-out-of-reach "$(doctor observing | cut -d , -f 1) $(said 'out of reach')" "fixable yes yes"
	umount /sys/fs/bpf
	zrec detach
}

# --- a pin that cannot be opened ------------------------------------------------

# One policy enforced, one before it, one in shadow
three_policies() {
	zrec policy detach --all 2>/dev/null
	zrec policy apply $DIR/event-isolate.bpf.o >/dev/null
	zrec policy apply $DIR/vote-isolate.bpf.o >/dev/null
	zrec policy shadow $DIR/reset-isolate.bpf.o >/dev/null
}

# failing NAME NEW COMMAND...: with the first, second, ... bpf_obj_get() failing. What
# is enforced after success is NEW, else the policy that was; the next command that
# takes the lock changes nothing in that, and rollback has something to go back to.
failing() {
	name=$1
	new=$2
	shift 2
	call=0
	bad=''
	three_policies
	while :; do
		call=$((call + 1))
		rc=$(ZREC_FAULT=obj-get:$call:12 code "$@")
		grep -q '^fault: ' /tmp/err || break
		want=vote-isolate
		[ "$rc" -ne 0 ] || want=$new
		[ "$(enforced)" = "$want" ] || bad="$bad $call:rc=$rc,enforced=$(enforced)"
		[ "$rc" -lt 128 ] || bad="$bad $call:rc=$rc"
		zrec policy detach no-such-policy 2>/dev/null
		[ "$(enforced)" = "$want" ] || bad="$bad $call:repaired=$(enforced)"
		[ -e $PINS/policy/previous/map ] || [ "$rc $name" = "0 detach-all" ] ||
			bad="$bad $call:no-previous"
		# A policy that is enforced and not pinned is lost to its owner
		[ -z "$(enforced)" ] || [ -e $PINS/policy/enforced/link ] || bad="$bad $call:no-link"
		[ "$rc" -ne 0 ] || three_policies
	done
	check "failing-$name" "$bad" ''
	check "failing-$name-calls" "$([ $call -gt 4 ] && echo several)" several
	check "failing-$name-at-last" "$rc $(enforced)" "0 $new"
}

failing_pins() {
	failing apply reset-isolate zrec policy apply $DIR/reset-isolate.bpf.o
	failing rollback event-isolate zrec policy rollback
	failing promote reset-isolate zrec policy promote
	failing shadow vote-isolate zrec policy shadow $DIR/reset-reset.bpf.o
	failing detach '' zrec policy detach
	failing detach-all '' zrec policy detach --all
	failing status vote-isolate zrec policy status
	zrec policy detach --all 2>/dev/null
}

# The same for an observation: none ends, and no second one begins. The second call is
# about what may be missing in it, which is no reason to fail
failing_observation() {
	zrec watch --count 0
	bad=''
	call=0
	while :; do
		call=$((call + 1))
		rc=$(ZREC_FAULT=obj-get:$call:12 code zrec watch --count 0)
		grep -q '^fault: ' /tmp/err || break
		[ "$rc" -ne 0 ] || [ $call = 2 ] || bad="$bad $call:rc=0"
		grep -q 'zrec: .*annot' /tmp/err || bad="$bad $call:silent"
		[ "$(observers)" = 1 ] || bad="$bad $call:observers=$(observers)"
	done
	check failing-watch "$bad" ''
	check failing-watch-at-last "$rc $call" "0 3"
	zrec detach
	check failing-nothing-left "$(find /sys/fs/bpf -mindepth 1)" ''
}

# --- commands that are killed ---------------------------------------------------

# How many links there are, and how many of one error the observation reports
whole() {
	inject-error "$BDF" --pec 0x2b
	echo "$(find $PINS/observe/links -type f | wc -l) links," \
		"$(timeout $((20 * SLOW)) zrec watch --count 1 --format jsonl | grep -c '^{"recovery"') seen"
}

# killed POINT CODE COMMAND...: it dies there and leaves nothing that passes for an
# observation; the next command puts that right, be it one that begins or one that ends
killed() {
	point=$1 dies=$2
	shift 2
	for next in watch detach; do
		[ "$1" = watch ] || zrec watch --count 0
		check "killed-$point" "$(ZREC_FAULT=$point code zrec "$@")" "$dies"
		check "killed-$point-status" "$(code zrec status) $(grep -c '^observed  *nothing' /tmp/out)" "8 1"
		if [ $next = watch ]; then
			check "killed-$point-watch" "$(code zrec watch --count 0) $(whole)" "0 $undisturbed"
		fi
		check "killed-$point-detach-after-$next" "$(code zrec detach) $(none_observes)" "0 0"
		check "killed-$point-nothing-left-by-$next" "$(find /sys/fs/bpf -mindepth 1)" ''
	done
}

killed_commands() {
	zrec watch --count 0
	undisturbed=$(whole)
	zrec detach
	for point in renamed unlinking unmapping emptied; do
		killed detach-$point 137 detach
	done
	# What loads is a process of its own, whose end the command reports
	killed begin-loaded 7 watch --count 0
}

# Who reads an observation that is half ended waits for nothing any more
killed_beside_a_reader() {
	zrec watch --count 0
	timeout $((20 * SLOW)) zrec watch >/tmp/reader.out 2>/tmp/reader.err &
	reader=$!
	await /tmp/reader.out OUTCOME
	check reader-killed "$(ZREC_FAULT=detach-renamed code zrec detach)" 137
	wait $reader
	check reader-ends "$? $(grep -c 'observation was ended' /tmp/reader.err)" "0 1"
	check reader-detach "$(code zrec detach) $(none_observes)" "0 0"
}

# --- links that are removed by hand ---------------------------------------------

# missing: the list of the JSON document
missing() {
	zrec status --format json | tr -d ' \n' | sed -n 's/.*"missing":\[\([^]]*\)\].*/\1/p'
}

# Whoever joins the observation says so
removed_links() {
	zrec watch --count 0
	check complete-status "$(code zrec status) $(grep -c '^missing' /tmp/out) $(missing)" "0 0 "
	check complete-watch "$(code zrec watch --count 0) $(said 'begin again')" "0 no"
	rm $PINS/observe/links/step_end $PINS/observe/links/pending
	check missing-status "$(code zrec status) $(grep -c 's390_zpci_[a-z_]*: somebody removed the link' /tmp/out)" "8 2"
	check missing-json "$(missing)" '"s390_zpci_pending","s390_zpci_step_end"'
	check missing-watch "$(code zrec watch --count 0) $(said "'zrec detach', then 'zrec watch'")" "0 yes"
	check missing-watch-is-one-line "$(wc -l </tmp/err) $(said s390_zpci_pending)" "1 yes"
	check missing-latency "$(code zrec latency) $(said "'zrec detach', then 'zrec watch'")" "0 yes"
	check missing-doctor "$(doctor observing | cut -d , -f 1,2)" \
		"fixable yes, but 2 of its links were removed"
	rm -r $PINS/observe/links
	check missing-directory "$(code zrec status) $(missing | grep -c step_begin)" "8 1"
	check missing-detach "$(code zrec detach) $(none_observes)" "0 0"
	check missing-nothing-left "$(find /sys/fs/bpf -mindepth 1)" ''
}

attacks
covered
foreign
told_by_doctor
failing_pins
failing_observation
killed_commands
killed_beside_a_reader
removed_links
end_checks
