// SPDX-License-Identifier: GPL-2.0
/* Many random rule sets and events: what is decided is what the rules say */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "rules/rules-int.h"
#include "rules/run.h"
#include "rules_random.h"

static void compare(uint64_t seed, size_t nr, bool windows, int events)
{
	struct rules_table *table = NULL;
	struct rules_run *run = NULL;
	struct ref ref;
	struct rules *rules;

	ref_generate(&ref, seed, nr, windows);
	rules = ref_parse(&ref);
	assert_int_equal(rules_compile(rules, &table), 0);
	assert_int_equal(rules_run_new(&run, table), 0);
	for (int i = 0; i < events; i++) {
		struct zpci_event_in e;
		uint32_t member;
		int64_t expected;

		ref_event(&ref, &e, &member);
		expected = ref_decide(&ref, &e, member);
		if (expected != (int64_t)rules_run_decide(run, &e, member))
			fail_msg("seed %llu, %zu rules, event %d: expected %lld, got another",
				 (unsigned long long)seed, nr, i, (long long)expected);
	}
	assert_int_equal(rules_run_untracked(run), 0);
	rules_run_free(run);
	rules_table_free(table);
	rules_free(rules);
	ref_free(&ref);
}

static void assert_same_table(const struct rules_table *a, const struct rules_table *b)
{
	const struct rules_head *head = &a->head;

	assert_memory_equal(head, &b->head, sizeof(*head));
	assert_memory_equal(a->rules, b->rules, head->nr_rules * sizeof(*a->rules));
	assert_memory_equal(a->intervals, b->intervals, head->nr_intervals * sizeof(*a->intervals));
	assert_memory_equal(a->drivers, b->drivers, head->nr_drivers * sizeof(*a->drivers));
	assert_memory_equal(a->sets, b->sets, (head->set_mask + 1ul) * sizeof(*a->sets));
}

/* What is kept in the kernel as text decides the same, and is its own canonical form */
static void canonical_text_compiles_to_the_same_table(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct rules_table *first = NULL, *second = NULL;
		struct rules *rules, *again = NULL;
		struct ref ref;
		char *text, *back;

		ref_generate(&ref, seed, seed % 20 ? seed % 30 : 500, seed % 2);
		rules = ref_parse(&ref);
		text = rules_to_text(rules);
		assert_int_equal(rules_parse("again", text, strlen(text), &again, stderr), 0);
		back = rules_to_text(again);
		assert_string_equal(text, back);
		assert_int_equal(rules_compile(rules, &first), 0);
		assert_int_equal(rules_compile(again, &second), 0);
		assert_same_table(first, second);
		for (unsigned int i = 0; i < ZPCI_NR_MEMBERS; i++)
			assert_int_equal(rules_decide_member(rules, i), rules_decide_member(again, i));
		rules_table_free(first);
		rules_table_free(second);
		rules_free(rules);
		rules_free(again);
		free(text);
		free(back);
		ref_free(&ref);
	}
}

static void few_rules(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++)
		compare(seed, seed % 8, false, 300);
}

static void a_word_of_rules_and_one_more(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++)
		for (size_t nr = 63; nr <= 65; nr++)
			compare(seed, nr, false, 500);
}

static void all_the_rules_there_can_be(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++)
		compare(seed, 1024, false, 2000);
}

static void errors_in_windows(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++)
		compare(seed, 1 + seed % 10, true, 1000);
	for (uint64_t seed = 1; seed <= 10; seed++)
		compare(seed, 200, true, 1000);
}

