// SPDX-License-Identifier: GPL-2.0
/* [action NAME] of zrec.conf: what it may say, for what its command runs, and with which variables */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "record/meaning.h"
#include "record/names.h"
#include "serve/action-env.h"
#include "serve/config.h"

#define COMMAND	"command = /bin/true\n"

static struct config config;

static int parse(const char *text, char **errors)
{
	size_t len;
	FILE *f = open_memstream(errors, &len);
	int err = config_parse(&config, "zrec.conf", text, strlen(text), f);

	fclose(f);
	return err;
}

static void bad(const char *text, const char *want)
{
	char *errors;

	assert_int_equal(parse(text, &errors), -EINVAL);
	assert_string_equal(errors, want);
	assert_int_equal(config.actions.nr, 0);
	free(errors);
}

/* The one action of a text without mistakes */
static const struct action *good(const char *text)
{
	char *errors;

	config_free(&config);
	assert_int_equal(parse(text, &errors), 0);
	assert_string_equal(errors, "");
	free(errors);
	assert_int_equal(config.actions.nr, 1);
	return &config.actions.action[0];
}

static int begin(void **state)
{
	(void)state;
	config_init(&config);
	return 0;
}

static int done(void **state)
{
	(void)state;
	config_free(&config);
	return 0;
}

/* --- the section --- */

static void a_command_is_enough(void **state)
{
	const struct action *a = good("[action page]\ncommand = /bin/echo a 'b c'\n");

	(void)state;
	assert_string_equal(a->name, "page");
	assert_string_equal(a->argv[0], "/bin/echo");
	assert_string_equal(a->argv[2], "b c");
	assert_null(a->argv[3]);
	assert_int_equal(a->events, 1u << ACTION_RECOVERY);
	assert_int_equal(a->priority, LOG_DEBUG);
	assert_int_equal(a->timeout_s, 30);
	assert_int_equal(a->at_once, 1);
	assert_int_equal(a->queue, 16);
	assert_int_equal(a->limits.burst, 10);
	assert_int_equal(a->limits.per_minute, 6);
}

static void every_key_is_taken(void **state)
{
	const struct action *a = good("[action a]\nat-once = 8\nburst = 1000000\n" COMMAND
		"driver = nvme, mlx5_core\nevent = recovery\nfid = 0x11 18\nfunction = 0001:00:00.0,fid:7\n"
		"outcome = failed isolated\npec = 0x3a permanent_error\nper-minute = 1\npolicy = p q\n"
		"queue = 0\nseverity = err\ntimeout = 3600\n");

	(void)state;
	assert_int_equal(a->at_once, 8);
	assert_int_equal(a->limits.burst, 1000000);
	assert_int_equal(a->limits.per_minute, 1);
	assert_int_equal(a->queue, 0);
	assert_int_equal(a->priority, LOG_ERR);
	assert_int_equal(a->timeout_s, 3600);
	assert_int_equal(a->filter.nr_drivers, 2);
	assert_string_equal(a->filter.drivers[1], "mlx5_core");
	assert_int_equal(a->filter.nr_fids, 2);
	assert_int_equal(a->filter.fids[1], 0x12);
	assert_int_equal(a->filter.nr_functions, 2);
	assert_int_equal(a->filter.outcomes, 1u << ZPCI_OUTCOME_FAILED | 1u << ZPCI_OUTCOME_ISOLATED);
	assert_int_equal(a->filter.nr_pecs, 2);
	assert_int_equal(a->filter.pecs[1], 0x3b);
	assert_int_equal(a->filter.nr_policies, 2);
	a = good("[action a]\n" COMMAND "event = open policy-end policy-ejected recovery\n");
	assert_int_equal(a->events, (1u << ACTION_NR_EVENTS) - 1);
}

