#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What make demo shows, inside the guest: two real errors, and zrec watching.

BPFFS=/sys/fs/bpf
PASSED_THROUGH=0001:00:00.0
HOST=0002:00:00.0

step() {
	printf '\n# %s\n$ %s\n' "$1" "$2"
}

# Published as a whole once every program is attached; the verifier has its time, also
# on a machine that does other things
attached() {
	tries=0
	while [ ! -d $BPFFS/zrec/observe ]; do
		kill -0 "$watch" 2>/dev/null && [ $tries -lt 1200 ] || return 1
		tries=$((tries + 1))
		sleep 0.05
	done
}

fail() {
	echo "demo: $1" >&2
	exit 1
}

step "zrec is watching" "zrec watch -v --count 2 &"
zrec watch -v --count 2 &
watch=$!
attached || fail "zrec watch does not attach"

step "an NVMe that is passed through, and recovered by its user-space driver" "vfio-nvme $PASSED_THROUGH"
vfio-nvme $PASSED_THROUGH || fail "the passed-through NVMe was not recovered"

nvme=/dev/$(ls /sys/bus/pci/devices/$HOST/nvme)
step "an NVMe under the host's own driver" "nvme-error $nvme"
nvme-error "$nvme" || fail "the host's NVMe was not recovered"

wait $watch || fail "zrec watch failed"

step "where the time went" "zrec latency"
zrec latency
