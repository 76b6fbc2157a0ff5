#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What make demo shows, inside the guest: two real errors, with zrec watching and a policy
# in shadow, then what was recorded of them, replayed against another policy, as Prometheus
# scrapes it, and as a page. What is in /host stays when the guest has gone.

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
		kill -0 "$recorder" 2>/dev/null && [ $tries -lt 1200 ] || return 1
		tries=$((tries + 1))
		sleep 0.05
	done
}

# scrape FILE: what the exporter that runs says
scrape() {
	tries=0
	until wget -q -O "$1" http://127.0.0.1:19714/metrics 2>/dev/null; do
		kill -0 "$exporter" 2>/dev/null && [ $tries -lt 200 ] || return 1
		tries=$((tries + 1))
		sleep 0.05
	done
}

fail() {
	echo "demo: $1" >&2
	exit 1
}

step "zrec records, and somebody looks on" "zrec run & zrec watch -v --count 2 &"
zrec run 2>/tmp/run.log &
recorder=$!
attached || fail "zrec run does not attach"
zrec watch -v --count 2 &
watch=$!

step "a policy in shadow: asked and recorded, not followed" "zrec policy shadow passthrough-deadline"
zrec policy shadow passthrough-deadline || fail "the policy cannot be put in shadow"

step "an NVMe that is passed through, and recovered by its user-space driver" "vfio-nvme $PASSED_THROUGH"
vfio-nvme $PASSED_THROUGH || fail "the passed-through NVMe was not recovered"

nvme=/dev/$(ls /sys/bus/pci/devices/$HOST/nvme)
step "an NVMe under the host's own driver" "nvme-error $nvme"
nvme-error "$nvme" || fail "the host's NVMe was not recovered"

wait $watch || fail "zrec watch failed"

step "where the time went" "zrec latency"
zrec latency

step "what Prometheus gets, some of it" "zrec-exporter & wget -O metrics.prom http://127.0.0.1:19714/metrics"
zrec-exporter 2>/tmp/exporter.log &
exporter=$!
scrape /host/metrics.prom || fail "zrec-exporter does not answer: $(cat /tmp/exporter.log)"
kill $exporter
shown='observer_up|recoveries_total|function_recovery_duration_seconds_sum'
shown="$shown|policy_decisions_total|recorder_recoveries_total"
grep -E "^zrec_($shown)[{ ]" /host/metrics.prom | grep -v ' 0$'

step "what was recorded" "zrec history"
zrec history || fail "zrec history failed"

step "what a policy would have decided" "zrec history export >case.jsonl; zrec replay case.jsonl -p isolate-flapping"
cd /host || exit
zrec history export >case.jsonl || fail "zrec history export failed"
zrec replay case.jsonl --policy isolate-flapping || fail "zrec replay failed"

step "one page of it, for a ticket" "zrec report -o report.html"
zrec report -o report.html || fail "zrec report failed"
kill $recorder
wait $recorder || fail "zrec run failed: $(cat /tmp/run.log)"
