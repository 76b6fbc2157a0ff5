#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In a guest that runs Debian with systemd: what the packages do there, from their
# installation to their purge. Prints TAP.
#   system-guest.sh installed|rebooted
# Each is one boot of the same disk.

# shellcheck disable=SC2034 # for check.sh
SUITE=system/$1
# All of Debian runs here, in a processor that is emulated
# shellcheck disable=SC2034 # for facts.sh
GUEST_SLOW=2
PACKAGES=/run/host/packages
KEPT=/opt/lab		# outlives a boot and a purge
METRICS=http://127.0.0.1:19714/metrics
PATH=/run/host/bin:$PATH
# shellcheck source=tests/guest/facts.sh
. facts.sh
# shellcheck source=tests/guest/check.sh
. check.sh

# works NAME COMMAND...: it succeeds, and if not, here is what it said
works() {
	local name=$1 rc

	shift
	rc=$(code "$@")
	check "$name" "$rc" 0
	[ "$rc" -eq 0 ] || sed 's/^/# /' /tmp/out /tmp/err
}

# show UNIT PROPERTY
show() {
	systemctl show --value -p "$2" "$1"
}

# states COMMAND UNIT...: on one line
states() {
	systemctl "$@" | tr '\n' ' '
}

failed_units() {
	systemctl --failed --plain --no-legend | cut -d ' ' -f 1
}

# said_since CURSOR PATTERN: how many lines the service wrote since then
said_since() {
	journalctl -q -u zrec.service --after-cursor "$1" -o cat | grep -c -- "$2"
}

has_said() {
	[ "$(said_since "$@")" -gt 0 ]
}

cursor() {
	journalctl -q -n 0 --show-cursor | sed -n 's/^-- cursor: //p'
}

# exported: id and time of each recovery in the history
exported() {
	zrec history export | sed -n 's/^{"recovery":{"id":\([0-9]*\),"time":"\([^"]*\)".*/\1 \2/p'
}

rows() {
	exported | wc -l
}

# has_rows N
has_rows() {
	[ "$(rows)" -ge "$1" ]
}

# each_once N: exactly so many recoveries are in the history, and none is missing
each_once() {
	patiently has_rows "$1"
	exported >/tmp/exported
	echo "$(wc -l </tmp/exported) rows, $(sort /tmp/exported | uniq -d | wc -l) twice," \
		"$(zrec history export | grep -c '^{"gap"') gaps"
}

entries() {
	journalctl -q -t zrec -o json "$@"
}

# has_entries N MATCH...
has_entries() {
	local want=$1

	shift
	[ "$(entries "$@" | wc -l)" -ge "$want" ]
}

# status_of PID FIELD: from /proc
status_of() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

# own_namespaces PID NAME...: those that are not the system's
own_namespaces() {
	local pid=$1 name

	shift
	for name; do
		[ "$(readlink "/proc/$pid/ns/$name")" = "$(readlink "/proc/1/ns/$name")" ] || printf '%s ' "$name"
	done
}

# inside PID COMMAND...: where that process sees the files
inside() {
	local pid=$1

	shift
	nsenter --target "$pid" --mount -- "$@" >/dev/null 2>&1
}

# can PID DIR...: where root could write, if it were that process
can() {
	local pid=$1 dir

	shift
	for dir; do
		# the shell in there expands $0
		# shellcheck disable=SC2016
		! inside "$pid" sh -c 'test -d "$0" && touch "$0/zrec-was-here" && rm "$0/zrec-was-here"' "$dir" ||
			printf '%s ' "$dir"
	done
}

# --- an installation ------------------------------------------------------------

