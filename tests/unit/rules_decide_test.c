// SPDX-License-Identifier: GPL-2.0
/* Many random rule sets and events: what is decided is what the rules say */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "rules/rules.h"
#include "rules_decide.h"
#include "rules_random.h"

static void compare(uint64_t seed, size_t nr, bool windows, int events)
{
	struct rules_table *table_of = NULL;
	struct ref ref;
	struct rules *rules;

	ref_generate(&ref, seed, nr, windows);
	rules = ref_parse(&ref);
	assert_int_equal(rules_compile(rules, &table_of), 0);
	decide_by(table_of);
	for (int i = 0; i < events; i++) {
		struct zpci_event_in e;
		uint32_t member;
		int64_t expected;

		ref_event(&ref, &e, &member);
		expected = ref_decide(&ref, &e, member);
		if (expected != (int64_t)decide(&e, member))
			fail_msg("seed %llu, %zu rules, event %d: expected %lld, got another",
				 (unsigned long long)seed, nr, i, (long long)expected);
	}
	assert_int_equal(untracked, 0);
	rules_table_free(table_of);
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

static void first_bit_of_each_word(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 64; i++) {
		assert_int_equal(first_bit(1ull << i), i);
		assert_int_equal(first_bit(~0ull << i), i);
	}
}

/* A function without a slot is not counted, and one whose errors are old makes room */
static void history_that_is_full(void **state)
{
	static const char text[] = "[policy]\nname = x\n[rule a]\n"
				   "errors-in-window = 2 in 10s\nevent = isolate\n";
	struct zpci_event_in e = { .now_ns = 1000000000000ull };
	struct rules_table *t;
	struct rules *rules;

	(void)state;
	assert_int_equal(rules_parse("full", text, strlen(text), &rules, stderr), 0);
	assert_int_equal(rules_compile(rules, &t), 0);
	decide_by(t);
	for (uint32_t i = 0; i <= RULES_HISTORY_PROBES; i++) {
		e.fid = i * RULES_HISTORIES;
		assert_int_equal(decide(&e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_DEFAULT);
	}
	assert_int_equal(untracked, 1);
	assert_int_equal(decide(&e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_DEFAULT);
	e.fid = 0;
	assert_int_equal(decide(&e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_ISOLATE);
	e.fid = RULES_HISTORY_PROBES * RULES_HISTORIES;
	e.now_ns += 11000000000ull;
	assert_int_equal(decide(&e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_DEFAULT);
	assert_int_equal(decide(&e, ZPCI_MEMBER_EVENT), ZPCI_VERDICT_ISOLATE);
	assert_int_equal(untracked, 2);
	rules_table_free(t);
	rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_bit_of_each_word),
		cmocka_unit_test(canonical_text_compiles_to_the_same_table),
		cmocka_unit_test(few_rules),
		cmocka_unit_test(a_word_of_rules_and_one_more),
		cmocka_unit_test(all_the_rules_there_can_be),
		cmocka_unit_test(errors_in_windows),
		cmocka_unit_test(history_that_is_full),
	};

	return cmocka_run_group_tests_name("rules_decide", tests, NULL, NULL);
}
