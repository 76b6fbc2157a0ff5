/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rules.h - rule files: read, checked, compiled into tables
 *
 * docs/rules.md has the syntax. A file is taken as a whole or not at all.
 */
#ifndef ZREC_RULES_H
#define ZREC_RULES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "policy-abi.h"

enum policy_mode {
	POLICY_ENFORCE,
	POLICY_SHADOW,
};

/* "enforce" or "shadow"; 0 or -EINVAL, then *ret is kept */
const char *policy_mode_name(enum policy_mode mode);
int policy_parse_mode(const char *s, enum policy_mode *ret);

/* Limits of the failure budget; 0 leaves the kernel's own default */
struct policy_budget {
	uint32_t window_s;
	uint32_t max_isolations;
	uint32_t max_clamps;
	uint32_t max_failures;
};

struct rules;

#define RULES_FILE_MAX	(1024 * 1024)

/*
 * Reads and checks the text of a rule file; @name is for messages. Every problem is
 * a line "file:line: what, expected what" on @errors (NULL: nobody wants to know), in
 * the order of the lines, the first hundred of them. 0; -EINVAL: the file is not good;
 * -ENOMEM.
 */
int rules_parse(const char *name, const char *text, size_t len, struct rules **ret, FILE *errors);
/* The same, but does not look for rules that can never match or answer */
int rules_parse_quick(const char *name, const char *text, size_t len, struct rules **ret,
		      FILE *errors);
void rules_free(struct rules *rules);

const char *rules_name(const struct rules *rules);
const char *rules_description(const struct rules *rules);	/* "" if there is none */
enum policy_mode rules_mode(const struct rules *rules);
const struct policy_budget *rules_budget(const struct rules *rules);
size_t rules_count(const struct rules *rules);
/* True if a rule has an answer for it: enum zpci_member */
bool rules_decide_member(const struct rules *rules, unsigned int member);

/*
 * The rules as a file, in the one canonical form: without comments, and without what
 * is the default. It parses to the same rules and the same tables.
 */
void rules_print(const struct rules *rules, FILE *f);
char *rules_to_text(const struct rules *rules);		/* to be freed; NULL: no memory */

/* The name of a rule; its conditions and answers, as an object with the keys of rule files */
const char *rules_rule_name(const struct rules *rules, size_t nr);
json_t *rules_rule_to_json(const struct rules *rules, size_t nr);	/* NULL: no memory */

/* "fid" and so on: the @i-th key that a rule can have; NULL: there are no more */
const char *rules_key_name(size_t i);
/* What a rule has for it, in canonical form, to be freed; "" if nothing; NULL: no memory */
char *rules_rule_value(const struct rules *rules, size_t nr, size_t key);

/* The rules of two files side by side, in an order that leaves most of them together */
struct rules_pair {
	int a, b;		/* their numbers; -1: it is not there in this file */
	bool moved;		/* it is there, but elsewhere */
};

/* 0 or -ENOMEM; @ret is to be freed */
int rules_align(const struct rules *a, const struct rules *b, struct rules_pair **ret, size_t *nr);

/* The budget in canonical form, to be freed; "" for the kernel's own; NULL: no memory */
char *policy_budget_to_text(const struct policy_budget *budget);

/*
 * The maps of bpf/rules.bpf.c, filled: see bpf/rules-abi.h
 */
struct rules_table;
int rules_compile(const struct rules *rules, struct rules_table **ret);
void rules_table_free(struct rules_table *table);

#endif /* ZREC_RULES_H */
