#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What 'zrec policy' makes of the files that there are: names, order, standard input,
# what is different. Arguments: the program, the built policies

zrec=$(realpath "$1") built=$(realpath "$2") n=0 failed=0
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
export ZREC_POLICY_DIR=$work LC_ALL=C.UTF-8
mkdir "$work/stable" "$work/testing"
cd "$work" || exit 1

# is NAME STATUS TEXT COMMAND...: ends with that, prints exactly that
is() {
	local name=$1 status=$2 text=$3 out got=0

	shift 3
	out=$("$@" 2>&1) || got=$?
	n=$((n + 1))
	if [[ $got == "$status" && $out == "$text" ]]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		{
			echo "status $got, wanted $status"
			diff <(echo "$text") <(echo "$out")
		} | cat -v | sed 's/^/# /'
		failed=1
	fi
}

# without the rights of root
# shellcheck disable=SC2317 # is() calls it
plain() {
	if [[ $(id -u) = 0 ]]; then
		setpriv --inh-caps=-all --bounding-set=-all "$@"
	else
		"$@"
	fi
}

policy() {
	printf '[policy]\nname = %s\ndescription = %s\n' "$1" "$2"
	cat
}

policy inner 'in stable' <<<$'[rule a]\nfid = 1\nevent = isolate' >stable/outer.conf
policy inner 'in testing' <<<$'[rule b]\nfid = 2' >testing/outer.conf
policy never 'rule b never matches' <<<$'[rule a]\n[rule b]' >testing/never.conf

is "list has the names of files, and what goes first" 0 \
	"NAME          TIER     KIND    STATE     DESCRIPTION
outer (inner) stable   rules   -         in stable
never         testing  rules   -         rule b never matches
outer (inner) testing  rules   hidden    in testing
'outer' means $work/stable/outer.conf, not the testing one" "$zrec" policy list
is "the name of the file is what commands want" 0 "$work/stable/outer.conf: ok (syntax; not shown to the kernel)" \
	"$zrec" policy check --no-load outer
is "the name in the kernel is not" 8 "inner: no such policy or file; 'zrec policy list' has those that are installed" "$zrec" policy check --no-load inner
is "check does look for rules that never match" 6 \
	"$work/testing/never.conf:5: rule 'b' can never match: rule 'a' in line 4 takes all of it, expected it before that one" \
	"$zrec" policy check --no-load never

# A name that is not UTF-8 breaks no document
policy bytes 'of bytes' </dev/null >stable/$'by\xfftes.conf'
"$zrec" policy list --format json >list.json
is "a file's name that is not UTF-8 in JSON" 0 'by�tes' \
	python3 -c 'import json; print([p["file"] for p in json.load(open("list.json"))["policies"] if p["name"] == "bytes"][0])'
rm stable/by*

# Standard input
is "a rule file on standard input" 0 '[policy]
name = piped
description = d
mode = shadow

[rule a]
fid = 0x1, 0x3-0x4
event = isolate' "$zrec" policy show --rules - < <(policy piped d <<<$'# why\n[rule a]\nfid = 1 3-4\nevent = isolate\nvote = default')
is "mistakes on standard input" 6 "<stdin>:1: 'x' is not an assignment, expected KEY = VALUE
<stdin>:1: the policy has no name, expected name = NAME in [policy]" "$zrec" policy check --no-load - <<<x

# Without rights a check goes as far as it can
if [[ -r /sys/kernel/btf/vmlinux ]]; then
	is "check without rights" 0 \
		"$work/stable/outer.conf: no permission to load BPF programs, which needs CAP_BPF and CAP_PERFMON; run as root
$work/stable/outer.conf: ok (syntax; not shown to the kernel)" plain "$zrec" policy check "$work/stable/outer.conf"
fi

# What is different
policy a d <<<$'budget = 3 isolations\n[rule one]\nfid = 1\n[rule two]\nfid = 2\n[rule gone]\nfid = 3\n[rule last]\nfid = 9' >a.conf
policy a 'd e' <<<$'[rule two]\nfid = 2, 4\n[rule one]\nfid = 1\n[rule new]\nfid = 5\npec = 0x4\n[rule last]\nfid = 0x9' >b.conf
policy a d <<<$'# other words\nbudget=3 isolations\n[rule one]\nfid=0x1\n[rule two]\nfid=2\n[rule gone]\nfid=3\n[rule last]\nfid=9' >c.conf
is "a difference" 2 '--- ./a.conf
+++ ./b.conf
 [policy]
-description = d
+description = d e
-budget = 3 isolations
-[rule one]
-fid = 0x1
 [rule two]
-fid = 0x2
+fid = 0x2, 0x4
-[rule gone]
-fid = 0x3
+[rule one]
+fid = 0x1
+[rule new]
+fid = 0x5
+pec = translation_protection' "$zrec" policy diff ./a.conf ./b.conf
is "a difference, quietly" 2 '' "$zrec" policy diff --quiet ./a.conf ./b.conf
is "no difference" 0 '' "$zrec" policy diff ./a.conf ./c.conf
is "a policy is not different from itself as canonical text" 0 '' \
	"$zrec" policy diff ./b.conf - < <("$zrec" policy show --rules ./b.conf)
cp "$built"/{stable/keep-default,testing/spare-the-patient}.bpf.o .
"$zrec" policy diff ./keep-default.bpf.o ./spare-the-patient.bpf.o >objects
is "two objects" 2 "$(cat objects)" "$zrec" policy diff ./keep-default.bpf.o ./spare-the-patient.bpf.o
is "the difference of two objects" 0 '-name = keep-default
+name = spare-the-patient
-file = these bytes
+file = others' grep -E '^[-+](name|file)' objects
is "an object and its copy" 0 '' "$zrec" policy diff ./keep-default.bpf.o - <keep-default.bpf.o
is "an object has no rules" 6 'zrec: ./keep-default.bpf.o has no rules: it is a BPF object' \
	"$zrec" policy show --rules ./keep-default.bpf.o
is "a policy that is not there" 8 "./d.conf: No such file or directory" "$zrec" policy diff ./a.conf ./d.conf
echo "1..$n"
exit $failed
