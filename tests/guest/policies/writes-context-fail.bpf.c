// SPDX-License-Identifier: GPL-2.0
/* writes-context-fail.bpf.c - would change what the kernel knows; refused */
#include "policy.h"

ZPCI_POLICY("would change what the kernel knows");

SEC("struct_ops/event")
__u32 BPF_PROG(writes_context, struct zpci_recovery *rec)
{
	rec->mediated = 0;
	return ZPCI_VERDICT_RESET;
}

SEC(".struct_ops.link")
struct zpci_recovery_ops writer = {
	.event = (void *)writes_context,
	.name = "writes-context-fail",
};
