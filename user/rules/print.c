// SPDX-License-Identifier: GPL-2.0
/* Rules as a file, in one form of the many there are */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "record/names.h"
#include "rules/rules-int.h"

static void print_pec(FILE *f, uint32_t pec)
{
	const char *name = name_pec(pec);

	if (strcmp(name, "unknown"))
		fputs(name, f);
	else
		fprintf(f, "0x%x", pec);
}

/* A vendor with all its devices, or devices one by one */
static void print_device(FILE *f, const struct range *r)
{
	if (r->hi - r->lo == 0xffff)
		fprintf(f, "%04x:*", r->lo >> 16);
	else
		fprintf(f, "%04x:%04x", r->lo >> 16, r->lo & 0xffff);
}

static void print_number(FILE *f, unsigned int dim, uint32_t n)
{
	static const char *const formats[RULE_NR_DIMS] = {
		[RULE_FID] = "0x%x", [RULE_CLASS] = "0x%06x", [RULE_ATTEMPT] = "%u",
	};

	if (dim == RULE_PEC)
		print_pec(f, n);
	else
		fprintf(f, formats[dim], n);
}

static void print_range(const struct rules *rules, FILE *f, unsigned int dim, const struct range *r)
{
	switch (dim) {
	case RULE_DRIVER:
		fputs(rules->driver[r->lo], f);
		return;
	case RULE_DEVICE:
		print_device(f, r);
		return;
	case RULE_MEDIATED:
		fputs(r->lo ? "yes" : "no", f);
		return;
	}
	print_number(f, dim, r->lo);
	if (r->hi != r->lo) {
		fputc('-', f);
		print_number(f, dim, r->hi);
	}
}

static const struct range_set *list_of(const struct rule *rule, enum rule_key key)
{
	static const unsigned int dims[] = {
		[KEY_FID] = RULE_FID, [KEY_DRIVER] = RULE_DRIVER, [KEY_DEVICE] = RULE_DEVICE,
		[KEY_CLASS] = RULE_CLASS, [KEY_PEC] = RULE_PEC, [KEY_MEDIATED] = RULE_MEDIATED,
		[KEY_ATTEMPT] = RULE_ATTEMPT,
	};

	return key < KEY_EVENT && key != KEY_ERRORS ? &rule->dim[dims[key]] : NULL;
}

size_t rule_value_parts(const struct rule *rule, enum rule_key key)
{
	if (key == KEY_ERRORS)
		return rule->window_errors != 0;
	if (key == KEY_DEADLINE)
		return rule->deadline_ms != 0;
	if (key >= KEY_EVENT)
		return rule->verdict[key - KEY_EVENT] != ZPCI_VERDICT_DEFAULT;
	return list_of(rule, key)->nr;
}

void rule_value_print(const struct rules *rules, const struct rule *rule, enum rule_key key,
		      size_t part, FILE *f)
{
	char buf[32];

	if (key == KEY_ERRORS)
		fprintf(f, "%u in %s", rule->window_errors,
			rules_format_span(rule->window_ns, buf, sizeof(buf)));
	else if (key == KEY_DEADLINE)
		fputs(rules_format_span(rule->deadline_ms * 1000000ull, buf, sizeof(buf)), f);
	else if (key >= KEY_EVENT)
		fputs(name_verdict(rule->verdict[key - KEY_EVENT], buf, sizeof(buf)), f);
	else
		print_range(rules, f, (unsigned int)(list_of(rule, key) - rule->dim),
			    &list_of(rule, key)->r[part]);
}

char *rule_value_to_text(const struct rules *rules, const struct rule *rule, enum rule_key key)
{
	size_t parts = rule_value_parts(rule, key), len;
	char *text = NULL;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	for (size_t i = 0; i < parts; i++) {
		fputs(i ? ", " : "", f);
		rule_value_print(rules, rule, key, i, f);
	}
	return fclose(f) ? NULL : text;
}

const char *rules_key_name(size_t i)
{
	return i < NR_RULE_KEYS ? rules_key((enum rule_key)i) : NULL;
}

char *rules_rule_value(const struct rules *rules, size_t nr, size_t key)
{
	return rule_value_to_text(rules, &rules->rule[nr], (enum rule_key)key);
}

static void print_budget(const struct policy_budget *b, FILE *f)
{
	const struct {
		const char *name;
		uint32_t limit;
	} limits[] = {
		{ "isolations", b->max_isolations }, { "clamps", b->max_clamps },
		{ "failures", b->max_failures },
	};
	const char *sep = "";
	char buf[32];

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		if (!limits[i].limit)
			continue;
		fprintf(f, "%s%u %s", sep, limits[i].limit, limits[i].name);
		sep = ", ";
	}
	if (b->window_s)
		fprintf(f, "%sin %s", *sep ? " " : "",
			rules_format_span(b->window_s * 1000000000ull, buf, sizeof(buf)));
}

char *policy_budget_to_text(const struct policy_budget *budget)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	print_budget(budget, f);
	return fclose(f) ? NULL : text;
}

static void print_rule(const struct rules *rules, const struct rule *rule, FILE *f)
{
	fprintf(f, "\n[rule %s]\n", rule->name);
	for (enum rule_key key = 0; key < NR_RULE_KEYS; key++) {
		size_t parts = rule_value_parts(rule, key);

		for (size_t i = 0; i < parts; i++) {
			if (!i)
				fprintf(f, "%s = ", rules_key(key));
			rule_value_print(rules, rule, key, i, f);
			fputs(i + 1 < parts ? ", " : "\n", f);
		}
	}
}

void rules_print(const struct rules *rules, FILE *f)
{
	const struct policy_budget *b = &rules->budget;

	fprintf(f, "[policy]\nname = %s\n", rules->name);
	if (rules->description[0])
		fprintf(f, "description = %s\n", rules->description);
	fprintf(f, "mode = %s\n", policy_mode_name(rules->mode));
	if (b->window_s || b->max_isolations || b->max_clamps || b->max_failures) {
		fputs("budget = ", f);
		print_budget(b, f);
		fputc('\n', f);
	}
	for (size_t i = 0; i < rules->nr; i++)
		print_rule(rules, &rules->rule[i], f);
}

char *rules_to_text(const struct rules *rules)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	rules_print(rules, f);
	return fclose(f) ? NULL : text;
}
