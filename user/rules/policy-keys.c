// SPDX-License-Identifier: GPL-2.0
/* The keys of [policy] and their values; each parser needs all of its text */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "record/names.h"
#include "rules/rules-int.h"

/* "3 isolations" */
static int parse_limit(struct policy_budget *budget, char *text)
{
	const struct {
		const char *name;
		uint32_t *limit, max;
	} limits[] = {
		{ "isolations", &budget->max_isolations, ZPCI_ISOLATIONS_MAX },
		{ "clamps", &budget->max_clamps, ZPCI_CLAMPS_MAX },
		{ "failures", &budget->max_failures, ZPCI_FAILURES_MAX },
	};
	char *save = NULL, *number = strtok_r(text, BLANKS, &save);
	char *name = number ? strtok_r(NULL, BLANKS, &save) : NULL;
	size_t i = 0;
	uint32_t n;

	if (!name || strtok_r(NULL, BLANKS, &save) || name_parse_u32(number, &n))
		return -EINVAL;
	while (i < ARRAY_SIZE(limits) && strcmp(limits[i].name, name))
		i++;
	if (i == ARRAY_SIZE(limits) || *limits[i].limit || !n || n > limits[i].max)
		return -EINVAL;
	*limits[i].limit = n;
	return 0;
}

/* "3 isolations, 10 clamps, 5 failures in 10m": one or more of these, perhaps a time */
static int parse_budget(struct policy_budget *budget, char *value)
{
	char *span = rules_split_in(value), *limit;
	int err = 0;
	uint64_t ns;

	if (span) {
		if (rules_parse_span(span, &ns) || ns / 1000000000 < ZPCI_WINDOW_S_MIN)
			return -EINVAL;
		budget->window_s = (uint32_t)(ns / 1000000000);
	}
	while (!err && (limit = strsep(&value, ",")))
		err = parse_limit(budget, limit);
	return err;
}

/* The kernel would take a "." as well, but bpffs does not, where a policy is pinned by its name */
static int parse_name(char *ret, const char *s)
{
	size_t len = strlen(s);

	if (!len || len >= ZPCI_POLICY_NAME_LEN || !isalnum((unsigned char)s[0]))
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("_-", s[i]))
			return -EINVAL;
	memcpy(ret, s, len + 1);
	return 0;
}

static const char *const modes[] = {
	[POLICY_ENFORCE] = "enforce",
	[POLICY_SHADOW] = "shadow",
};

const char *policy_mode_name(enum policy_mode mode)
{
	return modes[mode];
}

int policy_parse_mode(const char *s, enum policy_mode *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!strcmp(modes[i], s)) {
			*ret = (enum policy_mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int policy_value(struct rules *rules, unsigned int key, const char *value)
{
	char *copy;
	int err;

	switch (key) {
	case POLICY_KEY_NAME:
		return parse_name(rules->name, value);
	case POLICY_KEY_DESCRIPTION:
		if (strlen(value) >= ZPCI_POLICY_TEXT_LEN || !text_is_plain(value))
			return -EINVAL;
		strcpy(rules->description, value);
		return 0;
	case POLICY_KEY_MODE:
		return policy_parse_mode(value, &rules->mode);
	}
	copy = strdup(value);
	if (!copy) {
		rules->problems.no_memory = true;
		return 0;
	}
	err = parse_budget(&rules->budget, copy);
	free(copy);
	return err;
}

static const struct {
	const char *key, *expected;
} keys[] = {
	[POLICY_KEY_NAME] = { "name",
		"at most 31 letters, digits, '_' and '-', the first a letter or digit" },
	[POLICY_KEY_DESCRIPTION] = { "description",
		"one line of at most 119 bytes in UTF-8, without control characters" },
	[POLICY_KEY_MODE] = { "mode", "enforce or shadow" },
	[POLICY_KEY_BUDGET] = { "budget",
		"limits such as 3 isolations, 10 clamps, 5 failures in 10m (at most 64, 1000, 64 in 1m to 1d)" },
};

int rules_find_policy_key(const char *name)
{
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
		if (!strcmp(keys[k].key, name))
			return (int)k;
	return -1;
}

void rules_policy_key(struct rules *rules, unsigned int line, unsigned int *seen, const char *key,
		      const char *value)
{
	int k = rules_find_policy_key(key);

	if (k < 0) {
		problems_add(&rules->problems, line,
			     "unknown key '%s' in [policy], expected name, description, mode or budget",
			     text_cut(key));
		return;
	}
	if (*seen & 1u << k)
		problems_add(&rules->problems, line, "'%s' again, expected it once", key);
	else if (policy_value(rules, (unsigned int)k, value))
		problems_add(&rules->problems, line, "bad %s '%s', expected %s", key,
			     text_cut(value), keys[k].expected);
	*seen |= 1u << k;
}
