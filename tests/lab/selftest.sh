#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tests of the lab itself: what every other guest test relies on.

. "$(dirname "$0")/lib.sh"
. "$LAB/kernel-source.sh"

COUNT=0

ok() {
	COUNT=$((COUNT + 1))
	printf 'ok %d - %s\n' "$COUNT" "$1"
}

not_ok() {
	COUNT=$((COUNT + 1))
	printf 'not ok %d - %s\n' "$COUNT" "$1"
	sed 's/^/# /' "$WORK/out" "$WORK/err"
}

# guest STATUS OPTION... -- COMMAND...: into $WORK/out and $WORK/err
guest() {
	local want=$1 got=0

	shift
	"$LAB/run" --kernel base --nvme 1 "$@" >"$WORK/out" 2>"$WORK/err" || got=$?
	[ "$got" -eq "$want" ] || {
		printf 'exit status %d instead of %d\n' "$got" "$want" >>"$WORK/err"
		return 1
	}
}

# judge NAME STATUS
judge() {
	if [ "$2" -eq 0 ]; then
		ok "$1"
	else
		not_ok "$1"
	fi
}

old_headers_are_told() {
	mkdir -p "$WORK/old/linux"
	sed '/BPF_PROG_TYPE_SYSCALL/d' /usr/include/linux/bpf.h >"$WORK/old/linux/bpf.h"
	! CFLAGS=-I$WORK/old meson setup "$WORK/build" "$REPO" >"$WORK/out" 2>"$WORK/err" &&
		grep -q 'ERROR: .*linux/bpf.h is .*older than that of Linux 5.14: apt install' "$WORK/out"
}

exit_status() {
	guest 7 -- sh -c 'exit 7'
}

streams() {
	guest 0 -- sh -c 'printf "a\0b\377\n"; echo e >&2; echo again >/dev/stdout' || return 1
	printf 'a\0b\377\nagain\n' | cmp - "$WORK/out" && echo e | cmp - "$WORK/err"
}

arguments() {
	# shellcheck disable=SC2016
	guest 0 -- printf '%s\n' "it's" '$HOME "x"' '\n' '' || return 1
	# shellcheck disable=SC2016
	printf '%s\n' "it's" '$HOME "x"' '\n' '' | cmp - "$WORK/out"
}

timeout_ends() {
	guest 124 --timeout 6 -- sleep 1000
}

panic_is_told() {
	guest 125 -- sh -c 'echo c >/proc/sysrq-trigger' || return 1
	grep -q 'Kernel panic' "$WORK/err" && grep -q 'guest died' "$WORK/err"
}

# A driver of the NVMe would read from it, and a disk answers when the host is ready
counted_runs_are_equal() {
	local append=(--append initcall_blacklist=nvme_init)

	guest 0 --icount "${append[@]}" -- cat /proc/uptime /proc/interrupts || return 1
	cp "$WORK/out" "$WORK/first"
	guest 0 --icount "${append[@]}" -- cat /proc/uptime /proc/interrupts || return 1
	cmp "$WORK/first" "$WORK/out"
}

conventional_device() {
	# shellcheck disable=SC2016
	guest 0 --conventional -- sh -c 'cd /sys/bus/pci/devices &&
		[ -e 0001:00:00.0/max_link_speed ] && [ ! -e 0021:00:00.0/max_link_speed ] &&
		[ "$(cat 0021:00:00.0/function_id)" = 0x00000021 ]'
}

monitor_answers() {
	# shellcheck disable=SC2016
	guest 0 --monitor -- sh -c 'monitor info status && ! monitor device_del nothing &&
		monitor device_del nv1 && sleep 5 && [ -z "$(ls /sys/bus/pci/devices)" ]' || return 1
	grep -q 'VM status: running' "$WORK/out" && grep -q 'Error: .*nothing' "$WORK/out"
}

shared_directory() {
	mkdir -p "$WORK/shared"
	echo there >"$WORK/shared/file"
	guest 0 --dir "$WORK/shared" --add "$0:/opt/added" -- \
		sh -c '[ -s /opt/added ] && cat /host/file && echo back >/host/answer' || return 1
	grep -qx there "$WORK/out" && grep -qx back "$WORK/shared/answer"
}

