# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# For the scripts that judge in the guest what they do. Source it, with SUITE set, the
# beginning of the names of its tests. Prints TAP.

nr=0

# check NAME GOT WANT: one test
check() {
	nr=$((nr + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $nr - $SUITE/$1"
	else
		echo "not ok $nr - $SUITE/$1 # got '$(echo "$2" | tr '\n' ' ')', want '$3'"
	fi
}

# The exit code of a command; what it says is in /tmp/out and /tmp/err
code() {
	"$@" >/tmp/out 2>/tmp/err
	echo $?
}

# said PATTERN: yes or no, of the last command
said() {
	if grep -q "$1" /tmp/err; then echo yes; else echo no; fi
}

enforced() {
	sed -n 's/^name //p' /sys/kernel/zpci_recovery/enforced
}

end_checks() {
	check kernel-log-clean "$(dmesg | grep -cE 'BUG:|WARNING:|Oops')" 0
	echo "1..$nr"
}
