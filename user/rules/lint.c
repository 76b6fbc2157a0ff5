// SPDX-License-Identifier: GPL-2.0
/*
 * What is wrong with rules that are each well formed: verdicts that the kernel
 * would refuse whatever happens, rules that never get to decide.
 */
#include "base/array.h"
#include "record/names.h"
#include "rules/rules-int.h"

/* Measurement block and permanent errors: the kernel asks no policy about them */
static const struct range no_decision[] = { { 0x2a, 0x2c }, { 0x3b, 0x3b }, { 0x40, 0x40 } };

/* True if a rule asks only for numbers in these ranges */
static bool asks_only(const struct range_set *set, const struct range *allowed, size_t nr)
{
	const struct range_set all = { (struct range *)allowed, nr };
	struct range_set rest;
	bool none;

	if (!set->nr || range_set_without(&rest, set, &all))
		return false;
	none = !rest.nr;
	range_set_free(&rest);
	return none;
}

static bool asks_only_from(const struct range_set *set, uint32_t lo, uint32_t hi)
{
	const struct range range = { lo, hi };

	return asks_only(set, &range, 1);
}

static void lint_verdicts(struct rules *rules, const struct rule *rule)
{
	bool mediated = asks_only_from(&rule->dim[RULE_MEDIATED], 1, 1);

	for (unsigned int m = 0; mediated && m < ZPCI_MEMBER_DEADLINE; m++)
		if (rule->verdict[m] == ZPCI_VERDICT_RESET)
			problems_add(&rules->problems, rule->key_line[KEY_EVENT + m],
				     "%s = reset for mediated functions, which their user resets, expected mediated = no or another verdict",
				     name_member(m));
	if (rule->deadline_ms && asks_only_from(&rule->dim[RULE_MEDIATED], 0, 0))
		problems_add(&rules->problems, rule->key_line[KEY_DEADLINE],
			      "a deadline for functions that are not mediated, expected mediated = yes or no deadline");
	if (rule->verdict[ZPCI_MEMBER_FAILED] == ZPCI_VERDICT_RESET &&
	    asks_only_from(&rule->dim[RULE_ATTEMPT], ZPCI_ATTEMPTS_MAX, ZPCI_ATTEMPTS_MAX))
		problems_add(&rules->problems, rule->key_line[KEY_FAILED],
			      "failed = reset after the last attempt there is, expected attempt below %d",
			      ZPCI_ATTEMPTS_MAX);
}

static void lint_never(struct rules *rules, const struct rule *rule)
{
	bool late = asks_only_from(&rule->dim[RULE_ATTEMPT], 1, ZPCI_ATTEMPTS_MAX);

	if (asks_only(&rule->dim[RULE_PEC], no_decision, ARRAY_SIZE(no_decision)))
		problems_add(&rules->problems, rule->key_line[KEY_PEC],
			      "rule '%s' can never match: no policy is asked about these PECs, expected others than 0x2a-0x2c, 0x3b and 0x40",
			      rule->name);
	if (late && (rule->verdict[ZPCI_MEMBER_EVENT] || rule->verdict[ZPCI_MEMBER_VOTE] ||
		     rule->deadline_ms))
		problems_add(&rules->problems, rule->key_line[KEY_ATTEMPT],
			      "event, vote and deadline are decided before the first attempt, expected attempt to have 0");
	if (asks_only_from(&rule->dim[RULE_ATTEMPT], 0, 0) && rule->verdict[ZPCI_MEMBER_FAILED])
		problems_add(&rules->problems, rule->key_line[KEY_ATTEMPT],
			      "failed is decided after the first attempt, expected attempt to have 1 or more");
}

void rules_lint(struct rules *rules)
{
	uint64_t work = 0;

	for (size_t i = 0; i < rules->nr; i++) {
		lint_verdicts(rules, &rules->rule[i]);
		lint_never(rules, &rules->rule[i]);
	}
	/* A line that was not understood may make the difference */
	if (!rules->unclear && rules_lint_reach(rules, &work) < 0)
		rules->problems.no_memory = true;
}
