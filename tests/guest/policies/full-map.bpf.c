// SPDX-License-Identifier: GPL-2.0
/* full-map.bpf.c - counts into a map that has been full for long, and does not look */
#include "policy.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} seen SEC(".maps");

static __always_inline __u32 decide(const struct zpci_event_in *e, __u32 member)
{
	__u64 key = e->id, one = 1;

	bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
	return ZPCI_VERDICT_DEFAULT;
}

ZPCI_POLICY("counts into a map that is full");
ZPCI_ON_EVENT(decide);
ZPCI_REPLAY(decide);

SEC(".struct_ops.link")
struct zpci_recovery_ops full_map = {
	.event = (void *)zpci_event,
	.name = "full-map",
};
