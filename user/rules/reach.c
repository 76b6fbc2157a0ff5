// SPDX-License-Identifier: GPL-2.0
/*
 * Rules that never get to decide, because earlier ones take all that they match.
 *
 * A rule is a bit, and each dimension has classes of numbers that all rules treat
 * alike (classes.c). A rule has something left if there is one class in each
 * dimension, out of those it asks for, so that no earlier rule has them all: if the
 * intersection of their sets is empty. So few different sets are left of a dimension
 * when only earlier rules count that all combinations can be tried, in nearly every
 * file. In the worst case it takes exponential time: what is not found out with so
 * much work is taken for reachable.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rules-int.h"

#define WORK_OF_RULE	(RULES_LINT_WORK_MAX / 40)
#define WORDS_MAX	RULES_WORDS_MAX

/* What is left of a dimension for one rule */
struct choice {
	uint64_t *set;			/* the different sets of earlier rules */
	size_t nr;
	uint64_t all[WORDS_MAX];	/* earlier rules that are in each of them */
};

struct reach {
	struct rules *rules;
	struct rule_classes classes[RULE_NR_DIMS];
	uint64_t *sets[RULE_NR_DIMS];	/* room for those of the choices */
	uint32_t *known;		/* hash table of a choice's sets: number + 1 */
	size_t known_size;		/* a power of two */
	struct choice choice[RULE_NR_DIMS];	/* fewest first */
	unsigned int nr_choices;
	uint64_t rest[RULE_NR_DIMS + 1][WORDS_MAX];	/* rules in all sets from this choice on */
	size_t words;			/* of the sets, as far as earlier rules reach */
	uint64_t work;
	uint64_t limit;			/* of work, for this rule */
};

enum verdict { REACHED, COVERED, GIVEN_UP };

static bool spend(struct reach *r, size_t words)
{
	r->work += words;
	return r->work <= r->limit;
}

/* True if two sets have rules in common: @ret gets those, and may be one of the sets */
static bool meet(uint64_t *ret, const uint64_t *a, const uint64_t *b, size_t words)
{
	uint64_t any = 0;

	for (size_t i = 0; i < words; i++) {
		ret[i] = a[i] & b[i];
		any |= ret[i];
	}
	return any;
}

/* Errors in a window: true of @earlier whenever true of @rule */
static bool window_implied(const struct rule *earlier, const struct rule *rule)
{
	if (!earlier->window_errors)
		return true;
	return rule->window_errors >= earlier->window_errors &&
	       rule->window_ns <= earlier->window_ns;
}

/* An empty table that stays at least half empty with @nr sets */
static void forget_known(struct reach *r, size_t nr)
{
	r->known_size = 2;
	while (r->known_size < nr * 2)
		r->known_size *= 2;
	memset(r->known, 0, r->known_size * sizeof(*r->known));
	spend(r, r->known_size / 2);
}

/* The set after those of the choice, if it is not one of them */
static void keep_if_new(struct reach *r, struct choice *c)
{
	const uint64_t *set = c->set + c->nr * r->words;
	size_t at = rule_set_hash(set, r->words);

	while (r->known[at &= r->known_size - 1]) {
		if (!memcmp(c->set + (r->known[at] - 1) * r->words, set, r->words * sizeof(*set)))
			return;
		at++;
	}
	r->known[at] = (uint32_t)++c->nr;
}

/* The classes from @first on that begin up to @hi. False if no earlier rule has one of them */
static bool choose_classes(struct reach *r, struct choice *c, const struct rule_classes *classes,
			   size_t first, uint32_t hi, const uint64_t *earlier)
{
	for (size_t i = first; i < classes->nr && classes->start[i] <= hi; i++) {
		uint64_t *set = c->set + c->nr * r->words;

		spend(r, r->words);
		if (!meet(set, classes->set + i * classes->words, earlier, r->words))
			return false;
		meet(c->all, c->all, set, r->words);
		keep_if_new(r, c);
	}
	return true;
}

/* The same for all that the rule asks for */
static bool choose(struct reach *r, struct choice *c, unsigned int dim, const struct rule *rule,
		   const uint64_t *earlier)
{
	const struct rule_classes *classes = &r->classes[dim];
	const struct range_set *asked = &rule->dim[dim];

	c->set = r->sets[dim];
	c->nr = 0;
	memcpy(c->all, earlier, r->words * sizeof(*earlier));
	forget_known(r, classes->nr);
	if (!asked->nr)
		return choose_classes(r, c, classes, 0, rule_dim_max(dim), earlier);
	for (size_t i = 0; i < asked->nr; i++)
		if (!choose_classes(r, c, classes, rule_classes_find(classes, asked->r[i].lo),
				    asked->r[i].hi, earlier))
			return false;
	return true;
}

