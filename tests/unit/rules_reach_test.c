// SPDX-License-Identifier: GPL-2.0
/* Rules that can never match: found exactly, and without doing endless work for it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "rules/rules-int.h"

static uint64_t random_state;

static uint32_t some(uint32_t below)
{
	/* xorshift64* */
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * 2685821657736338717ull) >> 32) % below;
}

static struct rules *parse(const char *text)
{
	struct rules *rules = NULL;

	assert_int_equal(rules_parse_quick("f", text, strlen(text), &rules, stderr), 0);
	return rules;
}

/* --- few numbers in each dimension: all there is can be tried ------------ */

#define FIDS		7	/* up to here no rule asks */
#define PECS		5
#define DRIVERS		3

static void put_list(FILE *f, const char *key, uint32_t from, uint32_t below, const char *prefix)
{
	const char *sep = "";

	fprintf(f, "%s =", key);
	for (uint32_t i = from, any = 0; i < below || !any; i++) {
		if (i < below && some(3))
			continue;
		i = i < below ? i : from;
		fprintf(f, "%s %s%u", sep, prefix, i);
		sep = ",";
		any = 1;
		if (i + 1 == below)
			break;
	}
	fputc('\n', f);
}

static char *few_numbers(unsigned int nr)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	fputs("[policy]\nname = x\n", f);
	for (unsigned int i = 0; i < nr; i++) {
		fprintf(f, "[rule r%u]\n", i);
		if (some(2))
			put_list(f, "fid", 0, FIDS - 1, "");
		if (some(2))
			put_list(f, "pec", 0, PECS - 1, "");
		if (!some(3))
			put_list(f, "driver", 0, DRIVERS, "d");
		if (!some(3))
			fprintf(f, "mediated = %s\n", some(2) ? "yes" : "no");
		if (!some(3))
			put_list(f, "attempt", 0, 4, "");
		if (!some(6))
			fprintf(f, "errors-in-window = %u in %us\n", 2 + some(3), 1 + some(3));
	}
	fclose(f);
	return text;
}

static bool has(const struct rule *rule, unsigned int dim, uint32_t n)
{
	return !rule->dim[dim].nr || range_set_has(&rule->dim[dim], n);
}

static bool has_all(const struct rule *rule, const uint32_t *at)
{
	return has(rule, RULE_FID, at[0]) && has(rule, RULE_PEC, at[1]) &&
	       has(rule, RULE_DRIVER, at[2]) && has(rule, RULE_MEDIATED, at[3]) &&
	       has(rule, RULE_ATTEMPT, at[4]);
}

/* Whether the rule is the first one anywhere; that of more errors in less time implies the other */
static bool is_first_anywhere(const struct rules *rules, size_t nr)
{
	const uint32_t size[] = { FIDS, PECS, DRIVERS + 1, 2, 4 };
	const struct rule *rule = &rules->rule[nr];

	for (uint32_t n = 0; n < FIDS * PECS * (DRIVERS + 1) * 2 * 4; n++) {
		uint32_t at[5], rest = n;
		bool taken = false;

		for (size_t i = 0; i < 5; i++) {
			at[i] = rest % size[i];
			rest /= size[i];
		}
		if (!has_all(rule, at))
			continue;
		for (size_t i = 0; !taken && i < nr; i++) {
			const struct rule *other = &rules->rule[i];

			taken = has_all(other, at) &&
				(!other->window_errors ||
				 (other->window_errors <= rule->window_errors &&
				  other->window_ns >= rule->window_ns));
		}
		if (!taken)
			return true;
	}
	return false;
}

static bool is_told(const struct rules *rules, const struct rule *rule)
{
	for (size_t i = 0; i < rules->problems.nr; i++)
		if (rules->problems.problem[i].line == rule->line)
			return true;
	return false;
}

