// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "policy/sysfs.h"

static void put_empty(const char *dir)
{
	static const char *const files[] = {
		"enforced", "shadow0", "shadow1", "shadow2", "shadow3", "clamps", "exit",
	};

	put_file(dir, "enabled", "1\n");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put_file(dir, files[i], "");
}

static void a_kernel_without_policies(void **state)
{
	struct policy_state s;
	char *dir = make_temp_dir();

	(void)state;
	assert_int_equal(policy_sysfs_read(&s, dir), -EOPNOTSUPP);
	remove_temp_dir(dir);
}

static void nothing_is_registered(void **state)
{
	struct policy_state s;
	char *dir = make_temp_dir();

	(void)state;
	put_empty(dir);
	assert_int_equal(policy_sysfs_read(&s, dir), 0);
	assert_true(s.enabled);
	assert_string_equal(s.enforced.name, "");
	assert_string_equal(s.exit.policy, "");
	assert_int_equal(s.nr_clamps, 0);
	assert_null(policy_sysfs_find(&s, "keep-default", true));
	remove_temp_dir(dir);
}

static void an_enforced_policy(void **state)
{
	struct policy_state s;
	char *dir = make_temp_dir();

	(void)state;
	put_empty(dir);
	put_file(dir, "enforced",
		 "name isolate-flapping\nsince_ns 12345678901\nejected 1\ndecisions 7\n"
		 "disagreements 3\nclamps 2\nisolations 1\nfailures 4\nwindow_s 600\n"
		 "isolations_left 2\nclamps_left 8\nfailures_left 1\nlater_field 9\n"
		 "disagree_event_default_isolate 2\ndisagree_vote_reset_isolate 1\n");
	assert_int_equal(policy_sysfs_read(&s, dir), 0);
	assert_string_equal(s.enforced.name, "isolate-flapping");
	assert_int_equal(s.enforced.since_ns, 12345678901);
	assert_true(s.enforced.ejected);
	assert_int_equal(s.enforced.decisions, 7);
	assert_int_equal(s.enforced.disagreements, 3);
	assert_int_equal(s.enforced.clamps, 2);
	assert_int_equal(s.enforced.isolations, 1);
	assert_int_equal(s.enforced.failures, 4);
	assert_int_equal(s.enforced.window_s, 600);
	assert_int_equal(s.enforced.isolations_left, 2);
	assert_int_equal(s.enforced.clamps_left, 8);
	assert_int_equal(s.enforced.failures_left, 1);
	assert_int_equal(s.enforced.nr_rows, 2);
	assert_string_equal(s.enforced.rows[1].member, "vote");
	assert_string_equal(s.enforced.rows[1].dflt, "reset");
	assert_string_equal(s.enforced.rows[1].verdict, "isolate");
	assert_int_equal(s.enforced.rows[1].count, 1);
	assert_ptr_equal(policy_sysfs_find(&s, "isolate-flapping", false), &s.enforced);
	assert_null(policy_sysfs_find(&s, "isolate-flapping", true));
	remove_temp_dir(dir);
}

static void shadows_clamps_and_the_last_exit(void **state)
{
	struct policy_state s;
	char *dir = make_temp_dir();

	(void)state;
	put_empty(dir);
	put_file(dir, "enabled", "0\n");
	put_file(dir, "shadow2", "name candidate\ndecisions 5\n");
	put_file(dir, "clamps", "event_reset 0\nvote_isolate 3\ndeadline_invalid 1\n");
	put_file(dir, "exit", "policy old\nkind budget\ncode 2\ntext too many illegal verdicts\nat_ns 99\n");
	assert_int_equal(policy_sysfs_read(&s, dir), 0);
	assert_false(s.enabled);
	assert_ptr_equal(policy_sysfs_find(&s, "candidate", true), &s.shadow[2]);
	/* Those that never happened are no news */
	assert_int_equal(s.nr_clamps, 2);
	assert_string_equal(s.clamps[0].member, "vote");
	assert_string_equal(s.clamps[0].verdict, "isolate");
	assert_int_equal(s.clamps[0].count, 3);
	assert_string_equal(s.exit.policy, "old");
	assert_string_equal(s.exit.kind, "budget");
	assert_int_equal(s.exit.code, 2);
	assert_string_equal(s.exit.text, "too many illegal verdicts");
	assert_int_equal(s.exit.at_ns, 99);
	remove_temp_dir(dir);
}

/* What a kernel would not print neither crashes nor counts */
static void lines_that_are_none(void **state)
{
	static const char *const junk[] = {
		"\n", "name\n", " \n", "disagree_ 1\n", "disagree_x 1\n", "disagree__ 1\n",
		"no newline at the end", "name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
	};
	struct policy_state s;

	(void)state;
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		char *dir = make_temp_dir();

		put_empty(dir);
		put_file(dir, "enforced", junk[i]);
		put_file(dir, "clamps", junk[i]);
		put_file(dir, "exit", junk[i]);
		assert_int_equal(policy_sysfs_read(&s, dir), 0);
		assert_true(strlen(s.enforced.name) < ZPCI_POLICY_NAME_LEN);
		assert_int_equal(s.enforced.decisions, 0);
		remove_temp_dir(dir);
	}
}

static void more_rows_than_there_is_room(void **state)
{
	char text[100 * 40] = "name many\n";
	struct policy_state s;
	char *dir = make_temp_dir();

	(void)state;
	for (int i = 0; i < POLICY_MAX_ROWS + 5; i++)
		strcat(text, "disagree_event_default_isolate 1\n");
	put_empty(dir);
	put_file(dir, "enforced", text);
	assert_int_equal(policy_sysfs_read(&s, dir), 0);
	assert_int_equal(s.enforced.nr_rows, POLICY_MAX_ROWS);
	assert_int_equal(s.enforced.unlisted, 5);
	remove_temp_dir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_without_policies),
		cmocka_unit_test(nothing_is_registered),
		cmocka_unit_test(an_enforced_policy),
		cmocka_unit_test(shadows_clamps_and_the_last_exit),
		cmocka_unit_test(lines_that_are_none),
		cmocka_unit_test(more_rows_than_there_is_room),
	};

	return cmocka_run_group_tests_name("policy_sysfs", tests, NULL, NULL);
}