install() {
	check before-no-unit-failed "$(failed_units)" ''
	works install dpkg --install "$PACKAGES"/older/*.deb
	check install-version "$(dpkg-query -W -f '${Version}' zrec)" "$(cat "$PACKAGES/older/version")"
	check install-enabled "$(states is-enabled zrec.service zrec-policy.service zrec-exporter.socket)" \
		"enabled enabled enabled "
	patiently serves
	check install-active "$(states is-active zrec.service zrec-exporter.socket)" "active active "
	check install-status "$(show zrec.service StatusText)" "Recording in /var/lib/zrec/history.db"
	check install-group "$(getent group zrec | cut -d : -f 1)" zrec
	check install-no-unit-failed "$(failed_units)" ''
	works install-doctor zrec doctor
}

# It has what its unit says, and no more
recorder_is_confined() {
	local pid

	pid=$(show zrec.service MainPID)
	check recorder-user "$(status_of "$pid" Uid | cut -f 1) $(status_of "$pid" Gid | cut -f 1)" \
		"0 $(getent group zrec | cut -d : -f 3)"
	check recorder-capabilities "$(status_of "$pid" CapEff) $(status_of "$pid" CapPrm)" \
		"0000000000000000 0000000000000000"
	# CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN
	check recorder-bounding-set "$(status_of "$pid" CapBnd)" 000000c000200000
	check recorder-no-new-privileges "$(status_of "$pid" NoNewPrivs)" 1
	check recorder-system-calls "$(status_of "$pid" Seccomp)" 2
	check recorder-namespaces "$(own_namespaces "$pid" mnt net ipc uts)" "mnt net ipc uts "
	check recorder-writes "$(can "$pid" /etc /usr /var /var/log /home /root /boot /var/lib/zrec /run/zrec)" \
		"/var/lib/zrec /run/zrec "
	check recorder-no-disk "$(test -e /dev/nvme0 && inside "$pid" test -e /dev/nvme0 && echo seen)" ''
	check recorder-kernel-settings \
		"$(inside "$pid" sh -c 'echo 1 >/sys/kernel/zpci_recovery/enabled' && echo written)" ''
}

# A real one: the disk does a DMA where it may not, and its driver recovers it
real_error() {
	local before

	before=$(rows)
	works error nvme-error --errors 1
	check error-in-history "$(each_once $((before + 1)))" "$((before + 1)) rows, 0 twice, 0 gaps"
	patiently has_entries 1 ZPCI_OUTCOME=recovered
}

journal_tells() {
	entries ZPCI_OUTCOME=recovered >/tmp/entry
	check journal-one-entry "$(wc -l </tmp/entry)" 1
	for field in ZPCI_FID:0x00000011 ZPCI_PEC:0x04 ZPCI_ADDRESS:0001:00:00.0 ZPCI_DRIVER:nvme \
		PRIORITY:4 _SYSTEMD_UNIT:zrec.service; do
		check "journal-has-${field%%:*}" "$(grep -cF "\"${field%%:*}\":\"${field#*:}\"" /tmp/entry)" 1
	done
	check journal-catalog "$(journalctl -q -t zrec -x ZPCI_OUTCOME=recovered |
		grep -c 'The function works again')" 1
}

# page: what the exporter says now, in a file
page() {
	busybox wget -q -O /tmp/page "$METRICS"
}

# metric LINE: how often the page has it
metric() {
	grep -cxF -- "$1" /tmp/page
}

# The socket starts it
exporter_is_scraped() {
	local pid

	works scrape page
	check scrape-observer "$(metric 'zrec_observer_up 1')" 1
	check scrape-recovery "$(metric 'zrec_recoveries_total{fid="0x11",outcome="recovered"} 1')" 1
	pid=$(show zrec-exporter.service MainPID)
	check exporter-user "$([ "$(status_of "$pid" Uid | cut -f 1)" -gt 0 ] && echo nobody)" nobody
	check exporter-group "$(status_of "$pid" Gid | cut -f 1)" "$(getent group zrec | cut -d : -f 3)"
	check exporter-capabilities "$(status_of "$pid" CapEff) $(status_of "$pid" CapBnd)" \
		"0000000000000000 0000000000000000"
	check exporter-no-new-privileges "$(status_of "$pid" NoNewPrivs) $(status_of "$pid" Seccomp)" "1 2"
	check exporter-namespaces "$(own_namespaces "$pid" mnt net uts user)" "mnt net uts user "
	check exporter-writes "$(can "$pid" /etc /usr /var /var/log /sys/fs/bpf)" ''
}

reloads() {
	local from pid

	from=$(cursor) pid=$(show zrec.service MainPID)
	printf '[history]\nkeep-days = 7\n' >/etc/zrec/zrec.conf
	works reload systemctl reload zrec.service
	patiently has_said "$from" 'read again'
	check reload-is-said "$(said_since "$from" 'read again')" 1
	printf '[history]\nkeep-day = 7\n' >/etc/zrec/zrec.conf
	systemctl reload zrec.service
	patiently has_said "$from" 'is not taken'
	check reload-mistake-is-said "$(said_since "$from" "unknown key 'keep-day'")" 1
	check reload-same-process "$(show zrec.service MainPID)" "$pid"
	# a start with that mistake fails, once
	check start-mistake "$(code systemctl restart zrec.service)" 1
	check start-mistake-no-loop "$(show zrec.service NRestarts) $(show zrec.service ActiveState) $(show zrec.service ExecMainStatus)" \
		"0 failed 1"
	rm /etc/zrec/zrec.conf
	works start-again systemctl start zrec.service
	patiently serves
}

another_process() {
	local pid

	pid=$(show zrec.service MainPID)
	[ "$pid" -ne 0 ] && [ "$pid" -ne "$1" ] && serves
}

# replaced PID SECONDS: by another process that records
replaced() {
	local tries=$2

	until another_process "$1" || [ "$tries" -eq 0 ]; do
		tries=$((tries - 1))
		sleep 1
	done
	another_process "$1" && echo yes
}

is_killed() {
	local pid before

	before=$(rows) pid=$(show zrec.service MainPID)
	inject-error "$BDF" --count 10 &
	kill -KILL "$pid"
	inject-error "$BDF" --count 10
	wait $!
	check killed-starts-again "$(replaced "$pid" 60)" yes
	check killed-loses-nothing "$(each_once $((before + 20)))" "$((before + 20)) rows, 0 twice, 0 gaps"
	check killed-restarts "$(show zrec.service NRestarts)" 1
}

hangs() {
	local pid before from

	before=$(rows) pid=$(show zrec.service MainPID) from=$(cursor)
	kill -STOP "$pid"
	inject-error "$BDF" --count 5
	check watchdog-starts-again "$(replaced "$pid" 150)" yes
	check watchdog-is-why "$(said_since "$from" "Failed with result 'watchdog'")" 1
	check watchdog-loses-nothing "$(each_once $((before + 5)))" "$((before + 5)) rows, 0 twice, 0 gaps"
}

policy_begins() {
	printf '[policy reset-on-dma-fault]\nmode = enforce\n' >/etc/zrec/policy.conf
	works policy-start systemctl restart zrec-policy.service
	check policy-active "$(states is-active zrec-policy.service)" "active "
	check policy-enforced "$(enforced)" reset-on-dma-fault
	patiently has_entries 1 ZPCI_POLICY=reset-on-dma-fault
	check policy-in-journal "$(entries ZPCI_POLICY_EVENT=enforced ZPCI_POLICY=reset-on-dma-fault | wc -l)" 1
}

installed() {
	install
	recorder_is_confined
	real_error
	journal_tells
	exporter_is_scraped
	reloads
	is_killed
	hangs
	policy_begins
	check end-no-unit-failed "$(failed_units)" ''
	exported >$KEPT/exported
	rows >$KEPT/rows
}

# --- a reboot, an upgrade, a purge ----------------------------------------------

is_as_before() {
	patiently serves
	check no-unit-failed "$(failed_units)" ''
	check active "$(states is-active zrec.service zrec-policy.service zrec-exporter.socket)" \
		"active active active "
	check policy-enforced "$(enforced)" reset-on-dma-fault
	check history-is-kept "$(each_once "$(cat $KEPT/rows)")" "$(cat $KEPT/rows) rows, 0 twice, 0 gaps"
	check journal-is-kept "$(entries -b -1 ZPCI_OUTCOME=recovered ZPCI_PEC=0x04 | wc -l)" 1
}

policy_decides() {
	real_error
	check policy-was-asked "$(entries -b 0 ZPCI_OUTCOME=recovered ZPCI_POLICY=reset-on-dma-fault | wc -l)" 1
	check policy-scraped "$(code page) $(metric 'zrec_recoveries_total{fid="0x11",outcome="recovered"} 1')" "0 1"
}

storm() {
	until [ -e /tmp/calm ]; do
		inject-error "$BDF" --count 3 && echo 3
	done >/tmp/made
}

# made: how many errors the storm made
made() {
	echo $(($(wc -l </tmp/made) * 3))
}

observed_since() {
	zrec status | sed -n 's/^observed  *since \(.*\), for .*$/\1/p'
}

upgrades() {
	local before pid began count

	before=$(rows) pid=$(show zrec.service MainPID)
	began=$(observed_since)
	storm &
	sleep 2
	works upgrade dpkg --install "$PACKAGES"/*.deb
	sleep 2
	touch /tmp/calm
	wait $!
	count=$(made)
	check upgrade-version "$(dpkg-query -W -f '${Version}' zrec)" "$(cat "$PACKAGES/version")"
	check upgrade-another-process "$(replaced "$pid" 60)" yes
	check upgrade-errors "$([ "$count" -gt 5 ] && echo several)" several
	check upgrade-each-once "$(each_once $((before + count)))" "$((before + count)) rows, 0 twice, 0 gaps"
	check upgrade-observation-goes-on "$(observed_since)" "${began:-when it began}"
	check upgrade-policy-enforced "$(enforced)" reset-on-dma-fault
	check upgrade-no-unit-failed "$(failed_units)" ''
	check upgrade-scrape "$(code page) $(metric 'zrec_observer_up 1')" "0 1"
}

# left: what the packages, their units and their users could have left; udev knows the disk,
# whose serial number is zrec1
left() {
	find / /run /sys/fs/bpf -xdev \( -path /opt/lab -o -path /run/host -o -path /run/lab -o -path /run/udev \) \
		-prune -o \( -name '*zrec*' -o -group zrec -o -nouser -o -nogroup \) -print 2>/dev/null
}

purged() {
	# shellcheck disable=SC2046 # several
	works purge dpkg --purge $(dpkg-query -W -f '${Package} ' 'zrec*')
	check purge-no-process "$(grep -lx 'zrec.*' /proc/[0-9]*/comm 2>/dev/null)" ''
	check purge-no-unit "$(systemctl list-units --all --plain --no-legend 'zrec*')" ''
	check purge-no-unit-failed "$(failed_units)" ''
	check purge-not-observed "$(find /sys/fs/bpf -mindepth 1)" ''
	check purge-no-policy "$(enforced)" ''
	check purge-no-file "$(left)" ''
	check purge-no-package "$(dpkg-query -W -f '${Package} ' 'zrec*' 2>/dev/null)" ''
}

rebooted() {
	is_as_before
	policy_decides
	upgrades
	purged
}

{
	"$1"
	end_checks
} | tee /tmp/tap
if grep -q '^not ok' /tmp/tap; then
	journalctl -b -o short-monotonic -u 'zrec*' | sed 's/^/# /'
fi
