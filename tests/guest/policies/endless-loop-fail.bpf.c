// SPDX-License-Identifier: GPL-2.0
/* endless-loop-fail.bpf.c - never comes to a decision; refused */
#include "policy.h"

ZPCI_POLICY("never comes to a decision");

SEC("struct_ops/event")
__u32 BPF_PROG(endless_loop, struct zpci_recovery *rec)
{
	/* What the verifier cannot know, so that there is a way out to compile */
	while (rec->id)
		asm volatile("" ::: "memory");
	return ZPCI_VERDICT_DEFAULT;
}

SEC(".struct_ops.link")
struct zpci_recovery_ops looper = {
	.event = (void *)endless_loop,
	.name = "endless-loop-fail",
};
