// SPDX-License-Identifier: GPL-2.0
/* Which commands run, how many at a time, what waits, what is dropped, and what is said of it */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "serve/actions-file.h"
#include "serve/actions-status.h"
#include "serve/actions.h"
#include "serve/config.h"

#define PATIENCE_MS	20000

static struct world {
	char *dir;
	struct actions *actions;
	char *said;		/* errors of the log, as far as collected */
	size_t len;
	FILE *log;
} w;

static int setup(void **state)
{
	(void)state;
	w = (struct world){ .dir = make_temp_dir(), .actions = actions_new() };
	setenv("DIR", w.dir, 1);
	log_level = LOG_LEVEL_ERROR;
	w.log = open_memstream(&w.said, &w.len);
	log_collect(w.log);
	return w.actions ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	actions_free(w.actions);
	log_collect(NULL);
	fclose(w.log);
	free(w.said);
	remove_temp_dir(w.dir);
	return 0;
}

static void use(const char *text)
{
	struct config config;

	assert_int_equal(config_parse(&config, "zrec.conf", text, strlen(text), stderr), 0);
	assert_int_equal(actions_use(w.actions, &config.actions), 0);
	config_free(&config);
}

static void recoveries(int nr)
{
	for (int i = 0; i < nr; i++) {
		const struct zrec_span span = {
			.abi = ZREC_ABI, .size = sizeof(span), .id = (uint64_t)i + 1, .fid = 0x12,
			.pec = 0x04, .outcome = ZPCI_OUTCOME_RECOVERED,
		};

		actions_recovery(w.actions, &span, 0);
	}
}

/* Until so many run */
static void wait_running(size_t nr)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + PATIENCE_MS * NSEC_PER_MSEC;

	while (actions_running(w.actions) != nr) {
		struct pollfd p = { .fd = actions_fd(w.actions), .events = POLLIN };

		assert_true(clock_ns(CLOCK_MONOTONIC) < end);
		assert_true(poll(&p, 1, PATIENCE_MS) == 1);
		actions_work(w.actions);
	}
}

/* "succeeded=1 queue_full=2", what is not 0 */
static const char *counts(const char *name)
{
	const struct action_stats *s = actions_stats(w.actions, name);
	static char text[256];

	assert_non_null(s);
	snprintf(text, sizeof(text), "events=%llu", (unsigned long long)s->events);
	for (int i = 0; i < ACTION_NR_ENDS; i++)
		if (s->ended[i])
			sprintf(text + strlen(text), " %s=%llu", action_end_name(i),
				(unsigned long long)s->ended[i]);
	for (int i = 0; i < ACTION_NR_DROPS; i++)
		if (s->dropped[i])
			sprintf(text + strlen(text), " %s=%llu", action_drop_name(i),
				(unsigned long long)s->dropped[i]);
	return text;
}

static const char *content(const char *name)
{
	static char text[4096];
	char path[300];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w.dir, name);
	f = fopen(path, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (f)
		fclose(f);
	return text;
}

static void assert_said(const char *want)
{
	fflush(w.log);
	assert_string_equal(w.said, want);
}

#define MESSAGE "PCI function without an address (FID 0x12): 0x04 translation_protection, recovered after 0 ns"

static void a_command_gets_what_happened(void **state)
{
	(void)state;
	use("[action a]\ncommand = /bin/sh -c 'echo $ZREC_ACTION $ZPCI_FID $ZPCI_ID $ZREC_NOT_RUN >>$DIR/out'\n"
	    "[action other]\ncommand = /bin/sh -c 'echo other >>$DIR/out'\nfid = 0x13\n");
	recoveries(1);
	wait_running(0);
	assert_string_equal(content("out"), "a 0x00000012 1 0\n");
	assert_string_equal(counts("a"), "events=1 succeeded=1");
	assert_string_equal(counts("other"), "events=0");
	assert_said("");
}

