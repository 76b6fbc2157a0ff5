#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: zrec run records under errors, is killed, restarted, held up and looked at.
# Records what there is to know, for check-recorded to judge.
#   record-guest.sh SCENARIO...
# A scenario is one of the functions below. It begins with nothing observed and no history,
# and its facts go into a directory of its own, /host/SCENARIO.

# shellcheck source=tests/guest/facts.sh
. facts.sh

DB=/tmp/history/history.db
SLOW=${GUEST_SLOW:-1}	# how much more patience the kernel needs
RECOVERABLE=0x3a	# the driver recovers them, which takes a while
MEASUREMENT=0x2b	# recoveries that end at once, with nothing done
recorder='' watchers=''	# processes in the background

# recorder FILE [OPTION...]: zrec run in the background; what it says goes to the file
recorder() {
	local file=$1

	shift
	zrec run --history "$DB" "$@" >"$file" 2>&1 &
	recorder=$!
	patiently serves
}

# end_recorder [SIGNAL]: its exit code is printed
end_recorder() {
	kill -"${1:-TERM}" "$recorder"
	wait "$recorder"
	echo $?
}

# watcher FILE [OPTION...]: a zrec watch in the background that writes JSON lines there
watcher() {
	local file=$1

	shift
	: >"$file"	# there before the background job has made it
	zrec watch --format jsonl "$@" >"$file" 2>"$file.err" &
	watchers="$watchers $!"
}

end_watchers() {
	# shellcheck disable=SC2086 # several
	kill $watchers
	# shellcheck disable=SC2086
	wait $watchers
	watchers=''
}

# recoveries FILE N: whether so many are in it
recoveries() {
	[ "$(grep -c '^{"recovery"' "$1")" -ge "$2" ]
}

error() {
	inject-error "$BDF" --pec $RECOVERABLE "$@"
}

quick() {
	inject-error "$BDF" --pec $MEASUREMENT "$@"
}

# recorded N: whether the recorder that runs has committed so many
recorded() {
	[ "$(zrec status --format json | sed -n 's/^.*"recorded": \([0-9]*\).*$/\1/p')" -ge "$1" ]
}

# The history as it is now, for the checker
keep() {
	cp "$DB"* .
}

# What a service does all day: it records, and others look on
looked_at() {
	recorder run.log
	watcher one.jsonl
	watcher two.jsonl --pec $MEASUREMENT
	patiently looks_on 2
	error --count 10
	quick --count 10
	patiently recoveries one.jsonl 20
	fact status zrec status --format json
	fact status-text zrec status
	fact latency zrec latency --by pec --format json
	# the recorder reads its file for them
	fact history zrec history --format json
	fact history-text zrec history --limit 3
	fact history-stats zrec history stats --format json
	fact history-bad zrec history show 4711
	fact history-export sh -c 'zrec history export | head -n 1'
	zrec history export >export.jsonl
	fact exported zrec history --file export.jsonl --format json
	fact exported-stats zrec history stats --by host --file export.jsonl --format json
	fact second zrec run --history /tmp/history/second.db
	fact after-second zrec status --format json
	end_watchers
	end_recorder >run.code
	keep
}

looks_on() {
	zrec status --format json | grep -q "\"clients\": $1,"
}

# all_shown N: whether both together have shown so many
all_shown() {
	[ "$(cat watch.jsonl other.jsonl | grep -c '^{"recovery"')" -ge "$1" ]
}

# A zrec watch reads, a recorder begins, ends, and begins again
handed_over() {
	zrec watch --count 0
	watcher watch.jsonl
	# the recorder records none of these
	error --count 5
	patiently recoveries watch.jsonl 5
	recorder run-1.log
	error --count 5
	patiently recoveries watch.jsonl 10
	# of the two one reads again, and the other waits
	watcher other.jsonl
	patiently looks_on 2
	end_recorder >run-1.code
	# the history lacks these
	error --count 3
	patiently all_shown 13
	recorder run-2.log
	patiently looks_on 2
	error --count 20
	patiently all_shown 53
	end_watchers
	end_recorder >run-2.code
	keep
}

