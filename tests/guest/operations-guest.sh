#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: what people do to functions while zrec observes and a policy is in
# force. Records what happens, for check-operations to judge; here nothing is expected.
#   operations-guest.sh FUNCTION:OPERATION...
# Both are functions below, of the shell. There is an error before the operation and
# one after it. The facts of each pair go into /host/FUNCTION:OPERATION.

# shellcheck source=tests/guest/facts.sh
. facts.sh

PCI=/sys/bus/pci
SYSFS=/sys/kernel/zpci_recovery
SLOW=${GUEST_SLOW:-1}

# --- functions, and their errors ----------------------------------------------

# Under the nvme driver, with real errors
host() {
	BDF=0001:00:00.0 FID=0x11 DRIVER=nvme OTHER=vfio-pci
	NAME=nv1 DEV=nvme,drive=n1,serial=zrec1
}

host_error() {
	patiently disk
	nvme-error "/dev/$(ls "$SYS/nvme")"
}

# The block device is there only some time after the driver is
disk() {
	nvme=$(ls "$SYS/nvme") && [ -b "/dev/${nvme}n1" ]
}

# A user's, who opens it, makes a real error, recovers from it and closes it
user() {
	BDF=0002:00:00.0 FID=0x12 DRIVER=vfio-pci OTHER=nvme
	NAME=nv2 DEV=nvme,drive=n2,serial=zrec2
}

user_error() {
	vfio-nvme "$BDF"
}

# Not PCI Express. Its errors are injected, while nobody has it open
conventional() {
	BDF=0021:00:00.0 FID=0x21 DRIVER=vfio-pci OTHER=virtio-pci
	NAME=conventional DEV=virtio-rng-pci,x-disable-pcie=on
}

conventional_error() {
	bind "$DRIVER"
	inject-error "$BDF" --pec 0x3a
}

unbind() {
	[ ! -e "$SYS/driver" ] || echo "$BDF" >"$SYS/driver/unbind"
}

bind() {
	unbind
	echo "$1" >"$SYS/driver_override"
	echo "$BDF" >"$PCI/drivers/$1/bind"
}

switch() {
	echo "$1" >"$PCI/slots/$(printf %08x "$FID")/power"
}

there() {
	[ -e "$SYS" ]
}

gone() {
	! there
}

# As it was at the beginning, whatever the scenario before has done to it
renew() {
	there || switch 1
	echo 1 >"$SYS/recover"
	[ ! -e "$SYS/reset_method" ] || echo default >"$SYS/reset_method"
	bind "$DRIVER"
}

# --- operations ---------------------------------------------------------------

# reset_by METHOD: and as it likes afterwards; by FLR alone, a function in error can't be reset
reset_by() {
	echo "$1" >"$SYS/reset_method" && echo 1 >"$SYS/reset" && echo default >"$SYS/reset_method"
}

flr() {
	reset_by flr
}

bus_reset() {
	reset_by bus
}

vfio_reset() {
	vfio-nvme "$BDF" --errors 0
}

recover() {
	echo 1 >"$SYS/recover"
}

rescan() {
	echo 1 >"$SYS/remove" && gone && echo 1 >$PCI/rescan && there
}

# To another driver and back
rebind() {
	bind "$OTHER" && bind "$DRIVER"
}

power() {
	switch 0 && gone && switch 1 && there
}

# Off while a user who has read of an error, and done nothing about it, still has the function
power_in_a_recovery() {
	vfio-nvme "$BDF" --no-reset --hold 3 >held.out 2>&1 &
	await held.out 'error read'
	power
}

# report ACTION: the file and the bytes that zpcictl writes: version, action, length of
# the rest; a time and the number of zpcictl
report() {
	printf '\001%b\000\020\000\000\000\000\000\000\000\001\000\000\000\000\000\000\107\023' "\\0$1" \
		>"$SYS/report_error"
}

# zpcictl --reset: an informational report, and recover
zpcictl_reset() {
	report 2
	echo "report_error: $?"
	echo 1 >"$SYS/recover"
}

# zpcictl --reset-fw: firmware is asked for a reset, after which it reports an event. This
# machine's has no such thing, so the event is injected
zpcictl_reset_fw() {
	report 0
	echo "report_error: $?"
	inject-error "$BDF" --pec 0x3a
}

# The SE, as QEMU plays it: asks for the function to be deconfigured and takes it away, gives
# it to this machine again, configured
configure() {
	monitor device_del "$NAME" && patiently gone && gone || return
	patiently monitor device_add "zpci,uid=$((0x${BDF%%:*})),fid=$((FID)),target=$NAME"
	patiently monitor device_add "$DEV,id=$NAME"
	patiently there && there
}

# --- one of them --------------------------------------------------------------

# account LABEL: what zrec says that it has seen
account() {
	zrec latency --format json >"$1.json"
}

# number NAME FILE: of an account
number() {
	sed -n "s/.*\"$1\": *\"\\{0,1\\}\\([0-9]*\\).*/\\1/p" "$2" | head -n 1
}

# The observation and the policy, as the kernel has them
in_force() {
	bpftool link show | sed -n 's/^\([0-9]*: [a-z_]*\) .*/\1/p' >"$1.links"
	cat $SYSFS/enforced >"$1.enforced"
}

scenario() (
	mkdir -p "/host/$1" && cd "/host/$1" || exit
	function=${1%%:*} operation=$(echo "${1#*:}" | tr - _)
	"$function"
	SYS=$PCI/devices/$BDF
	exec >log 2>&1
	renew
	account before
	cat "$SYS/life" >life-before
	fact error-before "${function}_error"
	fact operation "$operation"
	cat "$SYS/life" >life-after
	fact error-after "${function}_error"
	account after
	unread=$(($(number delivered after.json) - $(number delivered before.json)))
	timeout $((10 * SLOW)) zrec watch --format jsonl --count $unread >recoveries.jsonl
	zrec latency --by function --format json >functions.json
	fact status zrec status --format json
	in_force end
	dmesg -c >kernel.log
)

cd /host || exit
if [ ! -e $SYSFS ]; then
	: >no-policies
	exit
fi
zrec watch --count 0
fact apply zrec policy apply /usr/lib/zrec/tests/policies/operations.conf
in_force begin
dmesg -c >begin.log
for name; do
	scenario "$name"
done
account end
fact detach zrec detach
zrec policy detach --all
kernel-leaks.sh
dmesg >end.log