static void each_failure_is_one_line(void **state)
{
	int lines = 0;

	(void)state;
	use("[action code]\ncommand = /bin/sh -c 'exit 3'\n[action gone]\ncommand = /none/x\n"
	    "[action killed]\ncommand = /bin/sh -c 'kill -9 $$'\n"
	    "[action slow]\ncommand = /bin/sleep 1000\ntimeout = 1\n");
	recoveries(1);
	wait_running(0);
	assert_string_equal(counts("code"), "events=1 failed=1");
	assert_string_equal(counts("gone"), "events=1 not_started=1");
	assert_string_equal(counts("killed"), "events=1 failed=1");
	assert_string_equal(counts("slow"), "events=1 timed_out=1");
	fflush(w.log);
	assert_non_null(strstr(w.said, "zrec: action code: /bin/sh failed with exit code 3 after "));
	assert_non_null(strstr(w.said, "zrec: action gone: cannot run /none/x: No such file or directory ("
			       MESSAGE ")\n"));
	assert_non_null(strstr(w.said, "zrec: action killed: /bin/sh was ended by signal 9 after "));
	assert_non_null(strstr(w.said, "zrec: action slow: /bin/sleep did not end within 1 s, and was ended ("
			       MESSAGE ")\n"));
	for (const char *s = w.said; *s; s++)
		lines += *s == '\n';
	assert_int_equal(lines, 4);
}

/* One at a time, in their order, and no more wait than may */
static void so_many_run_and_so_many_wait(void **state)
{
	(void)state;
	use("[action a]\ncommand = /bin/sh -c 'while ! [ -e $DIR/go ]; do sleep 0.02; done; echo $ZPCI_ID $ZREC_NOT_RUN >>$DIR/out'\n"
	    "at-once = 2\nqueue = 3\nburst = 100\n");
	recoveries(8);
	assert_int_equal(actions_running(w.actions), 2);
	assert_string_equal(counts("a"), "events=8 queue_full=3");
	put_file(w.dir, "go", "");
	wait_running(0);
	assert_string_equal(counts("a"), "events=8 succeeded=5 queue_full=3");
	/* The next one that is started hears of those that were not */
	assert_non_null(strstr(content("out"), "3 3\n"));
	assert_non_null(strstr(content("out"), "4 0\n"));
	assert_non_null(strstr(content("out"), "5 0\n"));
	assert_said("");
}

static void a_slow_action_is_in_nobody_s_way(void **state)
{
	(void)state;
	use("[action fast]\ncommand = /bin/sh -c 'echo $ZPCI_ID >>$DIR/out'\nburst = 100\n"
	    "[action slow]\ncommand = /bin/sleep 1000\nqueue = 1\n");
	recoveries(3);
	wait_running(1);
	assert_string_equal(counts("fast"), "events=3 succeeded=3");
	assert_string_equal(content("out"), "1\n2\n3\n");
	assert_string_equal(counts("slow"), "events=3 queue_full=1");
}

static void no_more_than_the_limits_allow(void **state)
{
	(void)state;
	use("[action a]\ncommand = /bin/true\nburst = 2\nper-minute = 1\n");
	recoveries(5);
	wait_running(0);
	assert_string_equal(counts("a"), "events=5 succeeded=2 rate=3");
}

static void what_runs_and_waits_outlives_a_reload(void **state)
{
	(void)state;
	use("[action a]\ncommand = /bin/sh -c 'while ! [ -e $DIR/go ]; do sleep 0.02; done; echo old >>$DIR/out'\n"
	    "[action b]\ncommand = /bin/sh -c 'while ! [ -e $DIR/go ]; do sleep 0.02; done'\n");
	recoveries(2);
	assert_int_equal(actions_running(w.actions), 2);
	use("[action a]\ncommand = /bin/sh -c 'echo new >>$DIR/out'\n");
	assert_int_equal(actions_nr(w.actions), 1);
	/* What has been removed takes no more, and is there until its command has ended */
	recoveries(1);
	assert_string_equal(counts("b"), "events=2 removed=1");
	put_file(w.dir, "go", "");
	wait_running(0);
	assert_string_equal(content("out"), "old\nnew\nnew\n");
	assert_string_equal(counts("a"), "events=3 succeeded=3");
	assert_null(actions_stats(w.actions, "b"));
	/* With the same name again it begins anew */
	use("[action b]\ncommand = /bin/true\n");
	assert_string_equal(counts("b"), "events=0");
	assert_null(actions_stats(w.actions, "a"));
}