# Killed between the rows and the commit, and between the commit and the ring
killed_at() {
	recorder run-1.log
	error --count 3
	patiently recorded 3
	end_recorder KILL >run-1.code
	ZREC_FAULT=$1 zrec run --history $DB >run-2.log 2>&1
	echo $? >run-2.code
	error --count 4
	ZREC_FAULT=$1 zrec run --history $DB >run-3.log 2>&1
	echo $? >run-3.code
	recorder run-4.log
	error --count 5
	patiently recorded 5
	end_recorder >run-4.code
	keep
}

storm() {
	until [ -e calm ]; do
		quick --count 3
		error
	done
}

# kill -9 at any time, under errors: ROUNDS of it
killed() {
	# the kernel's command line says how many
	# shellcheck disable=SC2153
	rounds=$((ROUNDS / SLOW))
	zrec watch --count 0
	storm &
	storm=$!
	for i in $(seq "$rounds"); do
		zrec run --history $DB >>run.log 2>&1 &
		recorder=$!
		sleep "0.$(((i * 7919) % 400 + 100))"
		end_recorder KILL >>killed.codes
	done
	touch calm
	wait $storm
	recorder last.log
	error
	patiently recorded 1
	fact status zrec status --format json
	end_recorder >run.code
	echo "$rounds" >rounds
	keep
}

# gone_on SECONDS: the clock is set so much forward or back, and three errors happen. In the
# file steps is the moment before and after them
gone_on() {
	date -s "@$(($(date +%s) + $1))" >/dev/null
	echo "$(date +%s) $(($(date +%s) + 60))" >>steps
	error --count 3
}

# The clock is set while zrec run records, while it does not, and while another reads
clock_is_set() {
	day=86400
	recorder run.log --keep-days 1
	gone_on 0
	patiently recorded 3
	gone_on 18000
	patiently recorded 6
	gone_on -32400
	patiently recorded 9
	# to an age at which all of that would be removed
	gone_on $((3 * day))
	patiently recorded 12
	end_recorder >run-1.code
	# which a recorder does first
	recorder run.log --keep-days 1
	gone_on 0
	patiently recorded 3
	end_recorder >run-2.code
	date -s "@$(($(date +%s) - 6 * day))" >/dev/null
	zrec watch --count 0
	error --count 2
	zrec watch --count 2 >/dev/null
	recorder run.log --keep-days 1
	gone_on $((3 * day + 14400))
	patiently recorded 3
	fact history zrec history --format json
	fact since zrec history --since -1h --format json
	end_recorder >run-3.code
	keep
}

# schema_version N: what SQLite has at byte 60 of a file that nobody has open
schema_version() {
	printf '\000\000\000%b' "\\000$1" | dd of=$DB bs=1 seek=60 conv=notrunc 2>/dev/null
}

alone() {
	[ "$(ls /tmp/history)" = history.db ]
}

# A file of a newer zrec is in the place of the history, and then it is one that we know
newer_schema() {
	recorder run-1.log
	error --count 3
	patiently recorded 3
	end_recorder >run-1.code
	schema_version 2
	cp $DB before.db
	recorder run-2.log
	watcher one.jsonl
	patiently looks_on 1
	error --count 4
	patiently recoveries one.jsonl 4
	patiently fails
	fact status zrec status --format json
	fact status-text zrec status
	fact history zrec history
	fact record zrec record -o $DB --count 1
	# the recorder looks once a second, with SQLite's files beside it for a moment
	patiently alone
	ls /tmp/history >names
	cp $DB after.db
	end_watchers
	schema_version 1
	patiently recorded 4
	error --count 2
	patiently recorded 6
	fact history-after zrec history --format json
	end_recorder >run-2.code
	keep
}

# No room on the disk, and room again
full_disk() {
	mkdir -p /tmp/history
	mount -t tmpfs -o size=12m,mode=0700 tmpfs /tmp/history
	recorder run.log
	error --count 5
	patiently recorded 5
	dd if=/dev/zero of=/tmp/history/fill bs=1k 2>/dev/null
	error --count 10
	quick --count 300
	patiently fails
	fact full zrec status --format json
	fact full-text zrec status
	rm /tmp/history/fill
	patiently recorded 315
	fact free zrec status --format json
	end_recorder >run.code
	keep
	umount /tmp/history
}

