#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: the exporter writes its page into /host/zrec.prom again and again, for a Prometheus
# on the host. When /host/go is there, an NVMe's real error is recovered, and then a function has a
# permanent error, which is injected. Until /host/end is there.

# shellcheck source=tests/guest/facts.sh
. facts.sh

pages() {
	until [ -e /host/end ]; do
		zrec-exporter --textfile /host/zrec.prom
		sleep 0.5
	done
}

bound nvme
zrec watch --count 0
pages &
until [ -e /host/go ]; do
	sleep 0.2
done
nvme-error --errors 1 >/host/nvme.log
inject-error "$BDF" --pec 0x3b
wait
zrec status
