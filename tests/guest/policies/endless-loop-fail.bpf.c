// SPDX-License-Identifier: GPL-2.0
/* endless-loop-fail.bpf.c - more steps than the verifier follows; refused */
#include "policy.h"

ZPCI_POLICY("never comes to a decision");

SEC("struct_ops/event")
__u32 BPF_PROG(endless_loop, struct zpci_recovery *rec)
{
	volatile __u64 i = 0;

	while (i < 100000000)
		i++;
	return ZPCI_VERDICT_DEFAULT;
}

SEC(".struct_ops.link")
struct zpci_recovery_ops looper = {
	.event = (void *)endless_loop,
	.name = "endless-loop-fail",
};
