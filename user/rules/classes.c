// SPDX-License-Identifier: GPL-2.0
/* The numbers of a dimension, sorted into classes that all rules treat alike */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rules-int.h"

/* Where a rule begins to match, or ceases to */
struct edge {
	uint32_t at;
	uint32_t rule;
};

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

size_t rule_set_words(const struct rules *rules)
{
	return rules->nr ? (rules->nr + 63) / 64 : 1;
}

uint64_t rule_set_hash(const uint64_t *set, size_t words)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < words; i++)
		hash = (hash ^ set[i] ^ (hash >> 29)) * 0x9e3779b97f4a7c15ull;
	return hash >> 20;
}

static int by_number(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* All edges of a dimension, sorted; those after the largest number are left out */
static struct edge *find_edges(const struct rules *rules, unsigned int dim, size_t *nr)
{
	struct edge *all;
	size_t room = 1;

	for (size_t i = 0; i < rules->nr; i++)
		room += 2 * rules->rule[i].dim[dim].nr;
	*nr = 0;
	all = calloc(room, sizeof(*all));
	for (size_t i = 0; all && i < rules->nr; i++) {
		const struct range_set *set = &rules->rule[i].dim[dim];

		for (size_t j = 0; j < set->nr; j++) {
			all[(*nr)++] = (struct edge){ set->r[j].lo, (uint32_t)i };
			if (set->r[j].hi < rule_dim_max(dim))
				all[(*nr)++] = (struct edge){ set->r[j].hi + 1, (uint32_t)i };
		}
	}
	if (*nr)
		qsort(all, *nr, sizeof(*all), by_number);
	return all;
}

/* Rules that do not ask have all of it */
static void begin_set(const struct rules *rules, unsigned int dim, uint64_t *set)
{
	for (size_t i = 0; i < rules->nr; i++)
		if (!rules->rule[i].dim[dim].nr)
			set[i / 64] |= 1ull << (i % 64);
}

static void sweep(const struct rules *rules, unsigned int dim, const struct edge *edges, size_t nr,
		  struct rule_classes *ret)
{
	uint64_t *set = ret->set;

	begin_set(rules, dim, set);
	ret->nr = 1;
	for (size_t i = 0; i < nr; i++) {
		if (edges[i].at != ret->start[ret->nr - 1]) {
			memcpy(set + ret->words, set, ret->words * sizeof(*set));
			set += ret->words;
			ret->start[ret->nr++] = edges[i].at;
		}
		/* Two ranges of a rule that touch: it ceases and begins at one place */
		set[edges[i].rule / 64] ^= 1ull << (edges[i].rule % 64);
	}
}

int rule_classes_make(const struct rules *rules, unsigned int dim, struct rule_classes *ret)
{
	size_t nr;
	struct edge *edges = find_edges(rules, dim, &nr);
	int err = -ENOMEM;

	*ret = (struct rule_classes){ .words = rule_set_words(rules) };
	if (!edges)
		return err;
	ret->start = calloc(nr + 1, sizeof(*ret->start));
	ret->set = calloc((nr + 1) * ret->words, sizeof(*ret->set));
	if (ret->start && ret->set) {
		sweep(rules, dim, edges, nr, ret);
		err = 0;
	}
	free(edges);
	if (err)
		rule_classes_free(ret);
	return err;
}

void rule_classes_free(struct rule_classes *classes)
{
	free(classes->start);
	free(classes->set);
	*classes = (struct rule_classes){ 0 };
}

size_t rule_classes_find(const struct rule_classes *classes, uint32_t n)
{
	size_t lo = 0, hi = classes->nr;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (classes->start[mid] <= n)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}
