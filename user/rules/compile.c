// SPDX-License-Identifier: GPL-2.0
/* From rules to the tables of bpf/rules.bpf.c; bpf/rules-abi.h says how they look */
#define _GNU_SOURCE	/* reallocarray() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rules-int.h"

#define SEEDS_A_SIZE	64	/* to try before the driver table gets twice the size */

struct compiler {
	const struct rules *rules;
	struct rules_table *t;
	size_t words;
	size_t set_len;
	uint64_t *set;			/* the one at hand */
	uint32_t *known;		/* hash table of sets: place + 1 */
	size_t known_size;		/* a power of two */
	size_t nr_known;
	uint32_t nr_sets;		/* words of them */
};

static void set_clear(struct compiler *c)
{
	memset(c->set, 0, c->set_len * sizeof(c->set[0]));
}

static void set_add(struct compiler *c, size_t rule)
{
	size_t first = c->words > 1;

	c->set[first + rule / 64] |= 1ull << (rule % 64);
	if (first)
		c->set[0] |= 1ull << (rule / 64);
}

/* The rules of a class */
static void set_take(struct compiler *c, const struct rule_classes *classes, size_t nr)
{
	const uint64_t *set = classes->set + nr * classes->words;
	size_t first = c->words > 1;

	set_clear(c);
	memcpy(c->set + first, set, c->words * sizeof(*set));
	for (size_t i = 0; first && i < c->words; i++)
		c->set[0] |= (uint64_t)(set[i] != 0) << i;
}

static void known_put(struct compiler *c, uint32_t place)
{
	size_t at = rule_set_hash(&c->t->sets[place], c->set_len);

	while (c->known[at &= c->known_size - 1])
		at++;
	c->known[at] = place + 1;
}

static int known_grow(struct compiler *c)
{
	uint32_t *old = c->known;
	size_t size = c->known_size;

	c->known_size = size ? size * 2 : 64;
	c->known = calloc(c->known_size, sizeof(c->known[0]));
	if (!c->known) {
		c->known = old;
		c->known_size = size;
		return -ENOMEM;
	}
	for (size_t i = 0; i < size; i++)
		if (old[i])
			known_put(c, old[i] - 1);
	free(old);
	return 0;
}

/* The place of the set at hand; each different one is stored once */
static int set_store(struct compiler *c, uint32_t *ret)
{
	size_t at = rule_set_hash(c->set, c->set_len);
	uint64_t *sets;

	for (; c->known_size && c->known[at &= c->known_size - 1]; at++) {
		*ret = c->known[at] - 1;
		if (!memcmp(&c->t->sets[*ret], c->set, c->set_len * sizeof(c->set[0])))
			return 0;
	}
	if (c->nr_known * 2 >= c->known_size && known_grow(c))
		return -ENOMEM;
	/* Twice the room whenever the number of sets is a power of two */
	if (!(c->nr_known & (c->nr_known - 1))) {
		sets = reallocarray(c->t->sets, c->nr_known ? c->nr_known * 2 : 1,
				    c->set_len * sizeof(*sets));
		if (!sets)
			return -ENOMEM;
		c->t->sets = sets;
	}
	*ret = c->nr_sets;
	memcpy(&c->t->sets[*ret], c->set, c->set_len * sizeof(c->set[0]));
	c->nr_sets += (uint32_t)c->set_len;
	c->nr_known++;
	known_put(c, *ret);
	return 0;
}

static int fill_intervals(struct compiler *c, const struct rule_classes *classes,
			  struct rules_interval *ret)
{
	int err = 0;

	for (size_t i = 0; !err && i < classes->nr; i++) {
		set_take(c, classes, i);
		ret[i].start = classes->start[i];
		err = set_store(c, &ret[i].set);
	}
	return err;
}

static int compile_dim(struct compiler *c, unsigned int dim)
{
	struct rules_head *head = &c->t->head;
	struct rule_classes classes;
	struct rules_interval *all;
	size_t room = 2;
	int err;

	if (!c->rules->nr_ranges[dim])
		return 0;
	err = rule_classes_make(c->rules, dim, &classes);
	if (err)
		return err;
	while (room < classes.nr)
		room *= 2;
	all = reallocarray(c->t->intervals, head->nr_intervals + room, sizeof(*all));
	if (!all) {
		err = -ENOMEM;
		goto out;
	}
	c->t->intervals = all;
	all += head->nr_intervals;
	err = fill_intervals(c, &classes, all);
	for (size_t i = classes.nr; i < room; i++)
		all[i] = all[classes.nr - 1];
	head->dim[dim].first = head->nr_intervals;
	head->dim[dim].step = (uint32_t)room / 2;
	head->nr_intervals += (uint32_t)room;
out:
	rule_classes_free(&classes);
	return err;
}

static int driver_sets(struct compiler *c, struct rules_driver *ret)
{
	const struct rules *rules = c->rules;
	struct rule_classes classes;
	int err;

	err = rule_classes_make(rules, RULE_DRIVER, &classes);
	if (err)
		return err;
	for (size_t i = 0; !err && i < rules->nr_drivers; i++) {
		set_take(c, &classes, rule_classes_find(&classes, (uint32_t)i));
		memcpy(ret[i].name, rules->driver[i], ZPCI_DRIVER_LEN);
		err = set_store(c, &ret[i].set);
	}
	/* The last one is what no rule names */
	set_take(c, &classes, classes.nr - 1);
	if (!err)
		err = set_store(c, &c->t->head.driver_set);
	rule_classes_free(&classes);
	return err;
}