static void mistakes_are_named_by_line(void **state)
{
	(void)state;
	bad("[action]\n[action a b]\n[action c]\n" COMMAND "at-once = 9\nburst = 0\ndriver = a/b\n"
	    "event = end\nfid = 0x1 none\nfunction = /dev/nvme0\noutcome =\npec = ,\n"
	    "per-minute = -1\npolicy = a b/c\nqueue = 257\nseverity = bad\ntimeout = 0\nuser = root\n",
	    "zrec.conf:1: bad name '' in [action NAME], expected at most 63 letters, digits, '_', '.' and '-'\n"
	    "zrec.conf:2: bad name 'a b' in [action NAME], expected at most 63 letters, digits, '_', '.' and '-'\n"
	    "zrec.conf:5: bad at-once '9', expected a number from 1 to 8\n"
	    "zrec.conf:6: bad burst '0', expected a number from 1 to 1000000\n"
	    "zrec.conf:7: bad driver 'a/b', expected names of drivers\n"
	    "zrec.conf:8: bad event 'end', expected recovery, open, policy-end or policy-ejected, or several of them\n"
	    "zrec.conf:9: bad fid '0x1 none', expected function IDs as 0x11\n"
	    "zrec.conf:10: bad function '/dev/nvme0', expected PCI addresses as 0001:00:00.0, fid:FID or drivers\n"
	    "zrec.conf:11: bad outcome '', expected recovered, failed, isolated, abandoned, ignored or dropped, or several of them\n"
	    "zrec.conf:12: bad pec ',', expected PCI event codes, by number or name\n"
	    "zrec.conf:13: bad per-minute '-1', expected a number from 1 to 1000000\n"
	    "zrec.conf:14: bad policy 'a b/c', expected names of policies\n"
	    "zrec.conf:15: bad queue '257', expected a number from 0 to 256\n"
	    "zrec.conf:16: bad severity 'bad', expected emerg, alert, crit, err, warning, notice, info or debug\n"
	    "zrec.conf:17: bad timeout '0', expected a number of seconds from 1 to 3600\n"
	    "zrec.conf:18: unknown key 'user' in [action], expected at-once, burst, command, driver, event, fid, function, outcome, pec, per-minute, policy, queue, severity or timeout\n");
}

static void what_can_never_run_is_refused(void **state)
{
	char many[4096] = "";

	(void)state;
	bad("[action a]\nseverity = err\n", "zrec.conf: [action a]: it has no command\n");
	bad("[action a]\n" COMMAND "event = policy-end recovery\nfid = 1\n[action b]\n" COMMAND
	    "event = policy-ejected\noutcome = failed\n",
	    "zrec.conf: [action a]: the end of a policy is of no function: fid, function, driver, pec and outcome need an action of their own\n"
	    "zrec.conf: [action b]: the end of a policy is of no function: fid, function, driver, pec and outcome need an action of their own\n");
	bad("[action a]\n" COMMAND "event = open recovery\noutcome = failed\n",
	    "zrec.conf: [action a]: an open recovery has no outcome yet: outcome needs an action of its own\n");
	for (int i = 0; i <= ACTIONS_MAX; i++)
		sprintf(many + strlen(many), "[action a%d]\n" COMMAND, i);
	bad(many, "zrec.conf: 33 [action NAME], expected at most 32\n");
}

/* As a drop-in does: what comes later replaces a list, and adds to no list */
static void what_comes_later_wins(void **state)
{
	char *dir = make_temp_dir(), path[300];
	struct actions_config actions = { 0 };
	static const struct {
		const char *key, *first, *second;
	} values[] = {
		{ "command", "/bin/a", "/bin/b c" }, { "driver", "a b", "c" },
		{ "event", "open", "recovery" }, { "fid", "1 2 3", "4" }, { "function", "fid:1 a", "fid:2" },
		{ "outcome", "failed", "dropped" }, { "pec", "1 2", "3" }, { "policy", "a b", "c" },
	};
	struct action *a = actions_config_find(&actions, "a");

	(void)state;
	assert_ptr_equal(actions_config_find(&actions, "a"), a);
	for (int second = 0; second < 2; second++)
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
			for (const struct conf_key *k = config_action_keys; k->name; k++)
				if (!strcmp(k->name, values[i].key))
					assert_int_equal(k->set(a, second ? values[i].second : values[i].first), 0);
	assert_string_equal(a->argv[1], "c");
	assert_int_equal(a->filter.nr_drivers, 1);
	assert_string_equal(a->filter.drivers[0], "c");
	assert_int_equal(a->events, 1u << ACTION_RECOVERY);
	assert_int_equal(a->filter.nr_fids, 1);
	assert_int_equal(a->filter.fids[0], 4);
	assert_int_equal(a->filter.nr_functions, 1);
	assert_int_equal(a->filter.outcomes, 1u << ZPCI_OUTCOME_DROPPED);
	assert_int_equal(a->filter.nr_pecs, 1);
	assert_int_equal(a->filter.nr_policies, 1);
	actions_config_free(&actions);
	/* And an action may get its command in a drop-in: the check comes last */
	put_file(dir, "zrec.conf", "[action a]\nseverity = err\n");
	snprintf(path, sizeof(path), "%s/zrec.conf", dir);
	assert_int_equal(config_read(&config, path, NULL, NULL), -EINVAL);
	remove_temp_dir(dir);
}

/* --- for what it runs --- */

static struct zrec_span span_of(const char *outcome)
{
	struct zrec_span s = {
		.abi = ZREC_ABI, .size = sizeof(s), .flags = ZREC_SPAN_DEVICE, .fid = 0x12,
		.domain = 2, .pec = 0x04, .driver = "nvme",
	};
	uint32_t value;

	assert_int_equal(name_parse_outcome(outcome, &value), 0);
	s.outcome = (uint8_t)value;
	return s;
}

