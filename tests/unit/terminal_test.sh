#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What others wrote reaches the terminal as text, whatever is in it: file names,
# comments, descriptions, mistakes. Arguments: zrec

zrec=$1 n=0 failed=0
esc=$'\e[31m' turn=$'\u202e' c1=$'\u009b'
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
export ZREC_POLICY_DIR=$work/none

# shown NAME WANTED COMMAND...: it says what is wanted, and nothing raw
shown() {
	local name=$1 wanted=$2 out status=ok

	shift 2
	out=$("$@" 2>&1)
	grep -qF -- "$wanted" <<<"$out" || status="not ok"
	# all three, and any other control character
	if grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\x{9b}|\x{202e}' <<<"$out"; then
		status="not ok"
	fi
	n=$((n + 1))
	echo "$status $n - $name"
	if [ "$status" != ok ]; then
		failed=1
		cat -v <<<"$out" | sed 's/^/# /'
	fi
}

export LC_ALL=C.UTF-8
cat >"$work/good.conf" <<END
# a comment ${esc}red
[policy]
name = good
description = plain

[rule one]
pec = 0x3a
event = isolate
END
printf '[policy]\nname = a\n%s = 1\n' "$esc" >"$work/bad.conf"
printf '[policy]\nname = a\ndescription = seen %sdesrever%s\n' "$turn" "$c1" >"$work/turn.conf"
printf '[policy]\nname = a\ndescription = \xff\n' >"$work/bytes.conf"
echo "event pec=${esc} -> isolate" >"$work/wrong.vectors"
cp "$work/good.conf" "$work/name${esc}.conf"

shown "a comment in policy show" '# a comment \x1b[31mred' "$zrec" policy show "$work/good.conf"
shown "a description in a message" "seen \xe2\x80\xaedesrever\xc2\x9b'" \
	"$zrec" policy check --no-load "$work/turn.conf"
shown "a file's name in policy show" 'name\x1b[31m.conf' "$zrec" policy show "$work/name${esc}.conf"
shown "a file's name in policy check" 'name\x1b[31m.conf: ok' \
	"$zrec" policy check --no-load "$work/name${esc}.conf"
shown "a mistake in a rule file" 'bad.conf:3: ' "$zrec" policy check --no-load "$work/bad.conf"
shown "bytes that are no text in a rule file" 'bytes.conf:3: ' \
	"$zrec" policy check --no-load "$work/bytes.conf"
shown "a mistake in vectors" 'wrong.vectors:1: ' \
	"$zrec" policy test --vectors "$work/wrong.vectors" "$work/good.conf"
shown "an argument that is wrong" "'\x1b[31m'" "$zrec" latency "$esc"
shown "a policy that is not there" 'x\x1b[31m: no such policy' "$zrec" policy show "x${esc}"
echo "1..$n"
exit $failed
