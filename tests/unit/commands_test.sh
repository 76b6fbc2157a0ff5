#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The program as a user runs it: files that cannot be had, standard input, pipes,
# output that cannot be written. Arguments: the program, the built policies, tests/data

zrec=$1 policies=$2 recording=$3/two-hosts.jsonl
export ZREC_POLICY_DIR=$policies
unset LD_PRELOAD
# shellcheck source=tests/unit/check.sh
. "$(dirname "$0")/check.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
rules=$policies/stable/isolate-flapping.conf
object=$policies/stable/keep-default.bpf.o

# Its exit code, and what it says on both streams
run() {
	local out

	out=$("$zrec" "$@" 2>&1)
	echo "$? $out"
}

check_file() { run policy check --no-load "$@"; }
good='ok (syntax; not shown to the kernel)'

# --- files that cannot be had ---
ln -s loop "$dir/loop"
mkdir "$dir/directory.conf" "$dir/secret"
cp "$rules" "$dir/secret/a.conf"
cp "$rules" "$dir/plain"
long=$dir/$(printf '%0300d' 0).conf
check "no such file" "$(check_file "$dir/none.conf")" "8 $dir/none.conf: No such file or directory"
check "no such policy" "$(check_file none)" "8 none: no such policy or file; 'zrec policy list' has those that are installed"
check "a loop of links" "$(check_file "$dir/loop")" "8 $dir/loop: Too many levels of symbolic links"
check "a name that is too long" "$(check_file "$long")" "8 $long: File name too long"
check "a file that is no directory" "$(check_file "$dir/plain/a.conf")" \
	"8 $dir/plain/a.conf: Not a directory"
mkdir "$dir/directory.bpf.o"
for file in directory.conf directory.bpf.o; do
	check "a directory, $file" "$(check_file "$dir/$file")" \
		"8 $dir/$file: cannot read it: Is a directory"
done
truncate -s $((1024 * 1024 + 1)) "$dir/large.conf" "$dir/large"
truncate -s $((64 * 1024 * 1024 + 1)) "$dir/large.bpf.o"
for file in large.conf large; do
	check "more than any rules, $file" "$(check_file "$dir/$file")" \
		"6 $dir/$file: it is larger than 1 MiB, expected a rule file or a BPF object"
done
for file in "$dir/large.bpf.o" /dev/zero; do
	check "more than any policy, $file" "$(check_file "$file")" \
		"6 $file: it is larger than 64 MiB, expected a rule file or a BPF object"
done
check "more than any vectors" "$(run policy test -t "$dir/large" "$rules")" \
	"6 $dir/large: cannot read the vectors: they are larger than 1 MiB"
# What cannot be opened is not bad: the fourth descriptor is for messages in the document, and there is no fifth
check "an object that cannot be opened" \
	"$(bash -c 'ulimit -n 4; "$0" policy check --no-load -f json "$1"' "$zrec" "$object" 2>&1 >/dev/null; echo $?)" \
	"$object: cannot read it: Too many open files"$'\n7'
chmod 0 "$dir/secret"
if [[ -r $dir/secret/a.conf ]]; then
	check "no permission # SKIP this user may read everything" "" ""
else
	check "no permission" "$(check_file "$dir/secret/a.conf")" \
		"4 $dir/secret/a.conf: Permission denied"
fi
chmod 700 "$dir/secret"