static void rules_that_never_match_are_found_exactly(void **state)
{
	unsigned int shadowed = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct rules *rules;
		uint64_t work;
		char *text;

		random_state = seed;
		text = few_numbers(2 + some(seed % 4 ? 12 : 90));
		rules = parse(text);
		assert_int_equal(rules_lint_reach(rules, &work), 0);
		assert_true(rules->problems.nr < PROBLEMS_SHOWN);
		for (size_t i = 0; i < rules->nr; i++) {
			bool told = is_told(rules, &rules->rule[i]);

			if (told == is_first_anywhere(rules, i))
				fail_msg("seed %llu, rule %zu: %s\n%s", (unsigned long long)seed, i,
					 told ? "told, but it matches" : "not told", text);
			shadowed += told;
		}
		rules_free(rules);
		free(text);
	}
	/* Of which there are some, and not all */
	assert_in_range(shadowed, 500, 5000);
}

/* --- large files ---------------------------------------------------------- */

/* Each key has as many values as a file may have, in @nr rules */
static char *long_lists(unsigned int nr, bool states)
{
	unsigned int each = 3900 / nr;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	fputs("[policy]\nname = x\n", f);
	for (unsigned int i = 0; i < nr; i++) {
		uint32_t fid = some(100), pec = some(5), class_code = some(100);

		fprintf(f, "[rule r%u]\nfid =", i);
		for (unsigned int j = 0; j < each; j++, fid += 2 + some(50))
			fprintf(f, " 0x%x-0x%x", fid, fid + some(2));
		fputs("\npec =", f);
		for (unsigned int j = 0; j < each; j++, pec += 2 + some(12))
			fprintf(f, " %u-%u", pec, pec + some(2));
		fputs("\nclass =", f);
		for (unsigned int j = 0; j < each; j++, class_code += 2 + some(1000))
			fprintf(f, " %06x-%06x", class_code, class_code + some(2));
		if (states)
			fprintf(f, "\nattempt = %u\nmediated = %s", i % 4, i % 8 > 3 ? "yes" : "no");
		fputc('\n', f);
	}
	fclose(f);
	return text;
}

/* Each rule leaves out a few numbers of each key, here and there: what is left is hard to find */
static char *wide_lists(unsigned int nr)
{
	static const char *const keys[] = { "fid = ", "pec = ", "class = " };
	unsigned int each = 3900 / nr;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	fputs("[policy]\nname = x\n", f);
	for (unsigned int i = 0; i < nr; i++) {
		fprintf(f, "[rule r%u]\n", i);
		for (unsigned int k = 0; k < 3; k++) {
			uint32_t from = 0;

			fputs(keys[k], f);
			for (unsigned int j = 0; j < each; j++) {
				uint32_t to = from + some(60000 / each);

				fprintf(f, k == 2 ? "%06x-%06x " : "%u-%u ", from, to);
				from = to + 2;
			}
			fprintf(f, k == 2 ? "%06x-ffffff\n" : "%u-%u\n", from, k ? 65535 : UINT32_MAX);
		}
	}
	fclose(f);
	return text;
}

static void assert_little_work(char *text)
{
	struct rules *rules = parse(text);
	uint64_t work;

	assert_in_range(strlen(text), 100000, RULES_FILE_MAX);
	assert_int_equal(rules_lint_reach(rules, &work), 0);
	/* A rule that has begun goes through its classes once */
	assert_in_range(work, 1, RULES_LINT_WORK_MAX + RULES_LINT_WORK_MAX / 10);
	rules_free(rules);
	free(text);
}

static void large_files_are_not_much_work(void **state)
{
	static const unsigned int nrs[] = { 5, 8, 40, 200, 1000 };

	(void)state;
	random_state = 42;
	for (size_t i = 0; i < sizeof(nrs) / sizeof(nrs[0]); i++) {
		assert_little_work(long_lists(nrs[i], false));
		assert_little_work(long_lists(nrs[i], true));
		assert_little_work(wide_lists(nrs[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_that_never_match_are_found_exactly),
		cmocka_unit_test(large_files_are_not_much_work),
	};

	return cmocka_run_group_tests_name("rules_reach", tests, NULL, NULL);
}
