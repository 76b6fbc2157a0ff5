#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# zrec replay as a user runs it: files, pipes, exit codes, the same bytes for the same input.
# Arguments: the program, make-recording, the built policies, tests/data

zrec=$(realpath "$1") make=$(realpath "$2") policies=$3 small=$4/two-hosts.jsonl
export ZREC_POLICY_DIR=$policies
unset LD_PRELOAD
# shellcheck source=tests/unit/check.sh
. "$(dirname "$0")/check.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Its exit code, and what it says on stderr
run() {
	local out

	out=$("$zrec" replay "$@" 2>&1 >/dev/null)
	echo "$? $out"
}

cd "$dir" || exit
printf '[policy]\nname = nothing\n[rule all]\nevent = default\n' >nothing.conf
printf '[policy]\nname = strict\n[rule all]\nevent = isolate\n' >strict.conf
printf '[policy]\nname = bad\n[rule all]\nevent = isolat\n' >bad.conf
"$make" --seed 3 --hosts 2 --functions 8 --mean 3600 --recoveries 3000 >made.jsonl
cp "$small" small.jsonl

# --- exit codes ---
check "no policy" "$(run small.jsonl)" \
	"1 zrec replay: which policy? Name it with --policy; see 'zrec replay --help'"
check "a table of one policy" "$(run small.jsonl -p strict.conf --what-if)" \
	"1 zrec replay: --what-if compares policies: name two with --policy; see 'zrec replay --help'"
many=()
for _ in 1 2 3 4 5 6 7 8 9; do many+=(-p strict.conf); done
check "nine policies" "$(run small.jsonl "${many[@]}")" \
	"1 zrec replay: 9 policies, expected at most 8; see 'zrec replay --help'"
check "eight" "$(run small.jsonl "${many[@]:2}")" "0 "
check "no recording of that name" "$(run none.jsonl -p strict.conf)" "8 none.jsonl: No such file or directory"
check "no policy of that name" "$(run small.jsonl -p none)" "8 none: no such policy or file; 'zrec policy list' has those that are installed"
check "a policy with a mistake" "$(run small.jsonl -p ./bad.conf)" \
	"6 ./bad.conf:4: bad event 'isolat', expected default, reset or isolate"
head -c 5000 small.jsonl >cut.jsonl
check "a damaged recording" "$(run cut.jsonl -p strict.conf | cut -c -15)" "8 cut.jsonl:7: "
check "no recording at all" "$(run nothing.conf -p strict.conf | cut -c -15)" "8 nothing.conf:"
check "it says where a problem is" "$("$zrec" replay -f json cut.jsonl -p strict.conf 2>/dev/null |
	grep -c '"file": "cut.jsonl"')" 1
check "differences without a condition" "$(run made.jsonl -p strict.conf)" "0 "
check "differences from the default" "$(run made.jsonl -p strict.conf --against default)" "2 "
check "none" "$(run made.jsonl -p nothing.conf --against default)" "0 "
check "a policy that was asked nowhere" "$(run made.jsonl -p strict.conf --against recorded)" "2 "
check "is compared with what took effect" "$("$zrec" replay made.jsonl -p strict.conf --against recorded |
	grep -c '^  with what took effect:')" 1
check "only the exit code" "$("$zrec" replay -q made.jsonl -p strict.conf --against default; echo $?)" 2
check "a full disk" "$("$zrec" replay small.jsonl -p strict.conf 2>&1 >/dev/full; echo $?)" \
	"zrec: cannot write the result: No space left on device"$'\n'7
for format in text json jsonl; do
	check "a reader that goes away, $format" \
		"$("$zrec" replay made.jsonl -p strict.conf -f $format 2>&1 | true; echo "${PIPESTATUS[0]}")" 0
done

# --- a page ---
two=(-p strict.conf -p isolate-flapping)
page() { run small.jsonl "${two[@]}" --what-if --report "$@"; }
check "a page" "$(page -o page.html; head -n 1 page.html; tail -n 1 page.html)" $'0 \n<!DOCTYPE html>\n</html>'
check "on standard output" "$("$zrec" replay small.jsonl "${two[@]}" --what-if --report -o - |
	sed 's/made <time>[^<]*//; /Made by/d' | md5sum)" "$(sed 's/made <time>[^<]*//; /Made by/d' page.html | md5sum)"
check "of a pipe" "$("$zrec" replay - "${two[@]}" --what-if --report <small.jsonl | tail -n 1)" "</html>"
check "of one policy" "$(run small.jsonl -p strict.conf --what-if --report -o one.html; ls one.html 2>&1)" \
	"1 zrec replay: --what-if compares policies: name two with --policy; see 'zrec replay --help'
