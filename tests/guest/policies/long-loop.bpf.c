// SPDX-License-Identifier: GPL-2.0
/* long-loop.bpf.c - thinks for a long time, but not for ever */
#include "policy.h"

#define ROUNDS	1000000

static long round(__u64 i, void *ctx)
{
	*(__u64 *)ctx ^= i;
	return 0;
}

static __always_inline __u32 decide(const struct zpci_event_in *e, __u32 member)
{
	__u64 sum = e->id;

	bpf_loop(ROUNDS, round, &sum, 0);
	return sum == 1 ? ZPCI_VERDICT_RESET : ZPCI_VERDICT_DEFAULT;
}

ZPCI_POLICY("takes a million steps to decide");
ZPCI_ON_EVENT(decide);
ZPCI_REPLAY(decide);

SEC(".struct_ops.link")
struct zpci_recovery_ops long_loop = {
	.event = (void *)zpci_event,
	.name = "long-loop",
};