fails() {
	zrec status --format json | grep -q '"recording": false'
}

# A watch that is stopped holds up nobody
stopped() {
	recorder run.log
	watcher stopped.jsonl
	patiently looks_on 1
	# shellcheck disable=SC2086 # the one
	kill -STOP $watchers
	for _ in $(seq 20); do
		quick --count 100
		sleep 0.1
	done
	patiently recorded 1800
	fact status zrec status --format json
	# shellcheck disable=SC2086
	kill -CONT $watchers
	quick --count 1
	patiently grep -q 'came faster' stopped.jsonl.err
	patiently recorded 1801
	end_watchers
	end_recorder >run.code
	keep
}

# The ring buffer overflows while nobody records
overflow() {
	zrec watch --count 0
	quick --count 1500
	fact status zrec status --format json
	recorder run.log
	patiently recorded 1
	error --count 1
	patiently recorded 2
	end_recorder >run.code
	keep
}

# What is no history is set aside where this host has its history, and elsewhere it stays
damaged() {
	local DB=/var/lib/zrec/history.db

	head -c 20000 /dev/urandom >/tmp/history/letter
	cp /tmp/history/letter before
	zrec run --history /tmp/history/letter >letter.log 2>&1 &
	recorder=$!
	patiently grep -q 'name another file' letter.log
	end_recorder >letter.code
	ls /tmp/history >letter.names
	cp /tmp/history/letter letter.after

	rm -rf /var/lib/zrec
	mkdir -p /var/lib/zrec
	cp before $DB
	recorder run.log
	error --count 2
	patiently recorded 2
	end_recorder >run.code
	cat $DB.damaged* >after
	keep
	rm -rf /var/lib/zrec
}

