// SPDX-License-Identifier: GPL-2.0
/*
 * Reads rule files. The reader is our own: libinih, as distributions build it,
 * cuts lines at 200 and names at 50 bytes without a word and tells neither line
 * numbers nor sections without keys, all of which a strict check needs.
 */
#define _GNU_SOURCE	/* reallocarray() */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rules-int.h"

#define BYTE_ORDER_MARK	"\xef\xbb\xbf"
#define FILE_MAX	(1024 * 1024)

enum section { SECTION_NONE, SECTION_POLICY, SECTION_RULE, SECTION_BAD };

struct reader {
	struct rules *rules;
	enum section section;
	unsigned int policy_seen;	/* keys of [policy] */
	unsigned int policy_line;
	unsigned int line;		/* that the text at hand began in */
	bool told_outside;
};

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
	struct rule *all = rules->rule;

	if (!(rules->nr & (rules->nr - 1)))
		all = reallocarray(all, rules->nr ? rules->nr * 2 : 1, sizeof(*all));
	if (!all) {
		rules->no_memory = true;
		return NULL;
	}
	rules->rule = all;
	all += rules->nr++;
	*all = (struct rule){ .line = line };
	snprintf(all->name, sizeof(all->name), "%s", name);
	return all;
}

static void begin_rule(struct reader *r, char *name)
{
	struct rules *rules = r->rules;
	size_t len = strlen(name), i = 0;

	while (i < len && (isalnum((unsigned char)name[i]) || strchr("_.-", name[i])))
		i++;
	/* Its keys are looked at all the same */
	if (!len || i < len || len >= RULE_NAME_LEN)
		rules_problem(rules, r->line,
			      "bad rule name '%.40s', expected at most 63 letters, digits, '_', '.' and '-'",
			      name);
	for (i = 0; len && i < rules->nr; i++)
		if (!strcmp(rules->rule[i].name, name))
			rules_problem(rules, r->line,
				      "rule '%.40s' again, expected another name (it is in line %u)",
				      name, rules->rule[i].line);
	if (rules->nr == RULES_MAX) {
		rules_problem(rules, r->line, "too many rules, expected at most %d", RULES_MAX);
		rules->unclear = true;
	}
	if (rules->nr < RULES_MAX && add_rule(rules, r->line, name))
		r->section = SECTION_RULE;
}

static void begin_section(struct reader *r, char *text)
{
	char *end = strchr(text, ']');

	r->section = SECTION_BAD;
	if (!end || end[1]) {
		rules_problem(r->rules, r->line, "bad section '%.40s', expected [policy] or [rule NAME]",
			      text);
		return;
	}
	*end = '\0';
	text = strip(text + 1);
	if (!strncmp(text, "rule", 4) && (isblank((unsigned char)text[4]) || !text[4])) {
		begin_rule(r, strip(text + 4));
	} else if (strcmp(text, "policy")) {
		rules_problem(r->rules, r->line,
			      "unknown section [%.40s], expected [policy] or [rule NAME]", text);
	} else if (r->policy_line) {
		rules_problem(r->rules, r->line, "[policy] again, expected it once (it is in line %u)",
			      r->policy_line);
	} else {
		r->policy_line = r->line;
		r->section = SECTION_POLICY;
	}
}

static void assignment(struct reader *r, char *text)
{
	char *equals = strchr(text, '='), *key, *value;
	size_t problems = r->rules->nr_problems;

	if (!equals) {
		r->rules->unclear |= r->section != SECTION_POLICY;
		rules_problem(r->rules, r->line, "'%.40s' is no assignment, expected KEY = VALUE", text);
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
		r->rules->unclear |= r->rules->nr_problems != problems;
		break;
	case SECTION_NONE:
		if (!r->told_outside)
			rules_problem(r->rules, r->line,
				      "'%.40s' before the first section, expected [policy] or [rule NAME]",
				      key);
		r->told_outside = true;
		break;
	case SECTION_BAD:
		/* Of a section that was complained about; it may have been meant for a rule */
		r->rules->unclear = true;
		break;
	}
}

