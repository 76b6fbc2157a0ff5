/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel-rules.h - what the kernel makes of a policy's answers
 *
 * The clamp, the budget and the ejection of the kernel series
 * (arch/s390/pci/pci_policy.h and pci_recovery_bpf.c), for replays. When the series
 * changes them, this is the one place that follows.
 */
#ifndef ZREC_KERNEL_RULES_H
#define ZREC_KERNEL_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "policy-abi.h"
#include "rules/rules.h"

/* The numbers are the codes with which a policy ends: zrec_policy_exit.code */
enum kernel_budget {
	KERNEL_BUDGET_NONE,
	KERNEL_BUDGET_ISOLATIONS,
	KERNEL_BUDGET_CLAMPS,
	KERNEL_BUDGET_FAILURES,
	KERNEL_NR_BUDGETS
};

/* As the kernel says it when it ejects a policy */
const char *kernel_budget_text(enum kernel_budget budget);

/* A policy that is registered: enforced or in shadow, from some moment on */
struct kernel_policy {
	uint64_t window_ns;
	uint32_t limit[KERNEL_NR_BUDGETS];
	uint32_t used[KERNEL_NR_BUDGETS];	/* in this window */
	uint64_t total[KERNEL_NR_BUDGETS];
	uint64_t window_start_ns;
	bool shadow;
	bool ejected;
	enum kernel_budget ejected_by;
};

void kernel_policy_begin(struct kernel_policy *policy, const struct policy_budget *budget,
			 bool shadow, uint64_t now_ns);

/* One decision, and what the function and its driver are like at that moment */
struct kernel_question {
	uint32_t member;		/* enum zpci_member, not ZPCI_MEMBER_DONE */
	uint16_t pec;
	bool mediated;
	uint8_t vote;			/* enum zpci_vote */
	uint8_t attempt;
	uint64_t now_ns;
};

/* The answer if it is legal, otherwise ZPCI_VERDICT_DEFAULT; of a deadline 0 */
uint32_t kernel_clamp(const struct kernel_question *question, uint32_t verdict);

/*
 * The answer that takes effect, or in shadow would. Charges the budget, and ejects an
 * enforced policy that is over it; then the decision at hand is the default.
 */
uint32_t kernel_policy_answer(struct kernel_policy *policy, const struct kernel_question *question,
			      uint32_t verdict);

/* A recovery has ended; one that failed although it was worth a try counts */
void kernel_policy_done(struct kernel_policy *policy, uint32_t outcome, uint32_t reason,
			uint64_t now_ns);

/* User space ran out of time; true if the function is given up for that */
bool kernel_policy_expired(struct kernel_policy *policy, uint64_t now_ns);

/* What the kernel does by itself about a driver's vote, as a verdict */
uint32_t kernel_default_of_vote(uint32_t vote);
/* True if there is no recovery after that vote, whatever a policy wants */
bool kernel_vote_is_abort(uint32_t vote);

#endif /* ZREC_KERNEL_RULES_H */
