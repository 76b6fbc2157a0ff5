// SPDX-License-Identifier: GPL-2.0
/* The keys of a rule file and their values */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/names.h"
#include "rules/rules-int.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* An element of a list: 0, or -EINVAL for what is no such thing at all */
typedef int (*parse_range)(struct rules *rules, char *s, struct range *ret);

static int parse_number_range(char *s, uint32_t max, struct range *ret)
{
	char *dash = strchr(s, '-');

	if (dash)
		*dash++ = '\0';
	if (name_parse_u32(s, &ret->lo))
		return -EINVAL;
	ret->hi = ret->lo;
	if (dash && name_parse_u32(dash, &ret->hi))
		return -EINVAL;
	return ret->lo > max || ret->hi > max ? -EINVAL : 0;
}

static int parse_fid(struct rules *rules, char *s, struct range *ret)
{
	(void)rules;
	return parse_number_range(s, UINT32_MAX, ret);
}

static int parse_attempt(struct rules *rules, char *s, struct range *ret)
{
	(void)rules;
	return parse_number_range(s, ZPCI_ATTEMPTS_MAX, ret);
}

static int parse_pec(struct rules *rules, char *s, struct range *ret)
{
	char *dash = strchr(s, '-');
	uint16_t lo, hi;

	(void)rules;
	if (dash)
		*dash++ = '\0';
	if (name_parse_pec(s, &lo))
		return -EINVAL;
	hi = lo;
	if (dash && name_parse_pec(dash, &hi))
		return -EINVAL;
	ret->lo = lo;
	ret->hi = hi;
	return 0;
}

/* Up to @digits of hex; returns how many there are, 0 if it is anything else */
static size_t parse_hex(const char *s, size_t digits, uint32_t *ret)
{
	size_t len = strspn(s, "0123456789abcdefABCDEF");

	if (!len || len > digits || s[len])
		return 0;
	*ret = (uint32_t)strtoul(s, NULL, 16);
	return len;
}

/* "1b36:0010" or "1b36:*" */
static int parse_device(struct rules *rules, char *s, struct range *ret)
{
	char *colon = strchr(s, ':');
	uint32_t vendor, device;

	(void)rules;
	if (!colon)
		return -EINVAL;
	*colon++ = '\0';
	if (!parse_hex(s, 4, &vendor))
		return -EINVAL;
	ret->lo = vendor << 16;
	ret->hi = vendor << 16 | 0xffff;
	if (!strcmp(colon, "*"))
		return 0;
	if (!parse_hex(colon, 4, &device))
		return -EINVAL;
	ret->lo = ret->hi = vendor << 16 | device;
	return 0;
}

/* "0x01" is a base class, "0x0108" a class, "0x010802" one interface of it */
static int parse_class_prefix(const char *s, struct range *ret)
{
	uint32_t value;
	size_t digits;
	unsigned int shift;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	digits = parse_hex(s, 6, &value);
	if (!digits || digits % 2)
		return -EINVAL;
	shift = (unsigned int)(6 - digits) * 4;
	ret->lo = value << shift;
	ret->hi = ret->lo | ((1u << shift) - 1);
	return 0;
}

static int parse_class(struct rules *rules, char *s, struct range *ret)
{
	char *dash = strchr(s, '-');
	struct range hi;

	(void)rules;
	if (dash)
		*dash++ = '\0';
	if (parse_class_prefix(s, ret))
		return -EINVAL;
	if (!dash)
		return 0;
	if (parse_class_prefix(dash, &hi))
		return -EINVAL;
	ret->hi = hi.hi;
	return 0;
}

