// SPDX-License-Identifier: GPL-2.0
/* The keys of a rule and their values; each parser needs all of its text */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "record/names.h"
#include "rules/rules-int.h"

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

/* "1b36:0010" or "1b36:*" */
static int parse_device(struct rules *rules, char *s, struct range *ret)
{
	char *colon = strchr(s, ':');
	uint32_t vendor, device;

	(void)rules;
	if (!colon)
		return -EINVAL;
	*colon++ = '\0';
	if (name_parse_hex(s, 4, &vendor) < 0)
		return -EINVAL;
	ret->lo = vendor << 16;
	ret->hi = vendor << 16 | 0xffff;
	if (!strcmp(colon, "*"))
		return 0;
	if (name_parse_hex(colon, 4, &device) < 0)
		return -EINVAL;
	ret->lo = ret->hi = vendor << 16 | device;
	return 0;
}

/* "0x01" is a base class, "0x0108" a class, "0x010802" one interface of it */
static int parse_class_prefix(const char *s, struct range *ret)
{
	unsigned int shift;
	uint32_t value;
	int digits;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	digits = name_parse_hex(s, 6, &value);
	if (digits < 0 || digits % 2)
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
	char (*added)[ZPCI_DRIVER_LEN];
	size_t i = 0;

	if (!name_is_driver(s))
		return -EINVAL;
	while (i < rules->nr_drivers && strcmp(rules->driver[i], s))
		i++;
	if (i == rules->nr_drivers) {
		added = array_add(&rules->driver, &rules->nr_drivers, sizeof(*added));
		if (!added)
			return -ENOMEM;
		memcpy(*added, s, strlen(s));
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
	const char *key;	/* NULL: the name of the member */
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
	[KEY_EVENT] = { NULL, -1, NULL, "default, reset or isolate" },
	[KEY_VOTE] = { NULL, -1, NULL, "default, reset or isolate" },
	[KEY_RESET] = { NULL, -1, NULL, "default or isolate" },
	[KEY_FAILED] = { NULL, -1, NULL, "default or reset" },
	[KEY_DEADLINE] = { NULL, -1, NULL, "none, or a time from 1s to 1h" },
};

const char *rules_key(enum rule_key key)
{
	return keys[key].key ?: name_member(key - KEY_EVENT);
}

int rules_find_key(const char *name)
{
	for (unsigned int k = 0; k < NR_RULE_KEYS; k++)
		if (!strcmp(rules_key(k), name))
			return (int)k;
	return -1;
}

static void list_element(struct rules *rules, struct rule *rule, unsigned int line,
			 unsigned int key, char *s)
{
	unsigned int dim = (unsigned int)keys[key].dim;
	char text[TEXT_CUT_LEN];
	struct range range;
	int err;

	text_cut_into(text, s);
	err = keys[key].parse(rules, s, &range);
	if (err == -ENOMEM) {
		rules->problems.no_memory = true;
		return;
	}
	if (err) {
		problems_add(&rules->problems, line, "bad %s '%s', expected %s", rules_key(key), text,
			     keys[key].expected);
		return;
	}
	if (range.lo > range.hi) {
		problems_add(&rules->problems, line,
			     "%s range '%s' runs backwards, expected the lower end first",
			     rules_key(key), text);
		return;
	}
	if (++rules->nr_ranges[dim] == RULE_MAX_RANGES + 1)
		problems_add(&rules->problems, line,
			     "too many values for %s, expected at most %d in the file",
			     rules_key(key), RULE_MAX_RANGES);
	if (rules->nr_ranges[dim] > RULE_MAX_RANGES)
		return;
	err = range_set_add(&rule->dim[dim], range.lo, range.hi);
	if (err == -ENOMEM)
		rules->problems.no_memory = true;
	else if (err)
		problems_add(&rules->problems, line,
			     "%s '%s' is in the list already, expected each value once",
			     rules_key(key), text);
}

/* A list with a comma or blanks between its elements */
static void list_key(struct rules *rules, struct rule *rule, unsigned int line, unsigned int key,
		     char *value)
{
	char *part;

	while ((part = strsep(&value, ","))) {
		char *save = NULL, *s = strtok_r(part, BLANKS, &save);

		if (!s)
			problems_add(&rules->problems, line,
				     "nothing before or after a comma of %s, expected %s",
				     rules_key(key), keys[key].expected);
		for (; s; s = strtok_r(NULL, BLANKS, &save))
			list_element(rules, rule, line, key, s);
	}
}

char *rules_split_in(char *text)
{
	for (char *s = text; *s;) {
		size_t blanks = strspn(s, BLANKS), len = strcspn(s + blanks, BLANKS);

		if (len == 2 && !strncmp(s + blanks, "in", 2)) {
			*s = '\0';
			return s + blanks + 2;
		}
		s += blanks + len;
	}
	return NULL;
}

/* "3 in 10m" */
static int parse_window(struct rule *rule, char *value)
{
	char *span = rules_split_in(value);
	uint32_t errors;
	uint64_t ns;

	if (!span || name_parse_u32(value, &errors) || rules_parse_span(span, &ns))
		return -EINVAL;
	if (errors < 2 || errors > RULES_WINDOW_ERRORS_MAX || !ns)
		return -EINVAL;
	rule->window_errors = errors;
	rule->window_ns = ns;
	return 0;
}

static int parse_verdict(struct rule *rule, unsigned int member, const char *value)
{
	uint32_t verdict;

	if (name_parse_verdict(value, &verdict))
		return -EINVAL;
	/* What the kernel would clamp each time */
	if ((member == ZPCI_MEMBER_RESET && verdict == ZPCI_VERDICT_RESET) ||
	    (member == ZPCI_MEMBER_FAILED && verdict == ZPCI_VERDICT_ISOLATE))
		return -EINVAL;
	rule->verdict[member] = (uint8_t)verdict;
	return 0;
}

static int parse_deadline(struct rule *rule, const char *value)
{
	uint64_t ns;

	if (!strcmp(value, "none") || !strcmp(value, name_verdict(ZPCI_VERDICT_DEFAULT, NULL, 0)))
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
		rules->problems.no_memory = true;
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

static void unknown_key(struct rules *rules, unsigned int line, const char *key)
{
	char known[256];
	size_t at = 0;

	for (unsigned int k = 0; k < NR_RULE_KEYS; k++)
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
				       !k ? "" : k == NR_RULE_KEYS - 1 ? " or " : ", ",
				       rules_key(k));
	problems_add(&rules->problems, line, "unknown key '%s' in a rule, expected %s", text_cut(key),
		     known);
}

void rules_rule_key(struct rules *rules, struct rule *rule, unsigned int line, const char *key,
		    const char *value)
{
	int k = rules_find_key(key);
	char *copy;

	if (k < 0) {
		unknown_key(rules, line, key);
		return;
	}
	if (rule->keys & 1ull << k) {
		problems_add(&rules->problems, line, "'%s' again, expected it once (it is in line %u)",
			     key, rule->key_line[k]);
		return;
	}
	rule->keys |= 1ull << k;
	rule->key_line[k] = line;
	copy = strdup(value);
	if (!copy) {
		rules->problems.no_memory = true;
		return;
	}
	if (!value[strspn(value, "," BLANKS)])
		problems_add(&rules->problems, line, "'%s' has no value, expected %s", key,
			     keys[k].expected);
	else if (keys[k].parse)
		list_key(rules, rule, line, (unsigned int)k, copy);
	else if (single_key(rules, rule, (unsigned int)k, copy))
		problems_add(&rules->problems, line, "bad %s '%s', expected %s", key,
			     text_cut(value), keys[k].expected);
	free(copy);
}