# --- from where no name says what it is ---
mkfifo "$dir/fifo"
for file in "$rules" "$object"; do
	kind=${file##*.}
	check "$kind on standard input" "$(check_file - <"$file")" "0 <stdin>: $good"
	check "$kind on /dev/stdin" "$(check_file /dev/stdin <"$file")" "0 /dev/stdin: $good"
	# shellcheck disable=SC2002 # a pipe is what this is about
	check "$kind from a pipe" "$(cat "$file" | check_file -)" "0 <stdin>: $good"
	cat "$file" >"$dir/fifo" &
	check "$kind from a FIFO" "$(check_file "$dir/fifo")" "0 $dir/fifo: $good"
	cp "$file" "$dir/no-suffix"
	check "$kind without a suffix" "$(check_file "$dir/no-suffix")" "0 $dir/no-suffix: $good"
done
check "what is neither" "$(check_file /dev/null)" \
	"6 /dev/null:1: the policy has no name, expected name = NAME in [policy]"
check "show reads a pipe once" "$(run policy show - <"$rules" | tail -n 1)" "$(tail -n 1 "$rules")"
check "vectors that are none, of standard input" "$(run policy test -t - "$rules" </dev/null)" \
	"6 <stdin>:1: no vectors in it, expected at least one"
for words in "diff - -" "test - -t -"; do
	# shellcheck disable=SC2086 # words of a command line
	check "one standard input for two, $words" "$(run policy $words </dev/null 2>&1 | grep -c 'can be standard input')" 1
done
check "vectors of standard input" "$(run policy test - <"$rules")" \
	"8 <stdin>: it has no vectors beside it, give them by --vectors"

# --- documents of failures, and none ---
printf '[policy]\nname = x\n[rule a]\nevent = isolat\n' >"$dir/bad.conf"
problem="{\"problem\":{\"file\":\"$dir/bad.conf\",\"line\":4,\"text\":\"bad event 'isolat', expected default, reset or isolate\"}}"
for command in check show test; do
	check "problems of $command" \
		"$("$zrec" policy $command "$dir/bad.conf" -f jsonl 2>/dev/null | tail -n +2)" "$problem"
done
check "quiet check" "$(check_file -q "$dir/bad.conf")" "6 "
check "quiet check of a good file" "$(check_file -q "$rules")" "0 "
check "quiet check in JSON" "$(check_file -q -f json "$dir/bad.conf")" "6 "
check "quiet test" "$(run policy test --quiet "$dir/bad.conf")" "6 "

check "what is done is said" "$(check_file -d "$rules" 2>&1 | grep ": read:")" \
	"0 zrec: $rules: read: rules, policy 'isolate-flapping'"

check "diff with what is enforced looks at the file first" "$(run policy diff "$dir/bad.conf")" \
	"6 $dir/bad.conf:4: bad event 'isolat', expected default, reset or isolate"
check "a list without a policy" "$(ZREC_POLICY_DIR=$dir/none run policy list | tail -n 1)" \
	"zrec: no policy is installed in $dir/none/stable, $dir/none/testing or /etc/zrec/policies.d"
check "a canary of too many" "$(run policy apply -c "fid=$(seq -s , 129)" "$rules")" \
	"1 zrec policy apply: --canary is fid=FID,... of at most 128, or a percentage from 1 to 100, not 'fid=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,...'; see 'zrec policy apply --help'"

# --- values out of range, and names that nothing can have ---
usage() { run "$@" | sed "s/; see 'zrec .*--help'$//"; }
for words in "watch --fid 4294967296" "history --fid 4294967296"; do
	# shellcheck disable=SC2086 # words of a command line
	check "$words" "$(usage $words)" \
		"1 zrec ${words%% *}: --fid is a function ID up to 0xffffffff, such as 0x11, not '4294967296'"
done
check "a count that is too large" "$(usage watch -n 4294967296)" \
	"1 zrec watch: --count is a number up to 4294967295, not '4294967296'"
check "a PEC that is too large" "$(usage watch -P 65536)" \
	"1 zrec watch: --pec is a PCI event code, by name or up to 0xffff, not '65536'"
check "a policy with a name that no policy has" "$(usage watch --policy 12345678901234567890123456789012)" \
	"1 zrec watch: --policy is the name of a policy, of at most 31 characters, not '12345678901234567890123456789012'"
check "a file without a name" "$(usage record -o '')" "1 zrec record: option '--output' needs a value: FILE"
for words in "record -o" "run --history" "history import -o"; do
	option=$([[ $words == run* ]] && echo history || echo output)
	# shellcheck disable=SC2086 # words of a command line
	check "$words -" "$(usage $words -)" \
		"1 zrec ${words% -*}: --$option is a database, which needs a file, not '-'"
done
check "a policy without a name" "$(usage policy check '')" \
	"1 zrec policy check: POLICY is empty: give a file, or a name from 'zrec policy list'"

# --- output that goes nowhere ---
full="zrec: cannot write the result: No space left on device"
for words in --help --version help 'help policy' 'policy list' "policy show $object"; do
	# shellcheck disable=SC2086 # words of a command line
	check "$words on a full disk" "$("$zrec" $words 2>&1 >/dev/full; echo $?)" "$full"$'\n7'
done
for words in "" "-f json" "-f jsonl" "-f csv" "show 1" "show 1 -f json" stats "stats -f jsonl" export; do
	# shellcheck disable=SC2086
	check "history $words on a full disk" \
		"$("$zrec" history $words --file "$recording" 2>&1 >/dev/full; echo $?)" "$full"$'\n7'
	# shellcheck disable=SC2086
	check "history $words to a reader that goes away" \
		"$("$zrec" history $words --file "$recording" 2>&1 | true; echo "${PIPESTATUS[0]}")" 0
done
# a closed stream is one that cannot be used, not whatever was opened next
closed="zrec: cannot write the result: Bad file descriptor"
for words in 'policy list' 'policy list -f json' "policy show -f jsonl $rules" \
	"policy diff -f json $rules $dir/plain"; do
	# shellcheck disable=SC2086 # words of a command line
	check "$words without standard output" "$("$zrec" $words 2>&1 >&-; echo $?)" "$closed"$'\n7'
done
check "problems in JSON without standard output" \
	"$("$zrec" policy check -f json "$dir/bad.conf" 2>&1 >&- | grep -c '^{')" 0
check "rules from a standard input that is closed" "$("$zrec" policy check --no-load - 2>&1 <&-; echo $?)" \
	"<stdin>: cannot read it: Bad file descriptor"$'\n7'
check "a file, without any standard stream" \
	"$("$zrec" policy check -q --no-load "$rules" <&- >&- 2>&-; echo $?)" 0
check "a reader that goes away" "$("$zrec" policy show "$rules" | true; echo "${PIPESTATUS[0]}")" 0

# --- the configuration of zrec run ---
printf '[history]\nkeep-days = 7\n' >"$dir/good-zrec.conf"
printf '[history]\nkeep = 7\n[metric]\n' >"$dir/bad-zrec.conf"
check "a good configuration" "$(run run --check-config "$dir/good-zrec.conf")" \
	"0 $dir/good-zrec.conf: ok"
problems="1 $dir/bad-zrec.conf:2: unknown key 'keep' in [history], expected file, keep-days or max-size
$dir/bad-zrec.conf:3: unknown section [metric], expected [action NAME], [history], [journal], [metrics] or [observe]"
check "a bad one" "$(run run --check-config "$dir/bad-zrec.conf")" "$problems"
check "nothing runs with it" "$(run run "$dir/bad-zrec.conf")" "$problems"
check "no action with it" "$(run actions "$dir/bad-zrec.conf")" "$problems"
printf '[action a]\nevent = open\n' >"$dir/bad-action.conf"
check "an action without a command" "$(run actions "$dir/bad-action.conf")" \
	"1 $dir/bad-action.conf: [action a]: it has no command"
check "nor a file that is ok" "$(run run --check-config "$dir/bad-action.conf")" \
	"1 $dir/bad-action.conf: [action a]: it has no command"
check "quiet about it" "$(run run -q --check-config "$dir/bad-zrec.conf")" "1 "
check "one that is not there" "$(run run --check-config "$dir/none.conf")" \
	"8 $dir/none.conf: cannot read it: No such file or directory"
check "one of standard input" "$(run run --check-config - <"$dir/good-zrec.conf")" "0 -: ok"

# --- imports ---
mkdir "$dir/import"
check "an import of what is not there" "$(run history import -o "$dir/import/to" "$dir/none")" \
	"8 $dir/none: No such file or directory"
check "an import of what is empty" "$(run history import -o "$dir/import/to" /dev/null)" \
	"8 /dev/null: not a history: it is empty"
check "leaves nothing behind" "$(ls "$dir/import")" ""

# --- exports ---
lines() { "$zrec" history -f csv --file "$@" | tail -n +2; }
all=$(lines "$recording")
check "a history of standard input" "$(lines - <"$recording")" "$all"
# shellcheck disable=SC2002
check "a history from a pipe" "$(cat "$recording" | lines /dev/stdin)" "$all"
umask 027
check "an export into a file" "$(run history export --file "$recording" "$dir/out.jsonl")" "0 "
check "what is in it" "$(tail -n +2 "$dir/out.jsonl")" "$(tail -n +2 "$recording")"
check "its mode" "$(stat -c %a "$dir/out.jsonl")" 640
cat "$dir/out.jsonl" "$recording" >"$dir/both.jsonl"
check "two exports in one" "$(lines "$dir/both.jsonl" | wc -l)" 78
check "a report into a file" "$(run report --file "$recording" -o "$dir/page.html"; tail -n 1 "$dir/page.html")" "0 "$'\n</html>'
check "a report of what is damaged keeps the one before" \
	"$(run report --file "$0" -o "$dir/page.html" >/dev/null; tail -n 1 "$dir/page.html"; echo "$dir"/page.html*)" \
	"</html>"$'\n'"$dir/page.html"
check "a report on a full disk" "$(run report --file "$recording" -o /dev/full)" \
	"7 zrec: cannot write /dev/full: No space left on device"
check "a report to nowhere" "$(run report --file "$recording")" \
	"1 zrec report: needs --output=FILE, or - for standard output; see 'zrec report --help'"
check "a report over its recording" "$(cp "$recording" "$dir/own.jsonl"; run report --file "$dir/own.jsonl" -o "$dir/own.jsonl"
	cmp "$recording" "$dir/own.jsonl")" \
	"1 zrec report: --output and --file are the same file; see 'zrec report --help'"