static bool runs(const char *conditions, const char *outcome)
{
	const struct zrec_span s = span_of(outcome);
	char text[512];

	snprintf(text, sizeof(text), "[action a]\n" COMMAND "%s", conditions);
	return action_wants_recovery(good(text), &s);
}

static void conditions_are_those_of_watch(void **state)
{
	(void)state;
	assert_true(runs("", "recovered"));
	assert_true(runs("fid = 0x12\nfunction = 0002:00:00.0\ndriver = nvme\npec = 4\noutcome = failed\n",
			 "failed"));
	assert_true(runs("fid = 1 0x12\noutcome = failed, recovered\n", "recovered"));
	assert_false(runs("fid = 0x11\n", "failed"));
	assert_false(runs("function = 0003:00:00.0\n", "failed"));
	assert_false(runs("driver = mlx5_core\n", "failed"));
	assert_false(runs("pec = permanent_error\n", "failed"));
	assert_false(runs("outcome = failed\n", "recovered"));
	assert_false(runs("policy = p\n", "failed"));
	assert_false(runs("event = open\n", "failed"));
	assert_false(runs("event = policy-end\n", "failed"));
}

static void severity_is_that_of_the_meaning(void **state)
{
	const struct zrec_span failed = span_of("failed"), fine = span_of("recovered");
	char text[64];

	(void)state;
	for (int priority = LOG_EMERG; priority <= LOG_DEBUG; priority++) {
		snprintf(text, sizeof(text), "severity = %s\n", meaning_severity(priority));
		assert_int_equal(runs(text, "failed"),
				 priority >= meaning_priority(failed.pec, failed.outcome, failed.reason));
		assert_int_equal(runs(text, "recovered"),
				 priority >= meaning_priority(fine.pec, fine.outcome, fine.reason));
	}
}

static bool runs_at_exit(const char *conditions, unsigned int kind)
{
	const struct zrec_policy_exit e = { .kind = kind, .policy = "patient" };
	char text[512];

	snprintf(text, sizeof(text), "[action a]\n" COMMAND "%s", conditions);
	return action_wants_exit(good(text), &e);
}

static void ends_of_policies_are_told_apart(void **state)
{
	(void)state;
	assert_false(runs_at_exit("", ZPCI_POLICY_EXIT_BUDGET));
	assert_true(runs_at_exit("event = policy-end\n", ZPCI_POLICY_EXIT_BUDGET));
	assert_true(runs_at_exit("event = policy-end\n", ZPCI_POLICY_EXIT_DETACHED));
	assert_true(runs_at_exit("event = policy-ejected\n", ZPCI_POLICY_EXIT_BUDGET));
	assert_false(runs_at_exit("event = policy-ejected\n", ZPCI_POLICY_EXIT_DETACHED));
	assert_true(runs_at_exit("event = policy-end\npolicy = x patient\n", ZPCI_POLICY_EXIT_DETACHED));
	assert_false(runs_at_exit("event = policy-end\npolicy = x\n", ZPCI_POLICY_EXIT_DETACHED));
	assert_false(runs_at_exit("event = policy-end\nseverity = warning\n", ZPCI_POLICY_EXIT_DETACHED));
	assert_true(runs_at_exit("event = policy-end\nseverity = warning\n", ZPCI_POLICY_EXIT_BUDGET));
}

static void an_open_recovery_is_matched(void **state)
{
	const struct zrec_open open = { .id = 1, .span = span_of("recovered") };

	(void)state;
	assert_false(action_wants_open(good("[action a]\n" COMMAND), &open));
	assert_true(action_wants_open(good("[action a]\n" COMMAND "event = open\nfid = 0x12\nseverity = warning\n"),
				      &open));
	assert_false(action_wants_open(good("[action a]\n" COMMAND "event = open\nfid = 0x13\n"), &open));
	assert_false(action_wants_open(good("[action a]\n" COMMAND "event = open\nseverity = emerg\n"), &open));
}

/* --- its environment --- */

/* As lines, in their order */
static char *lines(char *env)
{
	size_t len;
	char *text;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(env);
	for (const char *s = env; *s; s += strlen(s) + 1)
		fprintf(f, "%s\n", s);
	fclose(f);
	free(env);
	return text;
}

