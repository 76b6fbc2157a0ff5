/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rules-int.h - what the parts of the rule code share
 */
#ifndef ZREC_RULES_INT_H
#define ZREC_RULES_INT_H

#include <stdbool.h>

#include "policy-abi.h"
#include "base/problem.h"
#include "rules/rules.h"
#include "rules/time.h"
#include "rules-abi.h"

#define BLANKS	" \t"

/* Numbers, sorted, without overlap. nr == 0 in a rule: it does not ask. */
struct range {
	uint32_t lo;
	uint32_t hi;
};

struct range_set {
	struct range *r;
	size_t nr;
};

/* Adds a range; -EEXIST if part of it is in the set already */
int range_set_add(struct range_set *set, uint32_t lo, uint32_t hi);
/* ret = a without b; it is to be freed */
int range_set_without(struct range_set *ret, const struct range_set *a, const struct range_set *b);
bool range_set_has(const struct range_set *set, uint32_t n);
void range_set_free(struct range_set *set);

/* What a rule matches on; a driver is a number here, its place in rules.driver */
enum rule_dim {
	RULE_FID = RULES_DIM_FID,
	RULE_DEVICE = RULES_DIM_DEVICE,
	RULE_CLASS = RULES_DIM_CLASS,
	RULE_PEC = RULES_DIM_PEC,
	RULE_DRIVER,
	RULE_MEDIATED,
	RULE_ATTEMPT,
	RULE_NR_DIMS
};

/* The largest number there can be in a dimension */
uint32_t rule_dim_max(unsigned int dim);

#define RULE_NAME_LEN	64
#define RULE_MAX_RANGES	4000	/* of all rules of a file, in one dimension */

struct rule {
	char name[RULE_NAME_LEN];
	unsigned int line;
	struct range_set dim[RULE_NR_DIMS];
	uint32_t window_errors;		/* 0: does not ask */
	uint64_t window_ns;
	uint8_t verdict[ZPCI_MEMBER_DEADLINE];
	uint32_t deadline_ms;
	uint64_t keys;			/* those given, bits of enum rule_key */
	unsigned int key_line[16];
};

enum rule_key {
	KEY_FID, KEY_DRIVER, KEY_DEVICE, KEY_CLASS, KEY_PEC, KEY_MEDIATED, KEY_ERRORS, KEY_ATTEMPT,
	KEY_EVENT, KEY_VOTE, KEY_RESET, KEY_FAILED, KEY_DEADLINE,
	NR_RULE_KEYS
};

enum policy_key { POLICY_KEY_NAME, POLICY_KEY_DESCRIPTION, POLICY_KEY_MODE, POLICY_KEY_BUDGET };

struct rules {
	char name[ZPCI_POLICY_NAME_LEN];
	char description[ZPCI_POLICY_TEXT_LEN];
	enum policy_mode mode;
	struct policy_budget budget;
	struct rule *rule;
	size_t nr;
	char (*driver)[ZPCI_DRIVER_LEN];
	size_t nr_drivers;
	size_t nr_ranges[RULE_NR_DIMS];
	struct problems problems;
	bool unclear;			/* something in a rule was not understood */
};

/* The names of the keys of a rule; -1: it has no such key */
const char *rules_key(enum rule_key key);
int rules_find_key(const char *name);
int rules_find_policy_key(const char *name);

/*
 * A value in its canonical form, in parts: the elements of a list, else one. None: the
 * key was not given, or says the default.
 */
size_t rule_value_parts(const struct rule *rule, enum rule_key key);
void rule_value_print(const struct rules *rules, const struct rule *rule, enum rule_key key,
		      size_t part, FILE *f);
/* All of it, to be freed; "" if there is none; NULL: no memory */
char *rule_value_to_text(const struct rules *rules, const struct rule *rule, enum rule_key key);

/* Cuts the text at its first word "in": what follows that word, NULL if there is none */
char *rules_split_in(char *text);

/* A key of a section; each adds its mistakes to rules->problems */
void rules_policy_key(struct rules *rules, unsigned int line, unsigned int *seen,
		      const char *key, const char *value);
void rules_rule_key(struct rules *rules, struct rule *rule, unsigned int line,
		    const char *key, const char *value);

/*
 * Where the numbers of a dimension fall apart, for all rules: a class goes from its
 * start to the next one's, and no rule asks for a part of it.
 */
struct rule_classes {
	size_t nr;			/* at least one, which starts at 0 */
	size_t words;			/* in a set */
	uint32_t *start;
	uint64_t *set;			/* of each class: the rules that have it, a bit each */
};

/* 0 or -ENOMEM */
int rule_classes_make(const struct rules *rules, unsigned int dim, struct rule_classes *ret);
void rule_classes_free(struct rule_classes *classes);
/* The class of a number */
size_t rule_classes_find(const struct rule_classes *classes, uint32_t n);

/* How many words a set of rules has */
size_t rule_set_words(const struct rules *rules);
uint64_t rule_set_hash(const uint64_t *set, size_t words);

/* Mistakes of a file as a whole, when each line is right */
void rules_lint(struct rules *rules);

/*
 * The part of it that can take long: rules that earlier ones leave nothing. Its cost
 * is counted in words of sets of rules, and has a limit. 0 or -ENOMEM
 */
#define RULES_LINT_WORK_MAX	40000000ull
int rules_lint_reach(struct rules *rules, uint64_t *work);

/* bpf/rules-abi.h, filled; nothing is empty */
struct rules_table {
	struct rules_head head;
	struct rules_rule *rules;
	struct rules_interval *intervals;
	struct rules_driver *drivers;
	uint64_t *sets;
};

#endif /* ZREC_RULES_INT_H */
