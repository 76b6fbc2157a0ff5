#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The completion in bash, whose words are not those of the program.
# Arguments: the program, the completion script

program=$1
# shellcheck source=tests/unit/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=completion/zrec
. "$2"

# What is offered at the end of a line, as readline asks for it
offers() {
	COMP_LINE=$1
	COMP_POINT=${#COMP_LINE}
	COMPREPLY=()
	_zrec "$program"
	printf '%s\n' "${COMPREPLY[@]}" | sort
}

COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
check "commands" "$(offers 'zrec d')" $'detach\ndoctor'
check "a word that is complete" "$(offers 'zrec latency')" latency
check "commands after a beginning of one" "$(offers 'zrec p ro')" rollback
check "a value after =" "$(offers 'zrec latency --by=fu')" function
check "all values after =" "$(offers 'zrec latency --format=')" $'json\njsonl\ntext'
check "a value in a word of its own" "$(offers 'zrec latency -f te')" text
check "options of help" "$(offers 'zrec help --q')" --quiet
check "no guess for a number" "$(offers 'zrec watch --count ')" ""
check "no description" "$(offers 'zrec watch --pec fmb_a')" fmb_access
COMP_WORDBREAKS=$' \t\n"\'><;|&('
check "a value after =, which breaks no words" "$(offers 'zrec latency --by=fu')" --by=function
check "in the middle of a line" "$(COMP_LINE='zrec la --by' && offers "${COMP_LINE:0:7}")" latency
ZREC_POLICY_DIR=$(mktemp -d)
export ZREC_POLICY_DIR
mkdir "$ZREC_POLICY_DIR/stable"
touch "$ZREC_POLICY_DIR"/stable/{first.conf,second.bpf.o}
check "policies by the names of their files" "$(offers 'zrec policy show ')" $'first\nsecond'
check "after an option with a value" "$(offers 'zrec policy test -t vectors s')" second
rm -r "$ZREC_POLICY_DIR"
end_checks
