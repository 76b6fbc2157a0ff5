// SPDX-License-Identifier: GPL-2.0
/*
 * What is wrong with rules that are each well formed: verdicts that the kernel
 * would refuse whatever happens, rules that never get to decide.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/names.h"
#include "rules/rules-int.h"

/*
 * Whether earlier rules leave anything to a rule can take exponential time to
 * find out. What is not found out with so many steps is taken for reachable.
 */
#define STEPS_OF_RULE	20000
#define STEPS_OF_FILE	20000000

uint32_t rule_dim_max(unsigned int dim)
{
	switch (dim) {
	case RULE_CLASS:
		return 0xffffff;
	case RULE_PEC:
		return UINT16_MAX;
	case RULE_MEDIATED:
		return 1;
	case RULE_ATTEMPT:
		return ZPCI_ATTEMPTS_MAX;
	default:
		return UINT32_MAX;
	}
}

/* Measurement block and permanent errors: the kernel asks no policy about them */
static const struct range no_decision[] = { { 0x2a, 0x2c }, { 0x3b, 0x3b }, { 0x40, 0x40 } };

static bool only(const struct range_set *set, const struct range *allowed, size_t nr)
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

static bool only_number(const struct range_set *set, uint32_t lo, uint32_t hi)
{
	const struct range range = { lo, hi };

	return only(set, &range, 1);
}

static void lint_verdicts(struct rules *rules, const struct rule *rule)
{
	bool mediated = only_number(&rule->dim[RULE_MEDIATED], 1, 1);

	for (unsigned int m = 0; mediated && m < ZPCI_MEMBER_DEADLINE; m++)
		if (rule->verdict[m] == ZPCI_VERDICT_RESET)
			problems_add(&rules->problems, rule->key_line[KEY_EVENT + m],
				     "%s = reset for mediated functions, which their user resets, expected mediated = no or another verdict",
				     name_member(m));
	if (rule->deadline_ms && only_number(&rule->dim[RULE_MEDIATED], 0, 0))
		problems_add(&rules->problems, rule->key_line[KEY_DEADLINE],
			      "a deadline for functions that are not mediated, expected mediated = yes or no deadline");
	if (rule->verdict[ZPCI_MEMBER_FAILED] == ZPCI_VERDICT_RESET &&
	    only_number(&rule->dim[RULE_ATTEMPT], ZPCI_ATTEMPTS_MAX, ZPCI_ATTEMPTS_MAX))
		problems_add(&rules->problems, rule->key_line[KEY_FAILED],
			      "failed = reset after the last attempt there is, expected attempt below %d",
			      ZPCI_ATTEMPTS_MAX);
}

static void lint_never(struct rules *rules, const struct rule *rule)
{
	bool late = only_number(&rule->dim[RULE_ATTEMPT], 1, ZPCI_ATTEMPTS_MAX);

	if (only(&rule->dim[RULE_PEC], no_decision, sizeof(no_decision) / sizeof(no_decision[0])))
		problems_add(&rules->problems, rule->key_line[KEY_PEC],
			      "rule '%s' can never match: no policy is asked about these PECs, expected others than 0x2a-0x2c, 0x3b and 0x40",
			      rule->name);
	if (late && (rule->verdict[ZPCI_MEMBER_EVENT] || rule->verdict[ZPCI_MEMBER_VOTE] ||
		     rule->deadline_ms))
		problems_add(&rules->problems, rule->key_line[KEY_ATTEMPT],
			      "event, vote and deadline are decided before the first attempt, expected attempt to have 0");
	if (only_number(&rule->dim[RULE_ATTEMPT], 0, 0) && rule->verdict[ZPCI_MEMBER_FAILED])
		problems_add(&rules->problems, rule->key_line[KEY_ATTEMPT],
			      "failed is decided after the first attempt, expected attempt to have 1 or more");
}

/* --- shadowed rules --- */

/* Everything that a rule, or what is left of it, matches */
struct box {
	struct range_set dim[RULE_NR_DIMS];
};

struct cover {
	const struct rules *rules;
	const struct rule *rule;	/* is it covered ... */
	size_t end;			/* ... by those before this one? */
	unsigned long steps;
	unsigned long left;
};

static void box_free(struct box *box)
{
	for (size_t d = 0; d < RULE_NR_DIMS; d++)
		range_set_free(&box->dim[d]);
}

/* Errors in a window: true of @earlier whenever true of @rule */
static bool window_implied(const struct rule *earlier, const struct rule *rule)
{
	if (!earlier->window_errors)
		return true;
	return rule->window_errors >= earlier->window_errors &&
	       rule->window_ns <= earlier->window_ns;
}