# Where others can put files beside it: root follows none of their links, and takes none of their rows
among_others() {
	local dir=/tmp/history/others

	mkdir $dir
	chown 65534:65534 $dir
	echo secret >/tmp/history/secret
	for suffix in '' -wal -shm -journal; do
		ln -s /tmp/history/secret $dir/case.db$suffix
	done
	fact record zrec record -o $dir/case.db --count 1
	rm $dir/case.db
	fact record-beside zrec record -o $dir/case.db --count 1
	rm $dir/*
	chmod 1777 $dir
	chown 0:0 $dir
	fact record-sticky zrec record -o $dir/case.db --count 1
	zrec run --history $dir/case.db >run.log 2>&1 &
	recorder=$!
	patiently grep -q 'others could' run.log
	end_recorder >run.code
	ls -l /tmp/history/secret $dir >names
	cp /tmp/history/secret .
}

# Somebody of the group zrec reads the history, which is root's, through the recorder
member() {
	cp /etc/group group
	echo 'zrec:x:65534:' >>/etc/group
	rm -rf /run/zrec
	recorder run.log
	error --count 2
	patiently recorded 2
	fact history with-caps none zrec history --format json
	fact stats with-caps none zrec history stats --by driver --format json
	fact show with-caps none zrec history show 1
	fact export with-caps none zrec history export
	fact status with-caps none zrec status --format json
	fact file with-caps none zrec history --file $DB
	fact node with-caps none zrec history --function /root
	end_recorder >run.code
	cat group >/etc/group
	rm -rf /run/zrec
	recorder other.log
	fact stranger with-caps none zrec history
	end_recorder >other.code
	keep
}

# Pages of what is recorded: for root and for somebody of the group zrec, who have the recorder
# read for them, and for nobody else
reported() {
	cp /etc/group group
	echo 'zrec:x:65534:' >>/etc/group
	rm -rf /run/zrec
	mkdir /tmp/history/theirs
	chown 65534:65534 /tmp/history/theirs
	chmod 0755 /tmp/history
	recorder run.log
	error --count 4
	quick --count 2
	patiently recorded 6
	fact report zrec report -o report.html
	fact filtered zrec report --pec $MEASUREMENT -o filtered.html
	fact output zrec report -o -
	fact member with-caps none zrec report -o /tmp/history/theirs/member.html
	stat -c %u /tmp/history/theirs/member.html >owner
	cp /tmp/history/theirs/member.html .
	# where root may write, and they may not
	fact beyond with-caps none zrec report -o /tmp/history/beyond.html
	fact full zrec report -o /dev/full
	zrec history export >case.jsonl
	fact what-if zrec replay case.jsonl -p isolate-flapping -p passthrough-deadline --what-if \
		--report -o what-if.html
	end_recorder >run.code
	cat group >/etc/group
	rm -rf /run/zrec
	recorder other.log
	cp report.html /tmp/history/theirs/before.html
	chown 65534:65534 /tmp/history/theirs/before.html
	fact stranger with-caps none zrec report -o /tmp/history/theirs/before.html
	cp /tmp/history/theirs/before.html .
	ls /tmp/history/theirs >names
	end_recorder >other.code
	keep
}

# The observation ends under the recorder
detached() {
	recorder run.log
	error --count 3
	fact detach zrec detach
	wait "$recorder"
	echo $? >run.code
	keep
}

# signs N: whether the manager has had so many signs of life
signs() {
	[ "$(grep -c WATCHDOG=1 manager.log)" -ge "$1" ]
}

# As a service: a manager listens, and wants a sign of life each second
managed() {
	manager /tmp/history/notify >manager.log &
	manager=$!
	patiently test -S /tmp/history/notify
	printf '[history]\nkeep-days = 7\n' >/tmp/history/zrec.conf
	export NOTIFY_SOCKET=/tmp/history/notify WATCHDOG_USEC=2000000
	recorder run.log /tmp/history/zrec.conf
	unset NOTIFY_SOCKET WATCHDOG_USEC
	patiently signs 3
	error --count 2
	patiently recorded 2
	zrec watch --count 0
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$recorder/status" >rss
	printf '[history]\nkeep-days = 8\n[observe]\nroom = 128\n' >/tmp/history/zrec.conf
	kill -HUP "$recorder"
	patiently grep -q 'read again' run.log
	printf '[history]\nkeep-day = 9\n' >/tmp/history/zrec.conf
	kill -HUP "$recorder"
	patiently grep -q 'is not taken' run.log
	error --count 1
	patiently recorded 3
	ring-records /sys/fs/bpf/zrec/observe/maps/spans >left
	fact status zrec status --format json
	cp manager.log before.log
	rm /sys/fs/bpf/zrec/observe/links/recovery_begin
	patiently grep -q 'no sign of life' run.log
	grep -c WATCHDOG=1 manager.log >signs-then
	sleep 3
	grep -c WATCHDOG=1 manager.log >signs-later
	end_recorder >run.code
	patiently grep -q STOPPING=1 manager.log
	kill $manager
	keep
}

# The kernel ejects a policy: it does not come back by itself, not even after a reboot
ejected() {
	rm -rf /var/lib/zrec/ejected
	recorder run.log
	zrec policy apply /usr/lib/zrec/tests/policies/one-clamp.bpf.o
	error --count 3
	patiently test -s /var/lib/zrec/ejected/one-clamp
	end_recorder >run.code
	# as a reboot does
	zrec policy detach --all
	printf '[policy one-clamp]\nmode = enforce\nfile = %s\n' \
		/usr/lib/zrec/tests/policies/one-clamp.bpf.o >/tmp/history/policy.conf
	fact restore zrec policy restore /tmp/history/policy.conf
	cp /var/lib/zrec/ejected/one-clamp why
	fact retry zrec policy restore --retry /tmp/history/policy.conf
	ls /var/lib/zrec/ejected >left
	zrec policy detach --all
	keep
}

# acted FILE N: whether the commands have written so many lines into it
acted() {
	[ "$(wc -l <"/tmp/acted/$1")" -ge "$2" ]
}

# What zrec actions is told to run: all of it writes below /tmp/acted
actions_conf() {
	cat <<-END
		[action env]
		command = /bin/sh -c 'env >"/tmp/acted/env.\$ZPCI_ID"; echo "\$ZPCI_ID" >>/tmp/acted/ran'
		pec = $RECOVERABLE
		burst = 1000
		queue = 256
		[action hang]
		command = /bin/sh -c 'echo \$\$ >>/tmp/acted/hung; sleep 1000'
		pec = $MEASUREMENT
		timeout = 1
		[action missing]
		command = /usr/bin/none "an argument"
		pec = $MEASUREMENT
		[action open]
		command = /bin/sh -c 'echo "\$ZPCI_ID \$ZPCI_STEP" >>/tmp/acted/open'
		event = open
		[action ejected]
		command = /bin/sh -c 'env >/tmp/acted/ejected'
		event = policy-ejected
	END
}

# Somebody of the group zrec without any right runs commands, while recorders come, go and are killed
acting() {
	cp /etc/group group
	echo 'zrec:x:65534:' >>/etc/group
	rm -rf /run/zrec /run/zrec-actions /tmp/acted
	mkdir /run/zrec-actions /tmp/acted
	: >/tmp/acted/ran
	: >/tmp/acted/open
	chown -R 65534:65534 /run/zrec-actions /tmp/acted
	actions_conf >/tmp/history/zrec.conf
	chmod 0711 /tmp/history
	fact check zrec run --check-config /tmp/history/zrec.conf
	manager /tmp/acted/notify >manager.log &
	manager=$!
	patiently test -S /tmp/acted/notify
	chmod 0777 /tmp/acted/notify
	NOTIFY_SOCKET=/tmp/acted/notify ZPCI_FID=forged \
		with-caps none zrec actions /tmp/history/zrec.conf >actions.log 2>&1 &
	actions=$!
	patiently grep -q 'waiting for it' actions.log
	recorder run-1.log --open-after 1
	patiently grep -q 'shares what it records' actions.log
	zrec watch --format jsonl >watch.jsonl 2>watch.err &
	watchers=$!
	patiently looks_on 2
	error --count 3
	patiently acted ran 3
	quick --count 1
	patiently grep -q 'did not end within' actions.log
	# one that stays open
	: >hold.out
	hold-next error_detected --seconds 3 >hold.out 2>hold.err &
	holder=$!
	await hold.out armed
	error --count 1
	wait $holder
	patiently acted ran 4
	zrec policy apply /usr/lib/zrec/tests/policies/one-clamp.bpf.o
	error --count 3
	patiently test -s /tmp/acted/ejected
	zrec policy detach --all
	patiently acted ran 7
	cp watch.jsonl shown.jsonl
	end_watchers
	fact status zrec status --format json
	fact status-text zrec status
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$actions/status" >rss
	cat "/proc/$actions/status" >actions.status
	end_recorder KILL >run-1.code
	# shared, and not in the file: the next recorder shares it again
	error --count 5
	ZREC_FAULT=record-filled zrec run --history $DB >run-2.log 2>&1
	recorder run-3.log
	patiently acted ran 12
	error --count 1
	patiently acted ran 13
	sleep 2
	kill -TERM $actions
	wait $actions
	echo $? >actions.code
	end_recorder >run.code
	patiently grep -q STOPPING=1 manager.log
	kill $manager
	# what hung is not there any more
	ps >processes
	cp /tmp/acted/* .
	rm -rf /run/zrec /tmp/acted
	cat group >/etc/group
	keep
}

# For others to read
recording() {
	zrec watch --count 0
	error --count 2
	fact record zrec record -o /tmp/history/case.db --count 2
	cp /tmp/history/case.db* .
	# while a recorder runs
	recorder run.log
	fact beside zrec record -o /tmp/history/beside.db --count 3 &
	pid=$!
	patiently looks_on 1
	error --count 3
	wait $pid
	end_recorder >run.code
	cp /tmp/history/beside.db .
	keep
}

# What goes to a full device is not read
unwritten() {
	zrec watch --count 0
	error --count 1
	zrec watch --format jsonl --count 1 >/dev/full 2>full.err
	echo $? >full.code
	timeout $((20 * SLOW)) zrec watch --format jsonl --count 1 >next.jsonl
}

# scrape NAME [OPTION...]: the page of the exporter that runs
scrape() {
	local name=$1

	shift
	wget -q -O "$name" "$@" http://127.0.0.1:19714/metrics
}

# Somebody of the group zrec without any right exports what is observed, and what is observed later
scraped() {
	cp /etc/group group
	echo 'zrec:x:65534:' >>/etc/group
	ip link set lo up
	chmod 0711 /sys/fs/bpf
	rm -rf /run/zrec
	with-caps none zrec-exporter >exporter.log 2>&1 &
	exporter=$!
	patiently scrape none.prometheus
	zrec watch --count 0
	scrape idle.prometheus
	error --count 2
	quick --count 1
	zrec watch --count 3 --format jsonl >watch.jsonl 2>watch.err
	scrape after.prometheus
	scrape after.openmetrics --header 'Accept: application/openmetrics-text;version=1.0.0'
	zrec latency --by driver --format json >latency.json
	zrec detach
	scrape detached.prometheus
	zrec watch --count 0
	scrape again.prometheus
	zrec policy shadow passthrough-deadline
	scrape policy.prometheus
	zrec policy detach passthrough-deadline
	with-caps none zrec-exporter --textfile /tmp/zrec.prom
	mv /tmp/zrec.prom textfile.prometheus
	cat /proc/$exporter/status >exporter.status
	chmod 0700 /sys/fs/bpf
	scrape closed.prometheus
	chmod 0711 /sys/fs/bpf
	kill $exporter
	wait $exporter
	echo $? >exporter.code
	cat group >/etc/group
}

# Which policies were in force, and how they ended
policies() {
	recorder run.log
	zrec policy shadow passthrough-deadline
	error --count 1
	zrec policy promote
	error --count 1
	patiently recorded 2
	zrec policy detach
	error --count 1
	patiently recorded 3
	end_recorder >run.code
	keep
}

# entries N: whether the journal has so many
entries() {
	[ "$(wc -l <journal.jsonl)" -ge "$1" ]
}

isolated() {
	bound vfio-pci
	error
}

# A journald of the test's own: what it gets, and what becomes of what it does not read
journal() {
	mkdir -p /run/systemd/journal
	# as systemd sets it
	echo 512 >/proc/sys/net/unix/max_dgram_qlen
	fake-journald /run/systemd/journal/socket >journal.jsonl 2>journal.err &
	journald=$!
	patiently test -S /run/systemd/journal/socket
	bound nvme
	recorder run-1.log --open-after 2
	nvme-error --errors 1 >nvme.log
	patiently entries 1
	: >hold.out
	hold-next error_detected --seconds 5 >hold.out 2>hold.err &
	holder=$!
	await hold.out armed
	error
	wait $holder
	patiently entries 3
	fact apply zrec policy apply /usr/lib/zrec/tests/policies/one-isolation.bpf.o
	isolated
	isolated
	patiently entries 7
	fact detach zrec policy detach
	bound nvme
	end_recorder KILL >run-1.code
	recorder run-2.log --open-after 2
	error
	patiently recorded 1
	sleep 1
	fact calm zrec status --format json
	cp journal.jsonl calm.jsonl
	for _ in $(seq 10); do
		quick --count 100
		sleep 0.1
	done
	patiently recorded 1001
	fact storm zrec status --format json
	sleep 5
	patiently grep -q ZPCI_HELD_BACK journal.jsonl
	cp journal.jsonl storm.jsonl
	fact memory grep VmRSS "/proc/$recorder/status"
	end_recorder >run-2.code
	# it hangs, and then it is gone
	kill -STOP $journald
	recorder run-3.log
	error --count 40
	patiently recorded 40
	fact stuck zrec status --format json
	kill -KILL $journald
	rm -r /run/systemd
	error
	patiently recorded 41
	fact gone zrec status --format json
	fact gone-text zrec status
	end_recorder >run.code
	keep
}

for scenario; do
	mkdir -p "/host/$scenario"
	cd "/host/$scenario" || exit 1
	rm -rf /tmp/history
	mkdir /tmp/history
	case $scenario in
	killed-at-*) killed_at "${scenario#killed-at-}" ;;
	*) "$(echo "$scenario" | tr - _)" ;;
	esac >log 2>&1
	dmesg -c >kernel.log
	zrec detach >/dev/null 2>&1
done