static void logical_line(struct reader *r, char *text)
{
	text = strip(text);
	for (char *s = text; *s; s++) {
		if (!iscntrl((unsigned char)*s) || *s == '\t')
			continue;
		rules_problem(r->rules, r->line, "control character 0x%02x, expected text",
			      (unsigned char)*s);
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

/* By line, and else in the order they were found */
static int by_line(const void *a, const void *b)
{
	const struct problem *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

static void tell(struct rules *rules, FILE *errors)
{
	if (rules->nr_problems)
		qsort(rules->problem, rules->nr_problems, sizeof(rules->problem[0]), by_line);
	for (size_t i = 0; errors && i < rules->nr_problems; i++)
		fprintf(errors, "%s:%u: %s\n", rules->file, rules->problem[i].line,
			rules->problem[i].text);
}

static unsigned int line_of(const char *text, const char *at)
{
	unsigned int line = 1;

	while (text < at)
		line += *text++ == '\n';
	return line;
}

int rules_parse(const char *name, const char *text, size_t len, struct rules **ret, FILE *errors)
{
	struct rules *rules = calloc(1, sizeof(*rules));
	struct reader r = { .rules = rules };
	char *copy = strndup(text, len);
	int err = -ENOMEM;

	if (!rules || !copy)
		goto out;
	rules->mode = POLICY_SHADOW;
	rules->file = strdup(name);
	if (!rules->file)
		goto out;
	if (memchr(text, 0, len)) {
		rules_problem(rules, line_of(text, memchr(text, 0, len)),
			      "the file has NUL bytes, expected text");
		goto told;
	}
	/* As systemd: a mark of the byte order, which some editors write, is none of ours */
	read_lines(&r, strncmp(copy, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) ? copy :
		   copy + strlen(BYTE_ORDER_MARK));
	if (!rules->name[0] && !(r.policy_seen & 1u << POLICY_KEY_NAME))
		rules_problem(rules, r.policy_line ? r.policy_line : 1,
			      "the policy has no name, expected name = NAME in [policy]");
	rules_lint(rules);
told:
	tell(rules, errors);
	err = rules->no_memory ? -ENOMEM : rules->nr_problems ? -EINVAL : 0;
out:
	if (err == -ENOMEM && errors)
		fprintf(errors, "%s: no memory\n", name);
	free(copy);
	if (err) {
		rules_free(rules);
		return err;
	}
	*ret = rules;
	return 0;
}

static int read_file(const char *path, char **ret, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text;
	int err = 0;

	if (!f)
		return -errno;
	text = malloc(FILE_MAX + 1);
	if (!text) {
		err = -ENOMEM;
		goto out;
	}
	errno = 0;
	*len = fread(text, 1, FILE_MAX + 1, f);
	if (ferror(f))
		err = errno ? -errno : -EIO;
	else if (*len > FILE_MAX)
		err = -EFBIG;
	if (err)
		free(text);
	else
		*ret = text;
out:
	fclose(f);
	return err;
}

int rules_parse_file(const char *path, struct rules **ret, FILE *errors)
{
	size_t len = 0;
	char *text = NULL;
	int err = read_file(path, &text, &len);

	if (err) {
		if (errors)
			fprintf(errors, "%s: cannot read it: %s\n", path, strerror(-err));
		/* A directory, say, is not a bad rule file */
		return err == -EINVAL ? -EIO : err;
	}
	err = rules_parse(path, text, len, ret, errors);
	free(text);
	return err;
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->nr; i++)
		for (size_t d = 0; d < RULE_NR_DIMS; d++)
			range_set_free(&rules->rule[i].dim[d]);
	for (size_t i = 0; i < rules->nr_problems; i++)
		free(rules->problem[i].text);
	free(rules->problem);
	free(rules->rule);
	free(rules->driver);
	free(rules->file);
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
		if (rules->rule[i].keys >> (KEY_EVENT + member) & 1)
			return true;
	return false;
}