/* Its place in the list of all names */
static int parse_driver(struct rules *rules, char *s, struct range *ret)
{
	size_t i, len = strlen(s);
	char (*all)[ZPCI_DRIVER_LEN];

	if (len >= ZPCI_DRIVER_LEN)
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_' && s[i] != '-')
			return -EINVAL;
	for (i = 0; i < rules->nr_drivers; i++)
		if (!strcmp(rules->driver[i], s))
			break;
	if (i == rules->nr_drivers) {
		all = reallocarray(rules->driver, i + 1, sizeof(*all));
		if (!all)
			return -ENOMEM;
		rules->driver = all;
		memset(all[i], 0, sizeof(all[i]));
		memcpy(all[i], s, len);
		rules->nr_drivers++;
	}
	ret->lo = ret->hi = (uint32_t)i;
	return 0;
}

static int parse_bool(const char *s)
{
	static const char *const yes[] = { "yes", "true", "on", "1", "y", "t" };
	static const char *const no[] = { "no", "false", "off", "0", "n", "f" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!strcasecmp(s, yes[i]))
			return 1;
		if (!strcasecmp(s, no[i]))
			return 0;
	}
	return -EINVAL;
}

static const struct {
	const char *key;
	int dim;		/* of a list */
	parse_range parse;
	const char *expected;
} keys[NR_RULE_KEYS] = {
	[KEY_FID] = { "fid", RULE_FID, parse_fid, "FIDs or ranges such as 0x11, 0x20-0x2f" },
	[KEY_DRIVER] = { "driver", RULE_DRIVER, parse_driver,
			 "driver names of at most 23 letters, digits, '_' and '-'" },
	[KEY_DEVICE] = { "device", RULE_DEVICE, parse_device,
			 "VENDOR:DEVICE in hex, or VENDOR:*, such as 1b36:0010" },
	[KEY_CLASS] = { "class", RULE_CLASS, parse_class,
			"2, 4 or 6 hex digits of a class or ranges of them, such as 0x0108" },
	[KEY_PEC] = { "pec", RULE_PEC, parse_pec,
		      "PECs by name or number, or ranges, such as translation_protection, 0x1-0xb" },
	[KEY_MEDIATED] = { "mediated", -1, NULL, "yes or no" },
	[KEY_ERRORS] = { "errors-in-window", -1, NULL,
			 "2 to 32 errors in 1s to 1d, such as 3 in 10m" },
	[KEY_ATTEMPT] = { "attempt", RULE_ATTEMPT, parse_attempt, "numbers or ranges from 0 to 3" },
	[KEY_EVENT] = { "event", -1, NULL, "default, reset or isolate" },
	[KEY_VOTE] = { "vote", -1, NULL, "default, reset or isolate" },
	[KEY_RESET] = { "reset", -1, NULL, "default or isolate" },
	[KEY_FAILED] = { "failed", -1, NULL, "default or reset" },
	[KEY_DEADLINE] = { "deadline", -1, NULL, "none, or a time from 1s to 1h" },
};

static const char *const verdicts[] = { "default", "reset", "isolate" };

/* A list with commas or blanks between its elements */
static void list_key(struct rules *rules, struct rule *rule, unsigned int line, unsigned int key,
		     char *value)
{
	unsigned int dim = (unsigned int)keys[key].dim;
	char *save = NULL, *s;
	int err = 0;

	for (s = strtok_r(value, ", \t", &save); s; s = strtok_r(NULL, ", \t", &save)) {
		char text[40];
		struct range range;

		snprintf(text, sizeof(text), "%s", s);
		err = keys[key].parse(rules, s, &range);
		if (err == -ENOMEM)
			rules->no_memory = true;
		if (err) {
			rules_problem(rules, line, "bad %s '%s', expected %s", keys[key].key, text,
				      keys[key].expected);
			continue;
		}
		if (range.lo > range.hi) {
			rules_problem(rules, line,
				      "%s range '%s' runs backwards, expected the lower end first",
				      keys[key].key, text);
			continue;
		}
		if (++rules->nr_ranges[dim] == RULE_MAX_RANGES + 1)
			rules_problem(rules, line,
				      "too many values for %s, expected at most %d in the file",
				      keys[key].key, RULE_MAX_RANGES);
		if (rules->nr_ranges[dim] > RULE_MAX_RANGES)
			return;
		err = range_set_add(&rule->dim[dim], range.lo, range.hi);
		if (err == -ENOMEM)
			rules->no_memory = true;
		else if (err)
			rules_problem(rules, line,
				      "%s '%s' is in the list already, expected each value once",
				      keys[key].key, text);
	}
}

