// SPDX-License-Identifier: GPL-2.0
/* all-default.bpf.c - is asked everything and leaves everything to the kernel; -DNAME="x" */
#include "policy.h"

static __always_inline __u32 decide(const struct zpci_event_in *e, __u32 member)
{
	return ZPCI_VERDICT_DEFAULT;
}

ZPCI_POLICY("is asked everything and leaves everything to the kernel");
ZPCI_ON_EVENT(decide);
ZPCI_ON_VOTE(decide);
ZPCI_ON_RESET(decide);
ZPCI_ON_FAILED(decide);
ZPCI_ON_DEADLINE(decide);
ZPCI_REPLAY(decide);

SEC(".struct_ops.link")
struct zpci_recovery_ops all_default = {
	.event = (void *)zpci_event,
	.vote = (void *)zpci_vote,
	.reset = (void *)zpci_reset,
	.failed = (void *)zpci_failed,
	.deadline = (void *)zpci_deadline,
	.name = NAME,
};
