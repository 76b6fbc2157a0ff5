// SPDX-License-Identifier: GPL-2.0
/*
 * The program that runs in the kernel, run there: its replay entry against the
 * reference, and against the same code compiled into zrec. Skipped where BPF is not to
 * be had; the guest runs it, too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "policy/batch.h"
#include "rules/run.h"
#include "rules_random.h"

static const char reset_all[] = "[policy]\nname = x\n[rule all]\nevent = reset\n";

static struct policy *open_text(const char *text)
{
	char path[] = "/tmp/zrec-rules-XXXXXX.conf";
	int fd = mkstemps(path, 5);
	struct policy *policy = NULL;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(policy_open(&policy, path, stderr), 0);
	unlink(path);
	return policy;
}

static void compare(uint64_t seed, size_t nr, bool windows, int events)
{
	struct rules_table *table = NULL;
	struct rules_run *run = NULL;
	struct policy *policy;
	struct ref ref;
	char *text;

	ref_generate(&ref, seed, nr, windows);
	rules_free(ref_parse(&ref));
	text = ref_text(&ref);
	policy = open_text(text);
	assert_int_equal(policy_load(policy, POLICY_REPLAY, stderr), 0);
	assert_int_equal(rules_compile(policy_rules(policy), &table), 0);
	assert_int_equal(rules_run_new(&run, table), 0);
	for (int i = 0; i < events; i++) {
		struct zpci_event_in e;
		uint32_t member, verdict = 0;
		int64_t expected;

		ref_event(&ref, &e, &member);
		expected = ref_decide(&ref, &e, member);
		assert_int_equal(policy_replay(policy, &e, member, &verdict), 0);
		if (expected != verdict)
			fail_msg("seed %llu, %zu rules, event %d, member %u: expected %lld, got %u",
				 (unsigned long long)seed, nr, i, member, (long long)expected,
				 verdict);
		if (rules_run_decide(run, &e, member) != verdict)
			fail_msg("seed %llu, %zu rules, event %d, member %u: the kernel says %u, zrec not",
				 (unsigned long long)seed, nr, i, member, verdict);
	}
	rules_run_free(run);
	rules_table_free(table);
	policy_close(policy);
	free(text);
	ref_free(&ref);
}

/* Many calls in one give the same as zrec does */
static void compare_batches(uint64_t seed, size_t nr, bool windows)
{
	struct rules_table *table = NULL;
	struct policy_batch *batch = NULL;
	struct rules_run *run = NULL;
	struct policy *policy;
	struct ref ref;
	char *text;

	ref_generate(&ref, seed, nr, windows);
	rules_free(ref_parse(&ref));
	text = ref_text(&ref);
	policy = open_text(text);
	assert_int_equal(policy_batch_open(&batch, policy, stderr), 0);
	assert_int_equal(rules_compile(policy_rules(policy), &table), 0);
	assert_int_equal(rules_run_new(&run, table), 0);
	for (size_t nr_calls = 1; nr_calls <= POLICY_BATCH_ROOM; nr_calls *= 2) {
		struct zpci_replay *calls = policy_batch_calls(batch);

		for (size_t i = 0; i < nr_calls; i++) {
			calls[i] = (struct zpci_replay){ .verdict = 99 };
			ref_event(&ref, &calls[i].event, &calls[i].member);
		}
		assert_int_equal(policy_batch_run(batch, nr_calls), 0);
		for (size_t i = 0; i < nr_calls; i++)
			assert_int_equal(calls[i].verdict, rules_run_decide(run, &calls[i].event,
									    calls[i].member));
	}
	rules_run_free(run);
	rules_table_free(table);
	policy_batch_close(batch);
	policy_close(policy);
	free(text);
	ref_free(&ref);
}

static void many_calls_in_one(void **state)
{
	static const size_t nrs[] = { 0, 1, 64, 65, 1024 };

	(void)state;
	for (size_t i = 0; i < sizeof(nrs) / sizeof(nrs[0]); i++) {
		compare_batches(7000 + i, nrs[i], false);
		compare_batches(7000 + i, nrs[i], nrs[i] > 0);
	}
}

static void any_number_of_rules(void **state)
{
	static const size_t nrs[] = { 0, 1, 2, 7, 63, 64, 65, 129, 500, 1024 };

	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++)
		for (size_t i = 0; i < sizeof(nrs) / sizeof(nrs[0]); i++)
			compare(seed * 1000 + i, nrs[i], false, 500);
}

static void errors_in_windows(void **state)
{
	static const size_t nrs[] = { 1, 2, 5, 64, 65, 300, 1024 };

	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++)
		for (size_t i = 0; i < sizeof(nrs) / sizeof(nrs[0]); i++)
			compare(seed * 1000 + i, nrs[i], true, 1000);
}

static void canary_of_a_share_is_what_user_space_says(void **state)
{
	struct policy_canary canary;
	struct policy *policy;
	uint32_t in = 0;

	(void)state;
	policy = open_text(reset_all);
	assert_int_equal(policy_parse_canary("30%", &canary), 0);
	assert_int_equal(policy_set_canary(policy, &canary), 0);
	assert_int_equal(policy_load(policy, POLICY_REPLAY, stderr), 0);
	for (uint32_t fid = 0; fid < 2000; fid++) {
		struct zpci_event_in e = { .now_ns = 1, .fid = fid * 7 };
		uint32_t verdict = 9;

		assert_int_equal(policy_replay(policy, &e, ZPCI_MEMBER_EVENT, &verdict), 0);
		assert_int_equal(verdict, policy_canary_has(&canary, e.fid));
		in += verdict;
	}
	/* A share is about that share */
	assert_in_range(in, 520, 680);
	policy_close(policy);
}

static void canary_of_fids_is_these(void **state)
{
	struct policy_canary canary;
	struct policy *policy;

	(void)state;
	policy = open_text(reset_all);
	assert_int_equal(policy_parse_canary("fid=0x11,0xffffffff", &canary), 0);
	assert_int_equal(policy_set_canary(policy, &canary), 0);
	assert_int_equal(policy_load(policy, POLICY_REPLAY, stderr), 0);
	for (uint32_t fid = 0xfffffff0; fid != 0x20; fid++) {
		struct zpci_event_in e = { .now_ns = 1, .fid = fid };
		uint32_t verdict = 9;

		assert_int_equal(policy_replay(policy, &e, ZPCI_MEMBER_EVENT, &verdict), 0);
		assert_int_equal(verdict, fid == 0x11 || fid == 0xffffffff);
	}
	policy_close(policy);
}

/* No permission, or a kernel without BTF; anything else is for the tests to fail at */
static bool can_load(char **why)
{
	struct policy *policy = open_text(reset_all);
	size_t len;
	FILE *errors = open_memstream(why, &len);
	int err;

	assert_non_null(errors);
	err = policy_load(policy, POLICY_REPLAY, errors);
	fclose(errors);
	policy_close(policy);
	return err != -EPERM && err != -EOPNOTSUPP;
}

int main(void)
{
	char *why = NULL;

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_number_of_rules),
		cmocka_unit_test(errors_in_windows),
		cmocka_unit_test(many_calls_in_one),
		cmocka_unit_test(canary_of_a_share_is_what_user_space_says),
		cmocka_unit_test(canary_of_fids_is_these),
	};

	if (!can_load(&why)) {
		/* cmocka's own way to skip reads "not ok" in TAP */
		printf("1..0 # SKIP %.*s\n", (int)strcspn(why, "\n"), why);
		free(why);
		return 0;
	}
	free(why);
	return cmocka_run_group_tests_name("rules_bpf", tests, NULL, NULL);
}