static void every_event_has_its_variables(void **state)
{
	const struct open_recovery open = {
		.id = 7, .wall_ns = FIXTURE_CLOCK_OFFSET, .age_ns = 6 * NSEC_PER_SEC, .fid = 0x12,
		.events = 2, .owner_pid = 4711, .pec = 0x04, .step = ZPCI_STEP_USER,
		.pci_address = "0002:00:00.0", .driver = "vfio-pci", .owner_comm = "qemu",
		.policy = "slow-users",
	};
	const struct zrec_policy_exit exit = {
		.kind = ZPCI_POLICY_EXIT_BUDGET, .code = 1, .policy = "patient",
		.text = "too many functions given up",
	};
	struct zrec_full_span s = { 0 };
	char *text;

	(void)state;
	for (size_t i = 0; i < nr_fixtures; i++)
		if (!strcmp(fixtures[i].name, "policy-isolated"))
			fixtures[i].make(&s.span);
	assert_true(s.span.size);
	text = lines(action_env_recovery(&s.span, FIXTURE_CLOCK_OFFSET));
	assert_golden("action-recovery.txt", text);
	free(text);
	text = lines(action_env_open(&open));
	assert_golden("action-open.txt", text);
	free(text);
	text = lines(action_env_exit(&exit, FIXTURE_CLOCK_OFFSET));
	assert_golden("action-exit.txt", text);
	free(text);
}

/* Whoever named the process, the driver or the policy writes no script, and no option */
static void names_of_strangers_are_tame(void **state)
{
	struct zrec_span s = span_of("failed");
	struct zrec_policy_exit exit = { .policy = "$(x)" };
	char *env;

	(void)state;
	s.owner_pid = 1;
	memcpy(s.owner_comm, "-rf $(`;'\"\\\n\x1b|&", sizeof(s.owner_comm));
	memcpy(s.driver, "a\xff\xe2\x80\xae*", sizeof("a\xff\xe2\x80\xae*"));
	env = action_env_recovery(&s, FIXTURE_CLOCK_OFFSET);
	assert_string_equal(action_env_value(env, "ZPCI_OWNER_COMM"), "_rf ___________");
	assert_string_equal(action_env_value(env, "ZPCI_DRIVER"), "a_____");
	assert_null(action_env_value(env, "ZPCI_POLICY"));
	free(env);
	memset(exit.text, '%', sizeof(exit.text));
	env = action_env_exit(&exit, FIXTURE_CLOCK_OFFSET);
	assert_string_equal(action_env_value(env, "ZPCI_POLICY"), "__x_");
	assert_int_equal(strspn(action_env_value(env, "ZPCI_POLICY_TEXT"), "_"), sizeof(exit.text));
	free(env);
}

static const char *value_in(char **whole, const char *name)
{
	const char *found = NULL;
	size_t len = strlen(name);

	for (size_t i = 0; whole[i]; i++)
		if (!strncmp(whole[i], name, len) && whole[i][len] == '=') {
			assert_null(found);
			found = whole[i] + len + 1;
		}
	return found;
}

static void the_service_s_own_variables_are_not_passed_on(void **state)
{
	static const char env[] = "ZPCI_FID=0x12\0ZREC_EVENT=recovery\0";
	char **whole;

	(void)state;
	setenv("ZPCI_ADDRESS", "forged", 1);
	setenv("ZREC_ACTION", "forged", 1);
	setenv("NOTIFY_SOCKET", "/x", 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("WATCHDOG_USEC", "1", 1);
	setenv("PAGER_KEY", "of a drop-in", 1);
	whole = action_env_whole(env, "page", 18446744073709551615u);
	assert_non_null(whole);
	assert_string_equal(value_in(whole, "ZPCI_FID"), "0x12");
	assert_string_equal(value_in(whole, "ZREC_EVENT"), "recovery");
	assert_string_equal(value_in(whole, "ZREC_ACTION"), "page");
	assert_string_equal(value_in(whole, "ZREC_NOT_RUN"), "18446744073709551615");
	assert_string_equal(value_in(whole, "PAGER_KEY"), "of a drop-in");
	assert_null(value_in(whole, "ZPCI_ADDRESS"));
	assert_null(value_in(whole, "NOTIFY_SOCKET"));
	assert_null(value_in(whole, "LISTEN_FDS"));
	assert_null(value_in(whole, "WATCHDOG_USEC"));
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_command_is_enough, begin, done),
		cmocka_unit_test_setup_teardown(every_key_is_taken, begin, done),
		cmocka_unit_test_setup_teardown(mistakes_are_named_by_line, begin, done),
		cmocka_unit_test_setup_teardown(what_can_never_run_is_refused, begin, done),
		cmocka_unit_test_setup_teardown(what_comes_later_wins, begin, done),
		cmocka_unit_test_setup_teardown(conditions_are_those_of_watch, begin, done),
		cmocka_unit_test_setup_teardown(severity_is_that_of_the_meaning, begin, done),
		cmocka_unit_test_setup_teardown(ends_of_policies_are_told_apart, begin, done),
		cmocka_unit_test_setup_teardown(an_open_recovery_is_matched, begin, done),
		cmocka_unit_test_setup_teardown(every_event_has_its_variables, begin, done),
		cmocka_unit_test_setup_teardown(names_of_strangers_are_tame, begin, done),
		cmocka_unit_test_setup_teardown(the_service_s_own_variables_are_not_passed_on, begin, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
