#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: what zrec says of recoveries that stay open, of clocks that are set, of
# functions that come again and of very many. Records it, for check-observed to judge.
#   observe-guest.sh SCENARIO...
# A scenario is one of the functions below. It begins with nothing observed and no
# policy, and its facts go into a directory of its own, /host/SCENARIO.

# shellcheck source=tests/guest/facts.sh
. facts.sh

OTHER=0002:00:00.0
PINS=/sys/fs/bpf/zrec/observe/maps
SLOTS=/sys/bus/pci/slots
SLOW=${GUEST_SLOW:-1}	# how much more patience the kernel needs
watcher='' user=''	# processes in the background
MEASUREMENT=0x2b	# recoveries that end at once, with nothing done

observe() {
	zrec watch -n 0 "$@"
}

# look LABEL: what zrec status says, in both formats, and how long the guest is up
look() {
	cut -d ' ' -f 1 /proc/uptime >"$1.uptime"
	fact "$1" zrec status --format json
	fact "$1-text" zrec status
}

# reader FILE [OPTION...]: a zrec watch in the background that writes JSON lines there
reader() {
	local file=$1

	shift
	: >"$file"	# there before the background job has made it
	zrec watch --format jsonl "$@" >"$file" 2>"$file.err" &
	watcher=$!
}

# recoveries FILE N: whether so many have ended
recoveries() {
	[ "$(grep -c '^{"recovery"' "$1")" -ge "$2" ]
}

end_reader() {
	kill "$watcher"
	wait "$watcher"
}

# One error, or the options' number of them
error() {
	inject-error "$BDF" --pec 0x3a "$@"
}

# The shipped policy wants to be seen in shadow first
enforce() {
	zrec policy shadow passthrough-deadline
	zrec policy promote
}

# A user of the function who does one thing for each go_on
user() {
	rm -f go
	mkfifo go
	: >user.out
	vfio-nvme "$BDF" --steps --return-to-nvme <go >user.out 2>user.err &
	user=$!
	echo $user >user.pid
	exec 3>go
	await user.out 'before the error'
}

# go_on NEXT: until it waits before that
go_on() {
	echo >&3
	await user.out "before the $1"
}

user_ends() {
	echo >&3
	exec 3>&-
	wait "$user"
	echo $? >user.code
}

# --- open ---------------------------------------------------------------------

# A driver that does not answer, and an error that waits for it
driver_hangs() {
	observe
	reader watch --open-after 2
	: >hold.out
	hold-next error_detected --seconds 10 >hold.out 2>hold.err &
	holder=$!
	await hold.out armed
	error &
	first=$!
	await hold.out held
	error &
	second=$!
	sleep 1
	look early
	sleep 5
	look late
	wait "$holder"
	echo $? >hold.code
	wait $first $second
	patiently recoveries watch 2
	look over
	end_reader
}

# A user who lets two errors be, while a deadline runs
user_sleeps() {
	enforce
	observe
	reader watch --open-after 2
	user
	go_on reading
	look unread
	error
	sleep 4
	look joined
	go_on reset
	look "read"
	user_ends
	patiently recoveries watch 1
	look over
	end_reader
}

# Who opened the device before anybody observed is known as soon as it acts
user_was_there() {
	user
	observe
	go_on reading
	look before
	go_on reset
	look after
	user_ends
	fact ended zrec watch -n 1 --format jsonl
}

# A reader that comes when another one has read of the event
reader_comes_late() {
	observe
	user
	reader first --open-after 0
	go_on reading
	patiently grep -q open_recovery first
	end_reader
	reader second --open-after 1
	patiently grep -q open_recovery second
	go_on reset
	user_ends
	patiently recoveries second 1
	end_reader
}

wakeups() {
	sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$watcher/status"
}

# A reader with nothing to do, and the end of what it reads
nothing_happens() {
	observe
	reader watch
	await watch meta
	sleep 2
	wakeups >before
	sleep 10
	wakeups >after
	zrec detach
	patiently ended "$watcher" || kill "$watcher"
	wait "$watcher"
	echo $? >watch.code
}

ended() {
	! kill -0 "$1"
}

# --- clock --------------------------------------------------------------------