/* "3 in 10m" */
static int parse_window(struct rule *rule, char *value)
{
	char *in = strstr(value, " in ");
	uint32_t errors;
	uint64_t ns;

	if (!in)
		return -EINVAL;
	*in = '\0';
	value[strcspn(value, " \t")] = '\0';
	if (name_parse_u32(value, &errors) || rules_parse_span(in + 4, &ns))
		return -EINVAL;
	if (errors < 2 || errors > RULES_WINDOW_ERRORS_MAX || !ns)
		return -EINVAL;
	rule->window_errors = errors;
	rule->window_ns = ns;
	return 0;
}

static int parse_verdict(struct rule *rule, unsigned int member, const char *value)
{
	for (uint8_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		if (strcmp(value, verdicts[i]))
			continue;
		/* What the kernel would clamp each time */
		if ((member == ZPCI_MEMBER_RESET && i == ZPCI_VERDICT_RESET) ||
		    (member == ZPCI_MEMBER_FAILED && i == ZPCI_VERDICT_ISOLATE))
			return -EINVAL;
		rule->verdict[member] = i;
		return 0;
	}
	return -EINVAL;
}

static int parse_deadline(struct rule *rule, const char *value)
{
	uint64_t ns;

	if (!strcmp(value, "none") || !strcmp(value, "default"))
		return 0;
	if (rules_parse_span(value, &ns))
		return -EINVAL;
	if (ns / 1000000 < ZPCI_DEADLINE_MIN_MS || ns / 1000000 > ZPCI_DEADLINE_MAX_MS)
		return -EINVAL;
	rule->deadline_ms = (uint32_t)(ns / 1000000);
	return 0;
}

static int parse_mediated(struct rules *rules, struct rule *rule, const char *value)
{
	int yes = parse_bool(value);

	if (yes < 0)
		return yes;
	if (range_set_add(&rule->dim[RULE_MEDIATED], (uint32_t)yes, (uint32_t)yes) == -ENOMEM)
		rules->no_memory = true;
	return 0;
}

static int single_key(struct rules *rules, struct rule *rule, unsigned int key, char *value)
{
	switch (key) {
	case KEY_MEDIATED:
		return parse_mediated(rules, rule, value);
	case KEY_ERRORS:
		return parse_window(rule, value);
	case KEY_DEADLINE:
		return parse_deadline(rule, value);
	default:
		return parse_verdict(rule, key - KEY_EVENT, value);
	}
}

void rules_rule_key(struct rules *rules, struct rule *rule, unsigned int line, const char *key,
		    const char *value)
{
	unsigned int k = 0;
	char *copy;

	while (k < NR_RULE_KEYS && strcmp(keys[k].key, key))
		k++;
	if (k == NR_RULE_KEYS) {
		rules_problem(rules, line,
			      "unknown key '%.40s' in a rule, expected fid, driver, device, class, pec, mediated, errors-in-window, attempt, event, vote, reset, failed or deadline",
			      key);
		return;
	}
	if (rule->keys & 1ull << k) {
		rules_problem(rules, line, "'%s' again, expected it once (it is in line %u)", key,
			      rule->key_line[k]);
		return;
	}
	rule->keys |= 1ull << k;
	rule->key_line[k] = line;
	copy = strdup(value);
	if (!copy) {
		rules->no_memory = true;
		return;
	}
	if (!value[strspn(value, ", \t")])
		rules_problem(rules, line, "'%s' has no value, expected %s", key, keys[k].expected);
	else if (keys[k].parse)
		list_key(rules, rule, line, k, copy);
	else if (single_key(rules, rule, k, copy))
		rules_problem(rules, line, "bad %s '%.40s', expected %s", key, value,
			      keys[k].expected);
	free(copy);
}

