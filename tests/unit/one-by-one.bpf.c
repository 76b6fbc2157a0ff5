// SPDX-License-Identifier: GPL-2.0
/*
 * A policy as objects were before they had an entry for many calls: it counts the calls
 * of a function, and isolates at each third
 */
#include "policy.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

static __always_inline __u32 decide(const struct zpci_event_in *e)
{
	__u64 first = 1, *nr;
	__u32 fid = e->fid;

	nr = bpf_map_lookup_elem(&calls, &fid);
	if (!nr) {
		bpf_map_update_elem(&calls, &fid, &first, BPF_ANY);
		return ZPCI_VERDICT_DEFAULT;
	}
	return ++*nr % 3 ? ZPCI_VERDICT_DEFAULT : ZPCI_VERDICT_ISOLATE;
}

ZPCI_POLICY("isolates at each third call");

SEC("struct_ops/event")
__u32 BPF_PROG(one_event, struct zpci_recovery *rec)
{
	return ZPCI_VERDICT_DEFAULT;
}

SEC("syscall")
int zpci_replay(struct zpci_replay *ctx)
{
	struct zpci_event_in e = ctx->event;

	return decide(&e);
}

SEC(".struct_ops.link")
struct zpci_recovery_ops one_by_one = {
	.event = (void *)one_event,
	.name = "one-by-one",
};
