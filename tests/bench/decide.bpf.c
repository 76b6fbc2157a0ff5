// SPDX-License-Identifier: GPL-2.0
/* decide.bpf.c - hands error events to decider.c, which decides in user space */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "decider.h"
#include "kernel.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

SEC("tp_btf/s390_zpci_error_event")
int BPF_PROG(on_error, __u64 id, const struct zpci_ccdf_err *ccdf)
{
	struct decider_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	/* decider_wait() fails then, nothing is lost in silence */
	if (!e)
		return 0;
	e->at_ns = bpf_ktime_get_ns();
	e->id = id;
	e->fid = ccdf->fid;
	e->pec = ccdf->pec;
	bpf_ringbuf_submit(e, 0);
	return 0;
}