/* True if every combination from a choice on has one of the rules @alive */
static enum verdict try_all(struct reach *r, unsigned int nr, const uint64_t *alive)
{
	const struct choice *c = &r->choice[nr];
	uint64_t next[WORDS_MAX];
	enum verdict verdict = COVERED;

	if (nr == r->nr_choices || meet(next, alive, r->rest[nr], r->words))
		return COVERED;
	for (size_t i = 0; verdict == COVERED && i < c->nr; i++) {
		if (!spend(r, r->words))
			return GIVEN_UP;
		verdict = meet(next, alive, c->set + i * r->words, r->words) ?
			  try_all(r, nr + 1, next) : REACHED;
	}
	return verdict;
}

static int by_number(const void *a, const void *b)
{
	const struct choice *x = a, *y = b;

	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

static enum verdict reaches(struct reach *r, const struct rule *rule, const uint64_t *earlier)
{
	r->nr_choices = 0;
	for (unsigned int dim = 0; dim < RULE_NR_DIMS; dim++) {
		/* No rule asks */
		if (r->classes[dim].nr == 1)
			continue;
		if (!choose(r, &r->choice[r->nr_choices++], dim, rule, earlier))
			return REACHED;
	}
	qsort(r->choice, r->nr_choices, sizeof(r->choice[0]), by_number);
	memcpy(r->rest[r->nr_choices], earlier, r->words * sizeof(*earlier));
	for (unsigned int i = r->nr_choices; i-- > 0;)
		meet(r->rest[i], r->rest[i + 1], r->choice[i].all, r->words);
	return try_all(r, 0, earlier);
}

/* The earlier rule that takes all of it alone, or NULL if several do together */
static const struct rule *taken_by(const struct reach *r)
{
	for (size_t i = 0; i < r->words; i++)
		if (r->rest[0][i])
			return &r->rules->rule[i * 64 + (size_t)__builtin_ctzll(r->rest[0][i])];
	return NULL;
}

static void lint_rule(struct reach *r, size_t nr)
{
	const struct rule *rule = &r->rules->rule[nr], *by;
	uint64_t earlier[WORDS_MAX] = { 0 };
	bool any = false;

	r->words = (nr + 63) / 64;
	r->limit = r->work + WORK_OF_RULE;
	if (r->limit > RULES_LINT_WORK_MAX)
		r->limit = RULES_LINT_WORK_MAX;
	for (size_t i = 0; i < nr; i++) {
		if (!window_implied(&r->rules->rule[i], rule))
			continue;
		earlier[i / 64] |= 1ull << (i % 64);
		any = true;
	}
	if (!any || reaches(r, rule, earlier) != COVERED)
		return;
	by = taken_by(r);
	if (by)
		problems_add(&r->rules->problems, rule->line,
			     "rule '%s' can never match: rule '%s' in line %u takes all of it, expected it before that one",
			     rule->name, by->name, by->line);
	else
		problems_add(&r->rules->problems, rule->line,
			     "rule '%s' can never match: earlier rules together take all of it, expected it before them",
			     rule->name);
}

static int make_room(struct reach *r)
{
	size_t most = 1;
	int err = 0;

	for (unsigned int dim = 0; !err && dim < RULE_NR_DIMS; dim++) {
		struct rule_classes *classes = &r->classes[dim];

		err = rule_classes_make(r->rules, dim, classes);
		if (err)
			break;
		r->sets[dim] = calloc(classes->nr * classes->words, sizeof(*r->sets[dim]));
		if (!r->sets[dim])
			err = -ENOMEM;
		if (classes->nr > most)
			most = classes->nr;
	}
	if (err)
		return err;
	r->known = calloc(most * 4, sizeof(*r->known));
	return r->known ? 0 : -ENOMEM;
}

int rules_lint_reach(struct rules *rules, uint64_t *work)
{
	struct reach *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	if (!r)
		return err;
	r->rules = rules;
	err = make_room(r);
	for (size_t i = 1; !err && i < rules->nr && r->work < RULES_LINT_WORK_MAX; i++)
		lint_rule(r, i);
	*work = r->work;
	for (unsigned int dim = 0; dim < RULE_NR_DIMS; dim++) {
		rule_classes_free(&r->classes[dim]);
		free(r->sets[dim]);
	}
	free(r->known);
	free(r);
	return err;
}
