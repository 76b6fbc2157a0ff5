// SPDX-License-Identifier: GPL-2.0
#include "base/clock.h"
#include "policy/kernel-rules.h"

#define PEC_FMB_FIRST		0x2a
#define PEC_FMB_LAST		0x2c
#define PEC_PERMANENT_ERROR	0x3b
#define PEC_RECOVERY_FAILED	0x40

const char *kernel_budget_text(enum kernel_budget budget)
{
	static const char *const texts[KERNEL_NR_BUDGETS] = {
		[KERNEL_BUDGET_NONE]		= "",
		[KERNEL_BUDGET_ISOLATIONS]	= "too many functions given up",
		[KERNEL_BUDGET_CLAMPS]		= "too many illegal verdicts",
		[KERNEL_BUDGET_FAILURES]	= "too many recoveries failed",
	};

	return texts[budget];
}

void kernel_policy_begin(struct kernel_policy *policy, const struct policy_budget *budget,
			 bool shadow, uint64_t now_ns)
{
	*policy = (struct kernel_policy){
		.window_ns = (budget->window_s ? budget->window_s : ZPCI_WINDOW_S) *
			     (uint64_t)NSEC_PER_SEC,
		.limit = {
			[KERNEL_BUDGET_ISOLATIONS] = budget->max_isolations ? budget->max_isolations :
						     ZPCI_ISOLATIONS,
			[KERNEL_BUDGET_CLAMPS] = budget->max_clamps ? budget->max_clamps : ZPCI_CLAMPS,
			[KERNEL_BUDGET_FAILURES] = budget->max_failures ? budget->max_failures :
						   ZPCI_FAILURES,
		},
		.window_start_ns = now_ns,
		.shadow = shadow,
	};
}

/* False if this was one too many, and the policy is out */
static bool charge(struct kernel_policy *policy, enum kernel_budget budget, uint64_t now_ns)
{
	policy->total[budget]++;
	/* A record that came late must not begin a window by an underflow */
	if (now_ns > policy->window_start_ns &&
	    now_ns - policy->window_start_ns > policy->window_ns) {
		for (int i = 0; i < KERNEL_NR_BUDGETS; i++)
			policy->used[i] = 0;
		policy->window_start_ns = now_ns;
	}
	policy->used[budget]++;
	if (policy->shadow || policy->used[budget] <= policy->limit[budget])
		return true;
	policy->ejected = true;
	policy->ejected_by = budget;
	return false;
}

static bool is_recoverable(uint16_t pec)
{
	return !(pec >= PEC_FMB_FIRST && pec <= PEC_FMB_LAST) && pec != PEC_PERMANENT_ERROR &&
	       pec != PEC_RECOVERY_FAILED;
}

static bool deadline_is_legal(const struct kernel_question *q, uint32_t ms)
{
	return q->mediated && ms >= ZPCI_DEADLINE_MIN_MS && ms <= ZPCI_DEADLINE_MAX_MS;
}

uint32_t kernel_clamp(const struct kernel_question *q, uint32_t verdict)
{
	bool isolate = verdict == ZPCI_VERDICT_ISOLATE;
	bool reset = verdict == ZPCI_VERDICT_RESET && !q->mediated;
	bool legal = false;

	if (!is_recoverable(q->pec))
		return ZPCI_VERDICT_DEFAULT;
	switch (q->member) {
	case ZPCI_MEMBER_EVENT:
		legal = isolate || reset;
		break;
	case ZPCI_MEMBER_VOTE:
		legal = isolate || (reset && (q->vote == ZPCI_VOTE_CAN_RECOVER ||
					      q->vote == ZPCI_VOTE_NONE));
		break;
	case ZPCI_MEMBER_RESET:
		legal = isolate;
		break;
	case ZPCI_MEMBER_FAILED:
		legal = reset && q->attempt < ZPCI_ATTEMPTS_MAX && q->vote != ZPCI_VOTE_DISCONNECT;
		break;
	case ZPCI_MEMBER_DEADLINE:
		legal = deadline_is_legal(q, verdict);
		break;
	}
	return legal ? verdict : ZPCI_VERDICT_DEFAULT;
}

uint32_t kernel_policy_answer(struct kernel_policy *policy, const struct kernel_question *q,
			      uint32_t verdict)
{
	uint32_t effective = kernel_clamp(q, verdict);
	bool in_budget = true;

	if (effective != verdict)
		in_budget = charge(policy, KERNEL_BUDGET_CLAMPS, q->now_ns);
	else if (q->member != ZPCI_MEMBER_DEADLINE && effective == ZPCI_VERDICT_ISOLATE)
		in_budget = charge(policy, KERNEL_BUDGET_ISOLATIONS, q->now_ns);
	return in_budget ? effective : ZPCI_VERDICT_DEFAULT;
}

void kernel_policy_done(struct kernel_policy *policy, uint32_t outcome, uint32_t reason,
			uint64_t now_ns)
{
	if (policy->ejected || outcome != ZPCI_OUTCOME_FAILED)
		return;
	/* Otherwise recovery was not even tried, and no policy had a say */
	if (reason == ZPCI_REASON_DRIVER_GAVE_UP || reason == ZPCI_REASON_RESET_FAILED)
		charge(policy, KERNEL_BUDGET_FAILURES, now_ns);
}

bool kernel_policy_expired(struct kernel_policy *policy, uint64_t now_ns)
{
	return !policy->ejected && !policy->shadow &&
	       charge(policy, KERNEL_BUDGET_ISOLATIONS, now_ns);
}

bool kernel_vote_is_abort(uint32_t vote)
{
	switch (vote) {
	case ZPCI_VOTE_NONE:
	case ZPCI_VOTE_CAN_RECOVER:
	case ZPCI_VOTE_NEED_RESET:
	case ZPCI_VOTE_RECOVERED:
		return false;
	default:
		return true;
	}
}

uint32_t kernel_default_of_vote(uint32_t vote)
{
	if (kernel_vote_is_abort(vote))
		return ZPCI_VERDICT_ISOLATE;
	return vote == ZPCI_VOTE_NEED_RESET ? ZPCI_VERDICT_RESET : ZPCI_VERDICT_DEFAULT;
}