check "an export over it" "$(ln -sf own.jsonl "$dir/link.jsonl"; run history export --file "$dir/own.jsonl" "$dir/link.jsonl"
	cmp "$recording" "$dir/own.jsonl")" \
	"1 zrec history export: FILE and --file are the same file; see 'zrec history export --help'"
check "a report for others goes to their standard output" \
	"$(ZREC_SERVED=$recording "$zrec" report -o "$dir/theirs.html" | tail -n 1; [ -e "$dir/theirs.html" ] || echo none)" \
	"</html>"$'\nnone'
check "a device is not replaced" "$(run history export --file "$recording" /dev/full)" \
	"7 zrec: cannot write /dev/full: No space left on device"
check "and is still there" "$(test -c /dev/full; echo $?)" 0
ln -s /dev/full "$dir/to-device"
check "a link of this user is followed" "$(run history export --file "$recording" "$dir/to-device")" \
	"7 zrec: cannot write $dir/to-device: No space left on device"
mkfifo "$dir/pipe"
if chown -h 65534 "$dir/to-device" "$dir/pipe" 2>/dev/null; then
	for to in to-device pipe; do
		check "what another user put there is not, $to" \
			"$(run history export --file "$recording" "$dir/$to")" \
			"8 zrec: cannot write $dir/$to: it is a link or a FIFO of another user"
	done