ls: cannot access 'one.html': No such file or directory"
check "of no table" "$(run small.jsonl "${two[@]}" --report)" \
	"1 zrec replay: --report is a page of --what-if: give both; see 'zrec replay --help'"
check "a file without a page" "$(run small.jsonl "${two[@]}" --what-if -o page.html)" \
	"1 zrec replay: --output is where --report writes its page; see 'zrec replay --help'"
check "in another format" "$(page -f json)" \
	"1 zrec replay: --report is HTML: it has no --format; see 'zrec replay --help'"
if script -qec true /dev/null >/dev/null 2>&1; then
	check "on a terminal" "$(script -qec "$(printf '%q ' "$zrec" replay small.jsonl "${two[@]}" --what-if --report)" \
		/dev/null | tr -d '\r'; echo "${PIPESTATUS[0]}")" \
		"zrec replay: --report is HTML, which is not for a terminal: name a file with --output; see 'zrec replay --help'
1"
else
	skip "on a terminal" "no pseudo-terminals here"
fi
check "over the recording" "$(page -o ./small.jsonl; head -c 9 small.jsonl)" \
	"1 zrec replay: --output is the recording itself; see 'zrec replay --help'"$'\n{"meta":{'
check "to where there is no directory" "$(page -o none/page.html)" \
	"8 zrec: cannot write none/page.html: No such file or directory"
check "to a directory" "$(page -o .)" "8 zrec: cannot write .: Is a directory"
check "on a full disk" "$(page -o /dev/full)" "7 zrec: cannot write /dev/full: No space left on device"
check "on a full standard output" "$("$zrec" replay small.jsonl "${two[@]}" --what-if --report 2>&1 >/dev/full; echo $?)" \
	"zrec: cannot write the result: No space left on device"$'\n7'
cp page.html before.html
check "of what is damaged the one before stays" "$(run cut.jsonl "${two[@]}" --what-if --report -o page.html | cut -c -15
	cmp page.html before.html; ls page.html*)" $'8 cut.jsonl:7: \npage.html'
check "it replaces the one before" "$(page -o page.html --host lpar1; cmp -s page.html before.html; echo $?)" $'0 \n1'
check "with a condition" "$(page -o page.html --against default; tail -n 1 page.html)" $'2 \n</html>'
check "quiet, in a file" "$(page -q -o quiet.html; tail -n 1 quiet.html)" $'0 \n</html>'
check "quiet, on standard output" "$("$zrec" replay -q small.jsonl "${two[@]}" --what-if --report; echo $?)" 0
check "a reader of it that goes away" \
	"$("$zrec" replay small.jsonl "${two[@]}" --what-if --report 2>&1 | true; echo "${PIPESTATUS[0]}")" 0

# --- the same input, the same bytes ---
replay() { "$zrec" replay -p strict.conf -p isolate-flapping "$@"; }
check "twice the same" "$(replay made.jsonl | md5sum)" "$(replay made.jsonl | md5sum)"
check "a recording that was made again" \
	"$("$make" --seed 3 --hosts 2 --functions 8 --mean 3600 --recoveries 3000 | tail -n +2 | md5sum)" \
	"$(tail -n +2 made.jsonl | md5sum)"
cp made.jsonl before.jsonl
"$zrec" history export --file made.jsonl after.jsonl
for options in '' --what-if '--fid 0x12' '--host lp1' '-c 50%'; do
	# shellcheck disable=SC2086
	check "after an export ${options:-}" "$(replay after.jsonl $options | sed 's/after/X/' | md5sum)" \
		"$(replay before.jsonl $options | sed 's/before/X/' | md5sum)"
done
"$zrec" history import made.jsonl -o made.db >/dev/null
check "from a database" "$(replay made.db | tail -n +2 | md5sum)" "$(replay made.jsonl | tail -n +2 | md5sum)"
check "from a pipe" "$(replay - <made.jsonl | tail -n +2 | md5sum)" "$(replay made.jsonl | tail -n +2 | md5sum)"

# --- what is replayed ---
decisions() { replay -f jsonl "$@" | sed -n 's/.*"decisions":\([0-9]*\).*/\1/p'; }
all=$(decisions made.jsonl)
check "hosts add up" $(($(decisions made.jsonl --host lp1) + $(decisions made.jsonl --host lp2))) "$all"
check "a canary of nobody decides nothing" "$(run made.jsonl -p strict.conf -c fid=0x99 --against default)" "0 "
check "a table with a column each" "$(replay made.jsonl --what-if | sed -n '3s/[^a-z|-]//gp')" \
	"||strict|isolate-flapping|"
end_checks
