// SPDX-License-Identifier: GPL-2.0
/* Reads rule files */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/ini.h"
#include "base/text.h"
#include "rules/rules-int.h"

enum section { SECTION_NONE, SECTION_POLICY, SECTION_RULE, SECTION_BAD };

struct reader {
	struct ini *ini;
	struct rules *rules;
	enum section section;
	unsigned int policy_seen;	/* keys of [policy] */
	unsigned int policy_line;
	bool told_outside;
	bool told_too_many;
	struct rule lost;		/* keys that belong to no rule, to find what is wrong with them */
};

#define problem(r, ...)	ini_problem((r)->ini, __VA_ARGS__)

static struct rule *add_rule(struct rules *rules, unsigned int line, const char *name)
{
	struct rule *rule = array_add(&rules->rule, &rules->nr, sizeof(*rule));

	if (!rule) {
		rules->problems.no_memory = true;
		return NULL;
	}
	rule->line = line;
	snprintf(rule->name, sizeof(rule->name), "%s", name);
	return rule;
}

/* What follows belongs to no rule, but its mistakes are reported anyway */
static void begin_lost(struct reader *r)
{
	for (size_t d = 0; d < RULE_NR_DIMS; d++)
		range_set_free(&r->lost.dim[d]);
	r->lost = (struct rule){ .line = r->ini->line };
	r->section = SECTION_BAD;
}

static void begin_rule(struct reader *r, char *name)
{
	struct rules *rules = r->rules;
	size_t len = strlen(name), i = 0;

	while (i < len && (isalnum((unsigned char)name[i]) || strchr("_.-", name[i])))
		i++;
	if (!len || i < len || len >= RULE_NAME_LEN)
		problem(r, "bad rule name '%s', expected at most 63 letters, digits, '_', '.' and '-'",
			text_cut(name));
	i = 0;
	while (i < rules->nr && strcmp(rules->rule[i].name, name))
		i++;
	if (len && i < rules->nr)
		problem(r, "rule '%s' again, expected another name (it is in line %u)",
			text_cut(name), rules->rule[i].line);
	if (rules->nr == RULES_MAX) {
		if (!r->told_too_many)
			problem(r, "too many rules, expected at most %d", RULES_MAX);
		r->told_too_many = true;
		rules->unclear = true;
	} else if (add_rule(rules, r->ini->line, name)) {
		r->section = SECTION_RULE;
	}
}

static void begin_section(struct ini *ini, char *name)
{
	struct reader *r = ini->ctx;

	begin_lost(r);
	if (!name)
		return;
	if (!strncmp(name, "rule", 4) && (isblank((unsigned char)name[4]) || !name[4])) {
		begin_rule(r, ini_strip(name + 4));
	} else if (strcmp(name, "policy")) {
		problem(r, "unknown section [%s], expected %s", text_cut(name), ini->reader->sections);
	} else {
		if (r->policy_line)
			problem(r, "[policy] again, expected it once (it is in line %u)",
				r->policy_line);
		else
			r->policy_line = ini->line;
		r->section = SECTION_POLICY;
	}
}

/* Outside of any section, or in one with a mistake: known keys still have to be right */
static void lost_key(struct reader *r, const char *key, const char *value)
{
	if (rules_find_policy_key(key) >= 0)
		rules_policy_key(r->rules, r->ini->line, &r->policy_seen, key, value);
	else if (rules_find_key(key) >= 0)
		rules_rule_key(r->rules, &r->lost, r->ini->line, key, value);
}

static void assignment(struct ini *ini, char *key, char *value)
{
	struct reader *r = ini->ctx;
	size_t problems = r->rules->problems.nr;

	switch (r->section) {
	case SECTION_POLICY:
		rules_policy_key(r->rules, ini->line, &r->policy_seen, key, value);
		break;
	case SECTION_RULE:
		rules_rule_key(r->rules, &r->rules->rule[r->rules->nr - 1], ini->line, key, value);
		r->rules->unclear |= r->rules->problems.nr != problems;
		break;
	case SECTION_NONE:
		if (!r->told_outside)
			problem(r, "'%s' before the first section, expected %s", text_cut(key),
				ini->reader->sections);
		r->told_outside = true;
		lost_key(r, key, value);
		break;
	case SECTION_BAD:
		/* It may have been meant for a rule */
		r->rules->unclear = true;
		lost_key(r, key, value);
		break;
	}
}

static void unread(struct ini *ini, const char *text)
{
	struct reader *r = ini->ctx;

	r->rules->unclear |= !text || r->section != SECTION_POLICY;
}

static const struct ini_reader reader = {
	"[policy] or [rule NAME]", begin_section, assignment, unread,
};

/* All but what is said of it */
static int read_rules(struct rules *rules, const char *text, size_t len, bool lint)
{
	struct ini ini = { .reader = &reader, .problems = &rules->problems };
	struct reader r = { .ini = &ini, .rules = rules };
	int err;

	ini.ctx = &r;
	/* Nothing else is said of a file that is no text */
	if (memchr(text, 0, len))
		return ini_read(&ini, text, len);
	err = ini_read(&ini, text, len);
	if (err)
		return err;
	if (!rules->name[0] && !(r.policy_seen & 1u << POLICY_KEY_NAME)) {
		ini.line = r.policy_line ? r.policy_line : 1;
		problem(&r, "the policy has no name, expected name = NAME in [policy]");
	}
	begin_lost(&r);
	if (lint)
		rules_lint(rules);
	return 0;
}

static int parse(const char *name, const char *text, size_t len, bool lint, struct rules **ret,
		 FILE *errors)
{
	struct rules *rules = calloc(1, sizeof(*rules));
	int err = -ENOMEM;

	if (!rules)
		goto out;
	rules->mode = POLICY_SHADOW;
	err = read_rules(rules, text, len, lint);
	problems_print(&rules->problems, name, errors);
	if (!err)
		err = rules->problems.no_memory ? -ENOMEM : rules->problems.nr ? -EINVAL : 0;
out:
	if (err == -ENOMEM && errors)
		fprintf(errors, "%s: no memory\n", text_shown(name));
	if (err) {
		rules_free(rules);
		return err;
	}
	*ret = rules;
	return 0;
}

int rules_parse(const char *name, const char *text, size_t len, struct rules **ret, FILE *errors)
{
	return parse(name, text, len, true, ret, errors);
}

int rules_parse_quick(const char *name, const char *text, size_t len, struct rules **ret,
		      FILE *errors)
{
	return parse(name, text, len, false, ret, errors);
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->nr; i++)
		for (size_t d = 0; d < RULE_NR_DIMS; d++)
			range_set_free(&rules->rule[i].dim[d]);
	problems_free(&rules->problems);
	free(rules->rule);
	free(rules->driver);
	free(rules);
}

const char *rules_name(const struct rules *rules)
{
	return rules->name;
}

const char *rules_description(const struct rules *rules)
{
	return rules->description;
}

enum policy_mode rules_mode(const struct rules *rules)
{
	return rules->mode;
}

const struct policy_budget *rules_budget(const struct rules *rules)
{
	return &rules->budget;
}

size_t rules_count(const struct rules *rules)
{
	return rules->nr;
}

bool rules_decide_member(const struct rules *rules, unsigned int member)
{
	/* The keys of the verdicts are in the order of the members */
	for (size_t i = 0; member <= ZPCI_MEMBER_DEADLINE && i < rules->nr; i++)
		if (rule_value_parts(&rules->rule[i], KEY_EVENT + member))
			return true;
	return false;
}