/* True if each driver gets a slot of its own with that seed */
static bool place_drivers(const struct rules_driver *drivers, size_t nr, struct rules_driver *ret,
			  uint64_t seed, uint32_t size, uint32_t other_set)
{
	for (uint32_t i = 0; i < size; i++)
		ret[i] = (struct rules_driver){ .set = other_set };
	for (size_t i = 0; i < nr; i++) {
		uint32_t slot = rules_driver_slot(drivers[i].name, seed, size);

		if (ret[slot].name[0])
			return false;
		ret[slot] = drivers[i];
	}
	return true;
}

static int compile_drivers(struct compiler *c)
{
	size_t nr = c->rules->nr_drivers;
	struct rules_driver *drivers, *table = NULL;
	uint32_t size = 2;
	int err;

	if (!nr)
		return 0;
	drivers = calloc(nr, sizeof(*drivers));
	if (!drivers)
		return -ENOMEM;
	err = driver_sets(c, drivers);
	while (size < nr * 2)
		size *= 2;
	for (uint64_t seed = 0; !err; seed++) {
		if (seed % SEEDS_A_SIZE == 0) {
			size *= seed ? 2 : 1;
			free(table);
			table = calloc(size, sizeof(*table));
			if (!table)
				err = -ENOMEM;
		}
		if (table && place_drivers(drivers, nr, table, seed, size,
					   c->t->head.driver_set)) {
			c->t->head.driver_seed = seed;
			break;
		}
	}
	c->t->drivers = table;
	c->t->head.nr_drivers = table ? size : 0;
	free(drivers);
	return err;
}

static int compile_states(struct compiler *c)
{
	const struct rules *rules = c->rules;
	struct rules_head *head = &c->t->head;
	int err = 0;

	for (size_t i = 0; i < rules->nr; i++)
		if (rules->rule[i].dim[RULE_MEDIATED].nr || rules->rule[i].dim[RULE_ATTEMPT].nr)
			head->uses_state = 1;
	for (uint32_t state = 0; head->uses_state && !err && state < RULES_NR_STATES; state++) {
		set_clear(c);
		for (size_t i = 0; i < rules->nr; i++) {
			const struct range_set *m = &rules->rule[i].dim[RULE_MEDIATED];
			const struct range_set *a = &rules->rule[i].dim[RULE_ATTEMPT];

			if ((!m->nr || range_set_has(m, state / 4)) &&
			    (!a->nr || range_set_has(a, state % 4)))
				set_add(c, i);
		}
		err = set_store(c, &head->state_set[state]);
	}
	return err;
}

static void compile_rules(struct compiler *c)
{
	struct rules_head *head = &c->t->head;

	for (size_t i = 0; i < c->rules->nr; i++) {
		const struct rule *rule = &c->rules->rule[i];
		struct rules_rule *ret = &c->t->rules[i];

		ret->window_errors = rule->window_errors;
		ret->window_ns = rule->window_ns;
		ret->deadline_ms = rule->deadline_ms;
		memcpy(ret->verdict, rule->verdict, sizeof(ret->verdict));
		if (!rule->window_errors)
			continue;
		head->windows++;
		if (rule->window_ns > head->max_window_ns)
			head->max_window_ns = rule->window_ns;
	}
}

/* With no dimension in use one is made up, of rules that do not ask */
static int compile_sets(struct compiler *c)
{
	int err = 0;

	for (unsigned int dim = 0; !err && dim < RULES_NR_DIMS; dim++)
		err = compile_dim(c, dim);
	if (!err)
		err = compile_drivers(c);
	if (!err)
		err = compile_states(c);
	if (err || c->nr_sets)
		return err;
	c->t->head.uses_state = 1;
	set_clear(c);
	for (size_t i = 0; i < c->rules->nr; i++)
		set_add(c, i);
	for (uint32_t state = 0; !err && state < RULES_NR_STATES; state++)
		err = set_store(c, &c->t->head.state_set[state]);
	return err;
}

/* Maps have at least one element; sets are found with a mask */
static int fill_up(struct compiler *c)
{
	struct rules_table *t = c->t;
	uint32_t room = 1;
	uint64_t *sets;

	if (!t->intervals)
		t->intervals = calloc(1, sizeof(*t->intervals));
	if (!t->drivers)
		t->drivers = calloc(1, sizeof(*t->drivers));
	while (room < c->nr_sets)
		room *= 2;
	sets = reallocarray(t->sets, room, sizeof(*sets));
	if (!sets || !t->intervals || !t->drivers) {
		t->sets = sets ? sets : t->sets;
		return -ENOMEM;
	}
	memset(&sets[c->nr_sets], 0, (room - c->nr_sets) * sizeof(*sets));
	t->sets = sets;
	t->head.set_mask = room - 1;
	return 0;
}

int rules_compile(const struct rules *rules, struct rules_table **ret)
{
	struct compiler c = { .rules = rules };
	int err = -ENOMEM;

	c.words = rule_set_words(rules);
	c.set_len = RULES_SET_LEN(c.words);
	c.set = calloc(c.set_len, sizeof(c.set[0]));
	c.t = calloc(1, sizeof(*c.t));
	if (!c.set || !c.t)
		goto out;
	c.t->head.nr_rules = (uint32_t)rules->nr;
	c.t->head.words = (uint32_t)c.words;
	c.t->rules = calloc(rules->nr ? rules->nr : 1, sizeof(c.t->rules[0]));
	if (!c.t->rules)
		goto out;
	compile_rules(&c);
	err = compile_sets(&c);
	if (!err)
		err = fill_up(&c);
out:
	free(c.known);
	free(c.set);
	if (err) {
		rules_table_free(c.t);
		return err;
	}
	*ret = c.t;
	return 0;
}

void rules_table_free(struct rules_table *table)
{
	if (!table)
		return;
	free(table->rules);
	free(table->intervals);
	free(table->drivers);
	free(table->sets);
	free(table);
}