/* Of 64 rules, those from @i on match FID @i: the first of them says which it was */
static void first_of_each_word(void **state)
{
	struct rules_table *table = NULL;
	struct rules_run *run = NULL;
	struct rules *rules = NULL;
	char text[8192], *at = text;

	(void)state;
	at += sprintf(at, "[policy]\nname = x\n");
	for (unsigned int i = 0; i < 64; i++)
		at += sprintf(at, "[rule %u]\nfid = 0-%u\ndeadline = %us\n", i, i, i + 1);
	assert_int_equal(rules_parse("bits", text, strlen(text), &rules, stderr), 0);
	assert_int_equal(rules_compile(rules, &table), 0);
	assert_int_equal(rules_run_new(&run, table), 0);
	for (uint32_t i = 0; i < 64; i++) {
		struct zpci_event_in e = { .now_ns = 1, .fid = i, .mediated = 1 };

		assert_int_equal(rules_run_decide(run, &e, ZPCI_MEMBER_DEADLINE), (i + 1) * 1000);
	}
	rules_run_free(run);
	rules_table_free(table);
	rules_free(rules);
}

/* What one counts the other does not know of */
static void two_runs_share_tables_and_nothing_else(void **state)
{
	static const char text[] = "[policy]\nname = x\n[rule a]\n"
				   "errors-in-window = 2 in 10s\nevent = isolate\n";
	struct zpci_event_in e = { .now_ns = 1000000000000ull, .fid = 0x11 };
	struct rules_run *a = NULL, *b = NULL;
	struct rules_table *t;
	struct rules *rules;

	(void)state;
	assert_int_equal(rules_parse("two", text, strlen(text), &rules, stderr), 0);
	assert_int_equal(rules_compile(rules, &t), 0);
	assert_int_equal(rules_run_new(&a, t), 0);
	assert_int_equal(rules_run_new(&b, t), 0);
	assert_int_equal(rules_run_decide(a, &e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_DEFAULT);
	assert_int_equal(rules_run_decide(a, &e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_ISOLATE);
	assert_int_equal(rules_run_decide(b, &e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_DEFAULT);
	assert_int_equal(rules_run_decide(b, &e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_ISOLATE);
	assert_int_equal(rules_run_decide(b, &e, ZPCI_MEMBER_DONE), ZPCI_VERDICT_DEFAULT);
	rules_run_free(a);
	rules_run_free(b);
	rules_table_free(t);
	rules_free(rules);
}

/* A function without a slot is not counted, and one whose errors are old makes room */
static void history_that_is_full(void **state)
{
	static const char text[] = "[policy]\nname = x\n[rule a]\n"
				   "errors-in-window = 2 in 10s\nevent = isolate\n";
	struct zpci_event_in e = { .now_ns = 1000000000000ull };
	struct rules_run *run = NULL;
	struct rules_table *t;
	struct rules *rules;

	(void)state;
	assert_int_equal(rules_parse("full", text, strlen(text), &rules, stderr), 0);
	assert_int_equal(rules_compile(rules, &t), 0);
	assert_int_equal(rules_run_new(&run, t), 0);
	for (uint32_t i = 0; i <= RULES_HISTORY_PROBES; i++) {
		e.fid = i * RULES_HISTORIES;
		assert_int_equal(rules_run_decide(run, &e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_DEFAULT);
	}
	assert_int_equal(rules_run_untracked(run), 1);
	assert_int_equal(rules_run_decide(run, &e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_DEFAULT);
	e.fid = 0;
	assert_int_equal(rules_run_decide(run, &e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_ISOLATE);
	e.fid = RULES_HISTORY_PROBES * RULES_HISTORIES;
	e.now_ns += 11000000000ull;
	assert_int_equal(rules_run_decide(run, &e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_DEFAULT);
	assert_int_equal(rules_run_decide(run, &e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_ISOLATE);
	assert_int_equal(rules_run_untracked(run), 2);
	rules_run_free(run);
	rules_table_free(t);
	rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_of_each_word),
		cmocka_unit_test(canonical_text_compiles_to_the_same_table),
		cmocka_unit_test(few_rules),
		cmocka_unit_test(a_word_of_rules_and_one_more),
		cmocka_unit_test(all_the_rules_there_can_be),
		cmocka_unit_test(errors_in_windows),
		cmocka_unit_test(history_that_is_full),
		cmocka_unit_test(two_runs_share_tables_and_nothing_else),
	};

	return cmocka_run_group_tests_name("rules_decide", tests, NULL, NULL);
}
