// SPDX-License-Identifier: GPL-2.0
/*
 * Reads rule files. The reader is our own: libinih, as distributions build it,
 * silently cuts lines at 200 and names at 50 bytes and reports neither line
 * numbers nor sections without keys, all of which a strict check needs.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "rules/rules-int.h"

#define BYTE_ORDER_MARK	"\xef\xbb\xbf"

enum section { SECTION_NONE, SECTION_POLICY, SECTION_RULE, SECTION_BAD };

struct reader {
	struct rules *rules;
	enum section section;
	unsigned int policy_seen;	/* keys of [policy] */
	unsigned int policy_line;
	unsigned int line;		/* that the text at hand began in */
	bool told_outside;
	bool told_too_many;
	struct rule lost;		/* keys that belong to no rule, to find what is wrong with them */
};

#define problem(r, ...)	problems_add(&(r)->rules->problems, (r)->line, __VA_ARGS__)

static char *strip(char *s)
{
	char *end;

	while (*s && isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

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
	r->lost = (struct rule){ .line = r->line };
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
	} else if (add_rule(rules, r->line, name)) {
		r->section = SECTION_RULE;
	}
}

static void begin_section(struct reader *r, char *text)
{
	char *end = strchr(text, ']');

	begin_lost(r);
	if (!end || end[1]) {
		problem(r, "bad section '%s', expected [policy] or [rule NAME]", text_cut(text));
		return;
	}
	*end = '\0';
	text = strip(text + 1);
	if (!strncmp(text, "rule", 4) && (isblank((unsigned char)text[4]) || !text[4])) {
		begin_rule(r, strip(text + 4));
	} else if (strcmp(text, "policy")) {
		problem(r, "unknown section [%s], expected [policy] or [rule NAME]", text_cut(text));
	} else {
		if (r->policy_line)
			problem(r, "[policy] again, expected it once (it is in line %u)",
				r->policy_line);
		else
			r->policy_line = r->line;
		r->section = SECTION_POLICY;
	}
}

/* Outside of any section, or in one with a mistake: known keys still have to be right */
static void lost_key(struct reader *r, const char *key, const char *value)
{
	if (rules_find_policy_key(key) >= 0)
		rules_policy_key(r->rules, r->line, &r->policy_seen, key, value);
	else if (rules_find_key(key) >= 0)
		rules_rule_key(r->rules, &r->lost, r->line, key, value);
}

static void assignment(struct reader *r, char *text)
{
	char *equals = strchr(text, '='), *key, *value;
	size_t problems = r->rules->problems.nr;

	if (!equals) {
		r->rules->unclear |= r->section != SECTION_POLICY;
		problem(r, "'%s' is not an assignment, expected KEY = VALUE", text_cut(text));
		return;
	}
	*equals = '\0';
	key = strip(text);
	value = strip(equals + 1);
	switch (r->section) {
	case SECTION_POLICY:
		rules_policy_key(r->rules, r->line, &r->policy_seen, key, value);
		break;
	case SECTION_RULE:
		rules_rule_key(r->rules, &r->rules->rule[r->rules->nr - 1], r->line, key, value);
		r->rules->unclear |= r->rules->problems.nr != problems;
		break;
	case SECTION_NONE:
		if (!r->told_outside)
			problem(r, "'%s' before the first section, expected [policy] or [rule NAME]",
				text_cut(key));
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

static void logical_line(struct reader *r, char *text)
{
	text = strip(text);
	for (char *s = text; *s; s++) {
		if (!iscntrl((unsigned char)*s) || *s == '\t')
			continue;
		problem(r, "control character 0x%02x, expected text", (unsigned char)*s);
		r->rules->unclear = true;
		return;
	}
	if (*text == '[')
		begin_section(r, text);
	else if (*text)
		assignment(r, text);
}

/* A comment, which may also stand between the parts of a continued line */
static bool is_comment(const char *line)
{
	line += strspn(line, " \t");
	return *line == '#' || *line == ';';
}

/* Lines that end in a backslash go on in the next one; @text is cut up */
static void read_lines(struct reader *r, char *text)
{
	unsigned int line = 0;
	char *save = text, *out = NULL, *joined = NULL;

	while (save && *save) {
		char *s = strsep(&save, "\n");
		size_t len;
		bool more;

		line++;
		if (is_comment(s))
			continue;
		len = strlen(s);
		if (len && s[len - 1] == '\r')
			s[--len] = '\0';
		more = len && s[len - 1] == '\\';
		if (more)
			s[len - 1] = ' ';
		if (!joined) {
			joined = out = s;
			r->line = line;
		}
		/* What is joined moves towards the front: there is always room */
		memmove(out, s, len + 1);
		out += len;
		if (more)
			continue;
		logical_line(r, joined);
		joined = NULL;
	}
	if (joined)
		logical_line(r, joined);
}

static unsigned int line_of(const char *text, const char *at)
{
	unsigned int line = 1;

	while (text < at)
		line += *text++ == '\n';
	return line;
}

/* All but what is said of it */
static int read_rules(struct rules *rules, const char *text, size_t len, bool lint)
{
	struct reader r = { .rules = rules };
	char *copy;

	if (memchr(text, 0, len)) {
		r.line = line_of(text, memchr(text, 0, len));
		problem(&r, "the file has NUL bytes, expected text");
		return 0;
	}
	copy = strndup(text, len);
	if (!copy)
		return -ENOMEM;
	/* As systemd does: skip the byte order mark that some editors write */
	read_lines(&r, strncmp(copy, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) ? copy :
		   copy + strlen(BYTE_ORDER_MARK));
	if (!rules->name[0] && !(r.policy_seen & 1u << POLICY_KEY_NAME)) {
		r.line = r.policy_line ? r.policy_line : 1;
		problem(&r, "the policy has no name, expected name = NAME in [policy]");
	}
	begin_lost(&r);
	free(copy);
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