static void at_the_end_none_is_left(void **state)
{
	(void)state;
	use("[action a]\ncommand = /bin/sh -c 'echo $$ >$DIR/pid; exec sleep 1000'\n");
	recoveries(3);
	while (!*content("pid"))
		usleep(10000);
	actions_close(w.actions);
	recoveries(1);
	assert_string_equal(counts("a"), "events=4 removed=3");
	actions_stop(w.actions);
	wait_running(0);
	assert_string_equal(counts("a"), "events=4 stopped=1 removed=3");
	assert_int_equal(kill(atoi(content("pid")), 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void policies_and_open_recoveries_run_theirs(void **state)
{
	const struct zrec_policy_exit exit = { .kind = ZPCI_POLICY_EXIT_BUDGET, .policy = "p" };
	const struct zrec_open open = { .id = 9, .span = { .id = 9, .fid = 0x12 } };

	(void)state;
	use("[action p]\ncommand = /bin/sh -c 'echo $ZREC_EVENT $ZPCI_POLICY >$DIR/p'\nevent = policy-end\n"
	    "[action o]\ncommand = /bin/sh -c 'echo $ZREC_EVENT $ZPCI_ID >$DIR/o'\nevent = open\n");
	recoveries(1);
	actions_exit(w.actions, &exit, 0);
	actions_open(w.actions, &open, 0);
	wait_running(0);
	assert_string_equal(content("p"), "policy-ejected p\n");
	assert_string_equal(content("o"), "open 9\n");
	assert_string_equal(counts("p"), "events=1 succeeded=1");
}

static void others_read_how_it_is(void **state)
{
	struct feed feed = { .live = LIVE_CLIENT_CLOSED, .missed = 2 };
	struct actions_file file;
	char path[300], *text;
	size_t len;
	json_t *o;
	FILE *f;

	(void)state;
	use("[action a]\ncommand = /bin/false\nqueue = 0\n");
	recoveries(2);
	wait_running(0);
	actions_file_open(&file, w.dir);
	actions_file_work(&file, w.actions, &feed);
	assert_int_equal(actions_file_timeout_ms(&file, w.actions, &feed), -1);
	snprintf(path, sizeof(path), "%s/%s", w.dir, ACTIONS_FILE_NAME);
	assert_int_equal(actions_status_read(path, &o), 0);
	f = open_memstream(&text, &len);
	json_object_set_new(o, "pid", json_integer(4711));
	actions_status_print(f, o);
	fclose(f);
	assert_string_equal(text, "actions     by zrec actions (4711), which waits for zrec run, 2 records missed\n"
			    "  a         1 run, 1 failed, 1 not run\n");
	free(text);
	json_decref(o);
	/* A change is written, but not at once */
	recoveries(1);
	assert_true(actions_file_timeout_ms(&file, w.actions, &feed) > 0);
	actions_file_close(&file);
	assert_int_equal(actions_status_read(path, &o), -ENOENT);
	/* One that was killed left it, and what is no such document is none */
	put_file(w.dir, ACTIONS_FILE_NAME, "{\"pid\": 999999999, \"actions\": []}");
	assert_int_equal(actions_status_read(path, &o), -ENOENT);
	put_file(w.dir, ACTIONS_FILE_NAME, "[1]");
	assert_int_equal(actions_status_read(path, &o), -EINVAL);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(actions_status_read(path, &o), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_command_gets_what_happened, setup, teardown),
		cmocka_unit_test_setup_teardown(each_failure_is_one_line, setup, teardown),
		cmocka_unit_test_setup_teardown(so_many_run_and_so_many_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(a_slow_action_is_in_nobody_s_way, setup, teardown),
		cmocka_unit_test_setup_teardown(no_more_than_the_limits_allow, setup, teardown),
		cmocka_unit_test_setup_teardown(what_runs_and_waits_outlives_a_reload, setup, teardown),
		cmocka_unit_test_setup_teardown(at_the_end_none_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(policies_and_open_recoveries_run_theirs, setup, teardown),
		cmocka_unit_test_setup_teardown(others_read_how_it_is, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
