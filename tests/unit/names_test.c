// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "cmocka-all.h"
#include "record/names.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void every_step_has_its_own_name(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ZREC_NR_STEPS; i++) {
		assert_string_not_equal(name_step(i), "unknown");
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(name_step(i), name_step(j));
	}
}

static void what_is_not_known_is_named_unknown(void **state)
{
	(void)state;
	assert_string_equal(name_step(ZREC_NR_STEPS), "unknown");
	assert_string_equal(name_step(UINT32_MAX), "unknown");
	assert_string_equal(name_outcome(ZPCI_NR_OUTCOMES), "unknown");
	assert_string_equal(name_reason(ZPCI_OUTCOME_FAILED, ZPCI_NR_REASONS), "unknown");
	assert_string_equal(name_reason(ZPCI_OUTCOME_DROPPED, ZPCI_NR_DROP_REASONS), "unknown");
	assert_string_equal(name_recoverer(9), "unknown");
	assert_string_equal(name_pec(0x99), "unknown");
	assert_string_equal(name_lost(ZREC_NR_LOST), "unknown");
	assert_string_equal(name_unsummed(ZREC_NR_UNSUMMED), "unknown");
}

static void reason_of_a_drop_is_a_drop_reason(void **state)
{
	(void)state;
	assert_string_equal(name_reason(ZPCI_OUTCOME_DROPPED, 0), "unknown_function");
	assert_string_equal(name_reason(ZPCI_OUTCOME_FAILED, 0), "none");
	assert_string_equal(name_reason(ZPCI_OUTCOME_FAILED, ZPCI_REASON_RESET_FAILED),
			    "reset_failed");
}

static void result_is_a_vote_or_an_errno(void **state)
{
	char buf[16];

	(void)state;
	assert_string_equal(name_result(0, buf, sizeof(buf)), "ok");
	assert_string_equal(name_result(1, buf, sizeof(buf)), "none");
	assert_string_equal(name_result(3, buf, sizeof(buf)), "need_reset");
	assert_string_equal(name_result(6, buf, sizeof(buf)), "no_aer_driver");
	assert_string_equal(name_result(7, buf, sizeof(buf)), "7");
	assert_string_equal(name_result(-EIO, buf, sizeof(buf)), "EIO");
	assert_string_equal(name_result(-99999, buf, sizeof(buf)), "-99999");
	assert_string_equal(name_result(INT32_MIN, buf, sizeof(buf)), "-2147483648");
}

static void disconnect_and_errors_are_failures(void **state)
{
	(void)state;
	assert_true(name_result_is_failure(-EIO));
	assert_true(name_result_is_failure(4));
	assert_false(name_result_is_failure(0));
	assert_false(name_result_is_failure(3));
}

static void pec_is_parsed_by_number_and_by_name(void **state)
{
	static const struct {
		const char *text;
		uint16_t pec;
	} good[] = {
		{ "0x4", 4 }, { "0x04", 4 }, { "4", 4 }, { "58", 0x3a }, { "0X3B", 0x3b },
		{ "translation_protection", 4 }, { "Translation_Protection", 4 },
		{ "recovery_failed", 0x40 }, { "0xffff", 0xffff }, { "0", 0 },
	};
	uint16_t pec;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(name_parse_pec(good[i].text, &pec), 0);
		assert_int_equal(pec, good[i].pec);
	}
}

static void every_named_pec_parses_back(void **state)
{
	unsigned int named = 0;
	uint16_t back;

	(void)state;
	for (unsigned int pec = 0; pec <= UINT16_MAX; pec++) {
		if (!strcmp(name_pec(pec), "unknown"))
			continue;
		named++;
		assert_int_equal(name_parse_pec(name_pec(pec), &back), 0);
		assert_int_equal(back, pec);
	}
	assert_int_equal(named, 22);
}

static void bad_pec_is_refused_and_nothing_changed(void **state)
{
	static const char *const bad[] = {
		"", "x", "0x", "0x10000", "65536", "-1", "+4", " 4", "4 ", "0x4,0x5", "0xg",
		"4294967300", "99999999999999999999", "unknown", "translation", "0x0x4",
	};
	uint16_t pec = 0x1234;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (name_parse_pec(bad[i], &pec) != -EINVAL)
			fail_msg("'%s' is taken for a PEC", bad[i]);
		assert_int_equal(pec, 0x1234);
	}
}

