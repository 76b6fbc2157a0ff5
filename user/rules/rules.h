/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rules.h - rule files: read, checked, compiled into tables
 *
 * docs/rules.md has the syntax. A file is taken as a whole or not at all.
 */
#ifndef ZREC_RULES_H
#define ZREC_RULES_H

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
/* Whether a rule has an answer for it: enum zpci_member */
bool rules_decide_member(const struct rules *rules, unsigned int member);

/* Writes the rules as a file that parses to the same */
void rules_print(const struct rules *rules, FILE *f);

/*
 * The maps of bpf/rules.bpf.c, filled: see bpf/rules-abi.h
 */
struct rules_table;
int rules_compile(const struct rules *rules, struct rules_table **ret);
void rules_table_free(struct rules_table *table);

#endif /* ZREC_RULES_H */
