# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What every script of the lab shares. Source it, do not run it.

set -euo pipefail
shopt -s inherit_errexit

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for the scripts that source this
REPO=$(cd "$LAB/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/zrec
JOBS=${JOBS:-$(nproc)}
ME=${0##*/}
export LC_ALL=C.UTF-8

say() {
	printf 'lab: %s\n' "$*" >&2
}

die() {
	printf '%s: %s\n' "$ME" "$*" >&2
	exit 1
}

# need TOOL PACKAGE: one line that names the package when the tool is missing
need() {
	command -v "$1" >/dev/null || die "$1 is missing: install package $2 (or run tests/lab/packages.sh)"
}

# lock NAME: held until this script ends, so that two runs never build the
# same cache entry. The descriptor must not leak into daemons, hence exec.
lock() {
	mkdir -p "$CACHE"
	exec {lock_fd}>"$CACHE/$1.lock"
	if ! flock -n "$lock_fd"; then
		say "waiting for another run that prepares the $1"
		flock "$lock_fd"
	fi
}

# hash of everything on standard input, short enough for a directory name
key() {
	sha256sum | cut -c1-16
}

# quote ARG...: words that every POSIX shell reads back unchanged
quote() {
	local arg

	for arg; do
		printf "'%s' " "${arg//\'/\'\\\'\'}"
	done
}

# progress_text LABEL COUNT EXPECTED: into $text. EXPECTED is not shown when it is 0,
# nor when it proves wrong.
progress_text() {
	text="$1: $2"
	if (($2 <= $3)); then
		text+=" of about $3"
	fi
}

# progress LABEL EXPECTED: counts the lines on standard input. One updating
# line on a terminal, else a line every 20 seconds.
progress() {
	local label=$1 expected=$2 count=0 start=$SECONDS next=$((SECONDS + 20)) shown=-1 text

	while IFS= read -r _; do
		count=$((count + 1))
		progress_text "$label" "$count" "$expected"
		if [ -t 2 ]; then
			if ((SECONDS != shown)); then
				printf '\r\033[Klab: %s, %d s' "$text" $((SECONDS - start)) >&2
				shown=$SECONDS
			fi
		elif ((SECONDS >= next)); then
			say "$text, $((SECONDS - start)) s"
			next=$((SECONDS + 20))
		fi
	done
	if [ -t 2 ]; then
		printf '\r\033[K' >&2
	fi
	say "$label: done, $count in $((SECONDS - start)) s"
}