/* "3 isolations, 10 clamps, 5 failures in 10m": any of these, the time last */
static int parse_budget(struct policy_budget *budget, char *value)
{
	struct {
		const char *name;
		uint32_t *limit, max;
	} limits[] = {
		{ "isolations", &budget->max_isolations, ZPCI_ISOLATIONS_MAX },
		{ "clamps", &budget->max_clamps, ZPCI_CLAMPS_MAX },
		{ "failures", &budget->max_failures, ZPCI_FAILURES_MAX },
	};
	char *in = strncmp(value, "in ", 3) ? strstr(value, " in ") : value, *save = NULL, *s;
	uint64_t ns;

	if (in) {
		const char *span = strstr(in, "in ") + 3;

		*in = '\0';
		if (rules_parse_span(span, &ns) || ns / 1000000000 < ZPCI_WINDOW_S_MIN)
			return -EINVAL;
		budget->window_s = (uint32_t)(ns / 1000000000);
	}
	for (s = strtok_r(value, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		char *word = NULL, *number = strtok_r(s, " \t", &word);
		char *name = number ? strtok_r(NULL, " \t", &word) : NULL;
		uint32_t n;
		size_t i = 0;

		if (!name || strtok_r(NULL, " \t", &word) || name_parse_u32(number, &n))
			return -EINVAL;
		while (i < ARRAY_SIZE(limits) && strcmp(limits[i].name, name))
			i++;
		if (i == ARRAY_SIZE(limits) || *limits[i].limit || !n || n > limits[i].max)
			return -EINVAL;
		*limits[i].limit = n;
	}
	return 0;
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

static int policy_value(struct rules *rules, unsigned int key, const char *value)
{
	char *copy;
	int err;

	switch (key) {
	case POLICY_KEY_NAME:
		return parse_name(rules->name, value);
	case POLICY_KEY_DESCRIPTION:
		if (strlen(value) >= ZPCI_POLICY_TEXT_LEN || !name_is_utf8(value))
			return -EINVAL;
		strcpy(rules->description, value);
		return 0;
	case POLICY_KEY_MODE:
		if (strcmp(value, "enforce") && strcmp(value, "shadow"))
			return -EINVAL;
		rules->mode = value[0] == 'e' ? POLICY_ENFORCE : POLICY_SHADOW;
		return 0;
	}
	copy = strdup(value);
	if (!copy) {
		rules->no_memory = true;
		return 0;
	}
	err = *value ? parse_budget(&rules->budget, copy) : -EINVAL;
	free(copy);
	return err;
}

void rules_policy_key(struct rules *rules, unsigned int line, unsigned int *seen, const char *key,
		      const char *value)
{
	static const struct {
		const char *key, *expected;
	} all[] = {
		{ "name", "at most 31 letters, digits, '_' and '-', the first a letter or digit" },
		{ "description", "one line of at most 119 bytes in UTF-8" },
		{ "mode", "enforce or shadow" },
		{ "budget", "limits such as 3 isolations, 10 clamps, 5 failures in 10m (at most 64, 1000, 64 in 1m to 1d)" },
	};
	unsigned int k = 0;

	while (k < ARRAY_SIZE(all) && strcmp(all[k].key, key))
		k++;
	if (k == ARRAY_SIZE(all))
		rules_problem(rules, line,
			      "unknown key '%.40s' in [policy], expected name, description, mode or budget",
			      key);
	else if (*seen & 1u << k)
		rules_problem(rules, line, "'%s' again, expected it once", key);
	else if (policy_value(rules, k, value))
		rules_problem(rules, line, "bad %s '%.40s', expected %s", key, value,
			      all[k].expected);
	if (k < ARRAY_SIZE(all))
		*seen |= 1u << k;
}
