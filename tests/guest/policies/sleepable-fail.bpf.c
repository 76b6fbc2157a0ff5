// SPDX-License-Identifier: GPL-2.0
/* sleepable-fail.bpf.c - might sleep with the locks of a recovery held; refused */
#include "policy.h"

ZPCI_POLICY("might sleep");

SEC("struct_ops.s/event")
__u32 BPF_PROG(might_sleep, struct zpci_recovery *rec)
{
	return ZPCI_VERDICT_DEFAULT;
}

SEC(".struct_ops.link")
struct zpci_recovery_ops sleeper = {
	.event = (void *)might_sleep,
	.name = "sleepable-fail",
};