static bool box_meets(const struct box *box, const struct rule *rule)
{
	for (size_t d = 0; d < RULE_NR_DIMS; d++)
		if (rule->dim[d].nr && !range_set_meets(&box->dim[d], &rule->dim[d]))
			return false;
	return true;
}

static int box_copy(struct box *ret, const struct box *box)
{
	int err = 0;

	*ret = (struct box){ 0 };
	for (size_t d = 0; !err && d < RULE_NR_DIMS; d++)
		err = range_set_and(&ret->dim[d], &box->dim[d], &box->dim[d]);
	return err;
}

static int covered(struct cover *c, struct box *box, size_t first);

/* What is in @box but not in the rule's dimension @d; the rest stays in @box */
static int slice(struct cover *c, struct box *box, size_t d, const struct range_set *theirs,
		 size_t next)
{
	struct range_set outside = { 0 }, inside = { 0 };
	struct box piece = { 0 };
	int ret;

	ret = range_set_without(&outside, &box->dim[d], theirs);
	if (!ret)
		ret = range_set_and(&inside, &box->dim[d], theirs);
	if (!ret && outside.nr) {
		ret = box_copy(&piece, box);
		if (!ret) {
			range_set_free(&piece.dim[d]);
			piece.dim[d] = outside;
			outside = (struct range_set){ 0 };
			ret = covered(c, &piece, next);
		}
	} else if (!ret) {
		ret = 1;
	}
	if (ret == 1) {
		range_set_free(&box->dim[d]);
		box->dim[d] = inside;
		inside = (struct range_set){ 0 };
	}
	range_set_free(&outside);
	range_set_free(&inside);
	box_free(&piece);
	return ret;
}

/* 1: rules from @first on take all of @box; 0: not, or not found out; or an errno */
static int covered(struct cover *c, struct box *box, size_t first)
{
	const struct rule *rule;
	int ret = 1;

	for (;; first++) {
		if (first == c->end || !c->steps || !c->left)
			return 0;
		rule = &c->rules->rule[first];
		c->steps--;
		c->left--;
		if (window_implied(rule, c->rule) && box_meets(box, rule))
			break;
	}
	for (size_t d = 0; ret == 1 && d < RULE_NR_DIMS; d++)
		if (rule->dim[d].nr)
			ret = slice(c, box, d, &rule->dim[d], first + 1);
	return ret;
}

static int box_of(struct box *box, const struct rule *rule)
{
	int err = 0;

	*box = (struct box){ 0 };
	for (size_t d = 0; !err && d < RULE_NR_DIMS; d++) {
		if (rule->dim[d].nr)
			err = range_set_and(&box->dim[d], &rule->dim[d], &rule->dim[d]);
		else
			err = range_set_add(&box->dim[d], 0, rule_dim_max((unsigned int)d));
	}
	return err;
}

/* The earlier rule that does it alone, or NULL if it takes several */
static const struct rule *culprit(const struct rules *rules, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		const struct rule *earlier = &rules->rule[i], *rule = &rules->rule[nr];
		bool all = window_implied(earlier, rule);

		for (size_t d = 0; all && d < RULE_NR_DIMS; d++)
			if (earlier->dim[d].nr)
				all = only(&rule->dim[d], earlier->dim[d].r, earlier->dim[d].nr);
		if (all)
			return earlier;
	}
	return NULL;
}

static int lint_shadowed(struct rules *rules)
{
	struct cover c = { .rules = rules, .left = STEPS_OF_FILE };
	struct box box;
	int ret = 0;

	for (c.end = 1; ret >= 0 && c.end < rules->nr; c.end++) {
		const struct rule *earlier;

		c.rule = &rules->rule[c.end];
		c.steps = STEPS_OF_RULE;
		ret = box_of(&box, c.rule);
		if (!ret)
			ret = covered(&c, &box, 0);
		box_free(&box);
		if (ret != 1)
			continue;
		earlier = culprit(rules, c.end);
		if (earlier)
			problems_add(&rules->problems, c.rule->line,
				      "rule '%s' can never match: rule '%s' in line %u takes all of it, expected it before that one",
				      c.rule->name, earlier->name, earlier->line);
		else
			problems_add(&rules->problems, c.rule->line,
				      "rule '%s' can never match: earlier rules together take all of it, expected it before them",
				      c.rule->name);
	}
	return ret;
}

void rules_lint(struct rules *rules)
{
	for (size_t i = 0; i < rules->nr; i++) {
		lint_verdicts(rules, &rules->rule[i]);
		lint_never(rules, &rules->rule[i]);
	}
	/* A line that was not understood may be what makes the difference */
	if (!rules->unclear && lint_shadowed(rules) < 0)
		rules->problems.no_memory = true;
}
