// SPDX-License-Identifier: GPL-2.0
/*
 * keep-default - does nothing, shows everything
 *
 * What for: to see the hook at work before a policy of your own has a say. It
 * is asked at every decision and leaves each to the kernel; `zrec policy status`
 * counts the decisions, `zrec watch` and the trace show them one by one. Also
 * the place to start from when you write a policy in C.
 *
 * When unsure: it has no opinion to be unsure about.
 *
 * Limits: none of its answers can be clamped, none counts against a budget. It
 * costs what asking costs.
 */
#include "policy.h"

static __always_inline __u32 decide(const struct zpci_event_in *e, __u32 member)
{
	return ZPCI_VERDICT_DEFAULT;
}

ZPCI_POLICY("leaves every decision to the kernel and shows that it was asked");
ZPCI_ON_ALL(decide);
ZPCI_REPLAY(decide);

SEC(".struct_ops.link")
struct zpci_recovery_ops keep_default = {
	ZPCI_ALL_MEMBERS,
	.name = "keep-default",
};
