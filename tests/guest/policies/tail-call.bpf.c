// SPDX-License-Identifier: GPL-2.0
/* tail-call.bpf.c - hands the decision on to a program that is not there */
#include "policy.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");

ZPCI_POLICY("hands the decision on to nobody");

SEC("struct_ops/event")
__u32 tail_call(__u64 *ctx)
{
	bpf_tail_call(ctx, &next, 0);
	return 3;
}

SEC(".struct_ops.link")
struct zpci_recovery_ops tail = {
	.event = (void *)tail_call,
	.max_clamps = 100,
	.name = "tail-call",
};
