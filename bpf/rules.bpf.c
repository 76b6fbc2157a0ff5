// SPDX-License-Identifier: GPL-2.0
/*
 * rules.bpf.c - decides by a rule file, which zrec compiles into its tables
 *
 * When it is unsure, it leaves the decision to the kernel: with no rule that
 * matches, with a function whose errors it could not keep count of. What the
 * kernel would clamp it does not answer.
 */
#include "policy.h"
#include "rules-decide.h"

ZPCI_POLICY("decides by a rule file");

ZPCI_ON_EVENT(decide);
ZPCI_ON_VOTE(decide);
ZPCI_ON_RESET(decide);
ZPCI_ON_FAILED(decide);
ZPCI_ON_DEADLINE(decide);

ZPCI_REPLAY(decide);

SEC(".struct_ops.link")
struct zpci_recovery_ops rules = {
	.event = (void *)zpci_event,
	.vote = (void *)zpci_vote,
	.reset = (void *)zpci_reset,
	.failed = (void *)zpci_failed,
	.deadline = (void *)zpci_deadline,
	.name = "rules",
};