# Whatever happened before the clock was set, happened when it did
set_clock() {
	enforce
	date +%s >begin
	observe
	zrec policy detach
	user
	go_on reading
	BDF=$OTHER
	error --count 2
	date +%s >end
	date -s '2030-01-01 00:00:00' >/dev/null
	fact watch-text zrec watch -n 1
	fact watch zrec watch -n 1 --format jsonl
	look status
	date -s "@$(($(cat end) + $(date +%s) - 1893456000))" >/dev/null
	go_on reset
	user_ends
}

# --- lives --------------------------------------------------------------------

# An event whose handle is of another time is dropped
dropped() {
	inject-error "$BDF" --fh 0x12345678 "$@"
}

there() {
	[ -e "/sys/bus/pci/devices/$BDF/driver" ]
}

power() {
	echo "$1" >$SLOTS/00000012/power
}

# Each error is of the life in which it happened
two_lives() {
	BDF=$OTHER
	observe
	dropped
	error
	dropped
	power 0
	power 1
	patiently there
	error
	dropped --count 2
	fact latency zrec latency --by function --format json
	fact latency-text zrec latency --by function
	fact ended timeout $((20 * SLOW)) zrec watch -n 6 --format jsonl
}

# --- sequence -----------------------------------------------------------------

# The smallest ring there is, and nobody reads what recoveries and policies leave there
overload() {
	observe --ring-size 4096
	zrec policy apply /usr/lib/zrec/tests/policies/whole-a.bpf.o
	zrec policy apply /usr/lib/zrec/tests/policies/whole-b.bpf.o
	inject-error "$BDF" --pec $MEASUREMENT --count 300
	swap-policies /sys/fs/bpf/zrec/policy/enforced/link /sys/fs/bpf/zrec/policy/enforced/map \
		/sys/fs/bpf/zrec/policy/previous/map 40
	fact records ring-records $PINS/spans
	fact stats bpftool -j map dump pinned $PINS/stats
	fact latency zrec latency --format json
	fact watch timeout $((3 * SLOW)) zrec watch --format jsonl
}

# --- size ---------------------------------------------------------------------

all_functions() {
	for f in /sys/bus/pci/devices/*/function_id; do
		f=${f%/*}
		echo "${f##*/}"
	done
}

# each COMMAND...: with every function as its last argument
each() {
	for f in $(all_functions); do
		"$@" "$f"
	done
}

functions() {
	cat /sys/bus/pci/devices/*/function_id >functions
}

many_functions() {
	functions
	observe
	reader watch
	each inject-error --pec 0x3a
	for f in $(all_functions | head -n 10); do
		inject-error --pec 0x3a --count 4 "$f"
	done
	patiently recoveries watch $(($(wc -l <functions) + 40))
	end_reader
	fact latency zrec latency --by function --format json
	look after
}

# Room for far fewer than have errors
too_little_room() {
	functions
	observe --room 1
	reader watch
	each inject-error --pec $MEASUREMENT
	patiently recoveries watch "$(wc -l <functions)"
	end_reader
	fact latency zrec latency --by function --format json
	look after
}

# sticks FUNCTION: a user who makes an error and does nothing until the fifo has no writer
sticks() {
	exec 3>&-
	{
		echo
		cat end
	} | vfio-nvme "$1" --steps >"$1.out" 2>"$1.err"
}

# Recoveries that stay open, one after the other, leave room for others
stuck_users() {
	observe --room 1
	mkfifo end
	exec 3<>end
	for f in $(all_functions | head -n 12); do
		: >"$f.out"
		sticks "$f" &
		await "$f.out" 'before the reading'
	done
	look stuck
	BDF=$(all_functions | tail -n 1)
	inject-error "$BDF" --pec $MEASUREMENT --count 300
	fact latency zrec latency --format json
	exec 3>&-
	wait
}

# --- all of them --------------------------------------------------------------

# What a scenario leaves behind is not there for the next one
clean_up() {
	zrec policy detach --all
	zrec detach
} >>log 2>&1

# A process of its own, so that no variable outlives it
scenario() (
	mkdir -p "/host/$1" && cd "/host/$1" || exit
	clean_up
	echo "$1:"
	"$1"
	dmesg -c >>kernel.log
)

for name; do
	scenario "$name"
done