static void number_of_32_bits_is_parsed(void **state)
{
	uint32_t n = 7;

	(void)state;
	assert_int_equal(name_parse_u32("4294967295", &n), 0);
	assert_int_equal(n, UINT32_MAX);
	assert_int_equal(name_parse_u32("010", &n), 0);
	assert_int_equal(n, 10);	/* not octal: nobody means that */
	assert_int_equal(name_parse_u32("4294967296", &n), -ERANGE);
	assert_int_equal(name_parse_u32("0x1ffffffffffffffff", &n), -ERANGE);
	assert_int_equal(name_parse_u32("12k", &n), -EINVAL);
	assert_int_equal(n, 10);
}

static void words_parse_back_to_what_they_name(void **state)
{
	uint32_t n;
	char buf[16];

	(void)state;
#define BACK(nr, name, parse)								\
	for (uint32_t i = 0; i < (nr); i++) {						\
		assert_int_equal(parse(name, &n), 0);					\
		assert_int_equal(n, i);							\
	}
	BACK(ZPCI_NR_MEMBERS, name_member(i), name_parse_member)
	BACK(ZPCI_NR_VERDICTS, name_verdict(i, buf, sizeof(buf)), name_parse_verdict)
	BACK(ZPCI_NR_VOTES, name_vote(i), name_parse_vote)
	BACK(ZPCI_NR_OUTCOMES, name_outcome(i), name_parse_outcome)
	BACK(ZPCI_NR_REASONS, name_reason(ZPCI_OUTCOME_FAILED, i), name_parse_reason)
#undef BACK
}

static void other_words_are_refused_and_nothing_changed(void **state)
{
	static const char *const bad[] = { "", "unknown", "Event", "event ", " event", "eventx", "even", "3" };
	uint32_t n = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(name_parse_member(bad[i], &n), -EINVAL);
		assert_int_equal(name_parse_verdict(bad[i], &n), -EINVAL);
		assert_int_equal(name_parse_vote(bad[i], &n), -EINVAL);
		assert_int_equal(name_parse_outcome(bad[i], &n), -EINVAL);
		assert_int_equal(name_parse_reason(bad[i], &n), -EINVAL);
	}
	assert_int_equal(n, 77);
}

static void answer_is_a_verdict_or_a_time(void **state)
{
	char buf[24];

	(void)state;
	assert_string_equal(name_answer(ZPCI_MEMBER_EVENT, ZPCI_VERDICT_ISOLATE, buf, sizeof(buf)), "isolate");
	assert_string_equal(name_answer(ZPCI_MEMBER_EVENT, 9, buf, sizeof(buf)), "9");
	assert_string_equal(name_answer(ZPCI_MEMBER_DEADLINE, 0, buf, sizeof(buf)), "none");
	assert_string_equal(name_answer(ZPCI_MEMBER_DEADLINE, 90000, buf, sizeof(buf)), "90000 ms");
}

static void number_of_64_bits_is_parsed(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_int_equal(name_parse_u64("0xffffffffffffffff", &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(name_parse_u64("18446744073709551616", &n), -ERANGE);
	assert_int_equal(name_parse_u64("-1", &n), -EINVAL);
	assert_true(n == UINT64_MAX);
}

static void hex_has_a_number_of_digits(void **state)
{
	uint32_t n = 7;

	(void)state;
	assert_int_equal(name_parse_hex("1B3", 4, &n), 3);
	assert_int_equal(n, 0x1b3);
	assert_int_equal(name_parse_hex("", 4, &n), -EINVAL);
	assert_int_equal(name_parse_hex("12345", 4, &n), -EINVAL);
	assert_int_equal(name_parse_hex("0x12", 4, &n), -EINVAL);
	assert_int_equal(name_parse_hex("-1", 4, &n), -EINVAL);
	assert_int_equal(n, 0x1b3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_has_its_own_name),
		cmocka_unit_test(what_is_not_known_is_named_unknown),
		cmocka_unit_test(reason_of_a_drop_is_a_drop_reason),
		cmocka_unit_test(result_is_a_vote_or_an_errno),
		cmocka_unit_test(disconnect_and_errors_are_failures),
		cmocka_unit_test(pec_is_parsed_by_number_and_by_name),
		cmocka_unit_test(every_named_pec_parses_back),
		cmocka_unit_test(bad_pec_is_refused_and_nothing_changed),
		cmocka_unit_test(number_of_32_bits_is_parsed),
		cmocka_unit_test(number_of_64_bits_is_parsed),
		cmocka_unit_test(hex_has_a_number_of_digits),
		cmocka_unit_test(words_parse_back_to_what_they_name),
		cmocka_unit_test(other_words_are_refused_and_nothing_changed),
		cmocka_unit_test(answer_is_a_verdict_or_a_time),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