else
	check "what another user put there is not # SKIP needs root" "" ""
fi
rm "$dir/to-device" "$dir/pipe"
# what is run for others tells them nothing of files: the same whether it is there or not
for node in "$dir/plain" "$dir/none" /dev/shm /dev/../etc/passwd /dev/none; do
	check "a function of others, $node" "$(ZREC_SERVED=$dir/none run history --function "$node")" \
		"8 zrec history: --function '$node': no zPCI function of this machine; 'zrec doctor' lists them"
done
# --- somebody else, while nobody records ---
# as_nobody ARGUMENT...: on a host whose history is root's
as_nobody() {
	unshare -m sh -c 'mount -t tmpfs none /var/lib && mount -t tmpfs none /run &&
		mkdir -m 0750 /var/lib/zrec && : >/var/lib/zrec/history.db &&
		exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"' sh "$zrec" "$@" 2>&1
	echo $?
}
if [ "$(as_nobody --version | tail -n 1)" = 0 ]; then
	for command in history "history stats" "history show 1" "history check"; do
		# shellcheck disable=SC2086 # words
		check "$command of root's" "$(as_nobody $command)" "zrec: the history, \
/var/lib/zrec/history.db, is for root: run this as root, or start 'zrec run', which reads it for \
the group zrec, or name a recording with --file"$'\n4'
	done
	check "vacuum of root's" "$(as_nobody history vacuum)" "zrec: cannot vacuum \
/var/lib/zrec/history.db: Permission denied; it is for who owns it, mostly root"$'\n4'
fi
{ head -n 18 "$recording" && sed -n 19p "$recording" | head -c 50; } >"$dir/cut.jsonl"
echo old >"$dir/out.jsonl"
check "an export of what is damaged" "$(run history export --file "$dir/cut.jsonl" "$dir/out.jsonl")" \
	"8 $dir/cut.jsonl:19: not JSON, at byte 50: premature end of input"
check "leaves what was there" "$(cat "$dir/out.jsonl"; ls "$dir"/out.jsonl*)" "old"$'\n'"$dir/out.jsonl"
check "an export into no directory" "$(run history export --file "$recording" "$dir/none/x")" \
	"8 zrec: cannot write $dir/none/x: No such file or directory"
end_checks