every_script_passes_shellcheck() {
	local list

	mapfile -t list < <(git -C "$REPO" grep -lE '^#!/bin/(ba|da)?sh|^#!/bin/busybox sh|^# shellcheck shell=' -- \
		':!kernel-series/6.12')
	[ ${#list[@]} -gt 20 ] && (cd "$REPO" && shellcheck -x -P SCRIPTDIR -P tests/lab "${list[@]}") >"$WORK/out" 2>"$WORK/err"
}

# A build that has more steps than was thought shows no total rather than a wrong one
progress_has_no_wrong_total() {
	local count text

	for count in 3 5 7; do
		progress_text steps "$count" 5
		printf '%s\n' "$text"
	done >"$WORK/out"
	printf 'steps: %s\n' '3 of about 5' '5 of about 5' 7 | cmp - "$WORK/out" 2>"$WORK/err"
}

# A tree may carry any patches, and then others, or none
patched_tree_changes_back() {
	local tree=$WORK/tree patch=$WORK/patch

	mkdir "$tree"
	(cd "$tree" && seq 9 >a && seq 9 >b && seq 9 >c && cp -r . "$WORK/source")
	cat >"$patch.1" <<'END'
--- a/a
+++ b/a
@@ -1,3 +1,3 @@
-1
+one
 2
 3
--- a/b
+++ /dev/null
@@ -1,9 +0,0 @@
-1
-2
-3
-4
-5
-6
-7
-8
-9
END
	cat >"$patch.2" <<'END'
--- a/c
+++ b/c
@@ -1,3 +1,3 @@
 1
-2
+two
 3
--- /dev/null
+++ b/new/file
@@ -0,0 +1 @@
+new
END
	{
		patch_tree "$tree" "$patch.1" "$patch.2"
		[ "$(cat "$tree/a" "$tree/c" "$tree/new/file" | tr -d '\n')" = one234567891two3456789new ] || return 1
		[ ! -e "$tree/b" ] || return 1
		patch_tree "$tree" "$patch.2"
		cmp "$tree/a" "$WORK/source/a" && cmp "$tree/b" "$WORK/source/b" && [ -e "$tree/new/file" ] || return 1
		patch_tree "$tree"
		diff -r --exclude='.zrec-*' --exclude=new "$WORK/source" "$tree" && [ ! -e "$tree/new/file" ]
	} >"$WORK/out" 2>"$WORK/err"
}

# What make check says of a suite
# shellcheck disable=SC2030,SC2031 # check.sh has a $WORK of its own
suites_are_counted() {
	(
		. "$LAB/check.sh"
		WORK=$(mktemp -d)
		trap 'rm -rf "$WORK"' EXIT
		: >"$WORK/skipped"
		suite good printf 'ok 1 - a\nok 2 - b # SKIP no reason\n# x\nok 3 - c\n'
		suite bad sh -c 'echo "ok 1 - a"; echo "not ok 2 - b"; exit 1'
		suite dies sh -c 'echo "ok 1 - a"; exit 3'
		suite silent true
		suite skips echo 'ok 1 - a # SKIP not here'
		conclude || echo "status $?"
	) >"$WORK/out" 2>"$WORK/err"
	grep -v -e '^# [a-z]*$' -e '^ok' -e '^not ok [0-9]' -e '^# x' "$WORK/out" | sed 's/ *[0-9]*$//; s/  */ /g' |
		diff - <(cat <<'END'
not ok - dies ended with status
not ok - silent ended with status
# good 2 0 1
# bad 1 1 0
# dies 1 1 0
# silent 0 1 0
# skips 0 0 1
# sum 4 3 2
# skipped: good: b no reason
# skipped: skips: a not here
4 passed, 3 failed
status
END
		) >>"$WORK/err"
}

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
while read -r test name; do
	status=0
	"$test" </dev/null || status=$?
	judge "$name" "$status"
done <<'END'
every_script_passes_shellcheck every script passes shellcheck
progress_has_no_wrong_total progress shows no total that is wrong
patched_tree_changes_back a kernel tree can be given other patches, and none
suites_are_counted make check counts passed, failed and skipped tests
old_headers_are_told headers that are too old are told in one line
exit_status the command's exit status is passed on
streams both outputs arrive apart and unchanged
arguments arguments arrive unchanged
timeout_ends a command that hangs ends with 124
panic_is_told a kernel that panics ends with 125 and its console
counted_runs_are_equal two counted runs are equal
conventional_device the conventional device has no PCIe capability
monitor_answers the guest talks to the monitor, and takes a device away
shared_directory a shared directory and added files
END
printf '1..%d\n' "$COUNT"
