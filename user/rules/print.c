// SPDX-License-Identifier: GPL-2.0
/* Rules as a file, in one form of the many there are */
#include <stdio.h>
#include <string.h>

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

static void print_range(const struct rules *rules, FILE *f, unsigned int dim, const struct range *r)
{
	static const char *const formats[RULE_NR_DIMS] = {
		[RULE_FID] = "0x%x", [RULE_CLASS] = "0x%06x", [RULE_ATTEMPT] = "%u",
	};

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
	case RULE_PEC:
		print_pec(f, r->lo);
		if (r->hi != r->lo) {
			fputc('-', f);
			print_pec(f, r->hi);
		}
		return;
	}
	fprintf(f, formats[dim], r->lo);
	if (r->hi != r->lo) {
		fputc('-', f);
		fprintf(f, formats[dim], r->hi);
	}
}

static void print_match(const struct rules *rules, const struct rule *rule, FILE *f)
{
	static const struct {
		unsigned int dim;
		enum rule_key key;
	} order[] = {
		{ RULE_FID, KEY_FID }, { RULE_DRIVER, KEY_DRIVER }, { RULE_DEVICE, KEY_DEVICE },
		{ RULE_CLASS, KEY_CLASS }, { RULE_PEC, KEY_PEC }, { RULE_MEDIATED, KEY_MEDIATED },
		{ RULE_ATTEMPT, KEY_ATTEMPT },
	};
	char buf[32];

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		const struct range_set *set = &rule->dim[order[i].dim];

		if (!set->nr)
			continue;
		fprintf(f, "%s = ", rules_key(order[i].key));
		for (size_t j = 0; j < set->nr; j++) {
			fputs(j ? ", " : "", f);
			print_range(rules, f, order[i].dim, &set->r[j]);
		}
		fputc('\n', f);
	}
	if (rule->window_errors)
		fprintf(f, "%s = %u in %s\n", rules_key(KEY_ERRORS), rule->window_errors,
			rules_format_span(rule->window_ns, buf, sizeof(buf)));
}

static void print_budget(const struct policy_budget *b, FILE *f)
{
	char buf[32];
	const char *sep = "";

	if (!b->window_s && !b->max_isolations && !b->max_clamps && !b->max_failures)
		return;
	fputs("budget =", f);
	if (b->max_isolations) {
		fprintf(f, " %u isolations", b->max_isolations);
		sep = ",";
	}
	if (b->max_clamps) {
		fprintf(f, "%s %u clamps", sep, b->max_clamps);
		sep = ",";
	}
	if (b->max_failures)
		fprintf(f, "%s %u failures", sep, b->max_failures);
	if (b->window_s)
		fprintf(f, " in %s", rules_format_span(b->window_s * 1000000000ull, buf,
						       sizeof(buf)));
	fputc('\n', f);
}

void rules_print(const struct rules *rules, FILE *f)
{
	char buf[32];

	fprintf(f, "[policy]\nname = %s\n", rules->name);
	if (rules->description[0])
		fprintf(f, "description = %s\n", rules->description);
	fprintf(f, "mode = %s\n", policy_mode_name(rules->mode));
	print_budget(&rules->budget, f);
	for (size_t i = 0; i < rules->nr; i++) {
		const struct rule *rule = &rules->rule[i];

		fprintf(f, "\n[rule %s]\n", rule->name);
		print_match(rules, rule, f);
		for (unsigned int m = 0; m < ZPCI_MEMBER_DEADLINE; m++)
			if (rule->verdict[m])
				fprintf(f, "%s = %s\n", name_member(m),
					name_verdict(rule->verdict[m], buf, sizeof(buf)));
		if (rule->deadline_ms)
			fprintf(f, "deadline = %s\n",
				rules_format_span(rule->deadline_ms * 1000000ull, buf, sizeof(buf)));
	}
}
