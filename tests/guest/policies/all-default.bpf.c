// SPDX-License-Identifier: GPL-2.0
/* all-default.bpf.c - is asked everything and leaves everything to the kernel; -DNAME="x" */
#include "policy.h"

static __always_inline __u32 decide(const struct zpci_event_in *e, __u32 member)
{
	return ZPCI_VERDICT_DEFAULT;
}

ZPCI_POLICY("is asked everything and leaves everything to the kernel");
ZPCI_ON_ALL(decide);
ZPCI_REPLAY(decide);

SEC(".struct_ops.link")
struct zpci_recovery_ops all_default = {
	ZPCI_ALL_MEMBERS,
	.name = NAME,
};
