# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What the tests of the kernel series share. Source it, do not run it.

. "$(dirname "${BASH_SOURCE[0]}")/../lab/lib.sh"
. "$LAB/kernel-source.sh"

BASE_TREE=$CACHE/tree/base
TREE=$CACHE/tree/series
# as make takes them; a test for another machine has its own, and its own TREE
MACHINE=s390 TOOLS=s390x-linux-gnu-
COUNT=0
COUNT_FAILED=0

# result STATUS NAME: what test NAME printed to $LOG is shown when it failed
result() {
	COUNT=$((COUNT + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok %d - %s\n' "$COUNT" "$2"
	else
		COUNT_FAILED=$((COUNT_FAILED + 1))
		printf 'not ok %d - %s\n' "$COUNT" "$2"
		sed 's/^/# /' "$LOG" | head -n 60
	fi
}

# check NAME COMMAND...: one test, in a subshell so that it may die. Not behind
# || or if, where the shell would forget its set -e.
check() {
	local name=$1 status

	shift
	set +e
	(set -e && "$@") >"$LOG" 2>&1
	status=$?
	set -e
	result "$status" "$name"
}

# check_once N NAME COMMAND...: a test whose result depends on nothing but the
# base, the configuration, the first N patches and the tests themselves. What
# passed once is not done again.
check_once() {
	local n=$1 done_before=$CACHE/series failed=$COUNT_FAILED

	shift
	done_before+=/$(
		{
			source_id
			s390x-linux-gnu-gcc --version
			printf '%s\n' "${@:2}"
			cat "$TESTS"/*.sh "$LAB/kernel-source.sh" "$SERIES"/*.config "${PATCHES[@]:0:n}"
		} | key
	)
	if [ -e "$done_before" ]; then
		result 0 "$1 (the same as when it passed)"
		return
	fi
	check "$@"
	if [ "$COUNT_FAILED" -eq "$failed" ]; then
		mkdir -p "${done_before%/*}"
		touch "$done_before"
	fi
}

kmake() {
	make -C "$TREE" -s ARCH=$MACHINE CROSS_COMPILE=$TOOLS LOCALVERSION= "$@"
}

# series_tree TAR-OPTION...: the sources of base without its objects: only what the
# series touches is compiled here.
series_tree() {
	if ! usable_tree "$TREE"; then
		rm -rf "$TREE" "$TREE.tmp"
		mkdir "$TREE.tmp"
		(cd "$BASE_TREE" && tar -cf - --exclude='*.o' --exclude='*.a' --exclude='.tmp_vmlinux*' \
			--exclude=./vmlinux --exclude='*.cmd' --exclude=.git "$@" .) | tar -xf - -C "$TREE.tmp"
		mv "$TREE.tmp" "$TREE"
	fi
}

# configure_with FILE...: what they do not name is off
configure_with() {
	cat "$@" >"$TREE/allnoconfig.fragment"
	kmake KCONFIG_ALLCONFIG=allnoconfig.fragment allnoconfig
	kmake prepare
}

# configure FILE...: the guest's configuration and what changes it, for what the
# patches so far know
configure() {
	local list=("$SERIES/kernel.config")

	if [ -e "$SERIES/zrec.config" ]; then
		list+=("$SERIES/zrec.config")
	fi
	configure_with "${list[@]}" "$@"
}

# objects of the .c files that the whole series touches and that are there now
touched_objects() {
	local file

	while IFS= read -r file; do
		if [[ $file == *.c ]] && [ -e "$TREE/$file" ]; then
			printf '%s\n' "${file%.c}.o"
		fi
	done < <(touched_files "$@")
}
