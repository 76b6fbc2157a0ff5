// SPDX-License-Identifier: GPL-2.0
/* no-members.bpf.c - is registered and never asked: what that alone costs */
#include "policy.h"

static __always_inline __u32 decide(const struct zpci_event_in *e, __u32 member)
{
	return ZPCI_VERDICT_DEFAULT;
}

ZPCI_POLICY("is never asked");
ZPCI_REPLAY(decide);

SEC(".struct_ops.link")
struct zpci_recovery_ops no_members = {
	.name = "no-members",
};
