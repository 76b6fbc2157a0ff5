// SPDX-License-Identifier: GPL-2.0
/*
 * zrec experiment report, the whole command with zrec-stats, on recordings that the test
 * makes up: the readers of recordings are replaced
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/experiment-cmd.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "keep/history.h"
#include "run.h"
#include "schema.h"

#define START	1795269802LL		/* 2026-11-21 14:03:22 */
#define MINUTE	(60 * NSEC_PER_SEC)


/* --- recordings ------------------------------------------------------------ */

struct history {
	const char *name;
	const char *error;
};

int history_open(struct history **ret, const char *path)
{
	*ret = calloc(1, sizeof(**ret));
	(*ret)->name = path;
	(*ret)->error = "it is not a recording";
	return strcmp(path, "garbage") ? 0 : -EUCLEAN;
}

void history_close(struct history *h)
{
	free(h);
}

const char *history_error(const struct history *h)
{
	return h->error;
}

struct each {
	history_recovery_fn fn;
	void *ctx;
	struct history_boot boot;
	struct history_recovery r;
	unsigned int random;
	int err;
};

static unsigned int draw(struct each *e, unsigned int below)
{
	e->random = e->random * 1664525u + 1013904223u;
	return (e->random >> 16) % below;
}

static void set_host(struct each *e, unsigned int host)
{
	snprintf(e->boot.machine_id, sizeof(e->boot.machine_id), "%032x", host + 1);
	snprintf(e->boot.host, sizeof(e->boot.host), "lpar%u", host);
}

static void emit(struct each *e, const char *experiment, const char *arm, int64_t wall_ns,
		 uint32_t fid, uint8_t outcome, uint64_t total_ns)
{
	struct zrec_span *s = &e->r.full.span;

	memset(&e->r, 0, sizeof(e->r));
	e->r.boot = &e->boot;
	e->r.wall_ns = wall_ns;
	snprintf(e->r.experiment, sizeof(e->r.experiment), "%s", experiment);
	snprintf(e->r.arm, sizeof(e->r.arm), "%s", arm);
	s->size = sizeof(e->r.full);
	s->flags = ZREC_SPAN_POLICY;
	s->outcome = outcome;
	s->total_ns = total_ns;
	s->fid = fid;
	s->pchid = (uint16_t)(0x100 + fid / 4);
	strcpy(e->r.full.policy.policy, "retry-twice");
	if (!e->err)
		e->err = e->fn(e->ctx, &e->r);
}

/*
 * Six hosts, some functions on each, by arms of PCHIDs or of hosts: @twice is how many of
 * 100 recoveries are good in the arm "retry", against 80
 */
static void fleet(struct each *e, bool by_host, unsigned int twice, unsigned int rounds)
{
	for (unsigned int i = 0; i < rounds; i++) {
		for (unsigned int host = 0; host < 6; host++) {
			uint32_t fid = draw(e, 40);
			unsigned int arm = (by_host ? host : fid / 4 + host) % 2;
			unsigned int bad = arm ? 100 - twice : 20;
			uint8_t outcome = draw(e, 100) < bad ? ZPCI_OUTCOME_FAILED :
					  ZPCI_OUTCOME_RECOVERED;

			set_host(e, host);
			emit(e, "nvme-retry", arm ? "retry" : "default",
			     START * NSEC_PER_SEC + i * MINUTE + host, fid, outcome,
			     (10 + draw(e, 30) + (arm ? 5 : 0)) * 1000000ull);
		}
	}
}

static void relapses(struct each *e)
{
	const int64_t t = START * NSEC_PER_SEC;

	set_host(e, 0);
	/* Within five minutes of its end; by a second recovery that is none of the experiment */
	emit(e, "r", "default", t, 1, ZPCI_OUTCOME_RECOVERED, 1000);
	emit(e, "", "", t + 5 * MINUTE, 1, ZPCI_OUTCOME_FAILED, 1000);
	/* Too late, and of another function */
	emit(e, "r", "default", t, 2, ZPCI_OUTCOME_RECOVERED, 1000);
	emit(e, "r", "default", t + 5 * MINUTE + 2000, 2, ZPCI_OUTCOME_FAILED, 1000);
	/* Nobody knows: the recording ends */
	emit(e, "r", "default", t + 8 * MINUTE, 3, ZPCI_OUTCOME_RECOVERED, 1000);
	/* What firmware calls permanent, and its measurements, say nothing of a policy */
	emit(e, "r", "default", t + 9 * MINUTE, 4, ZPCI_OUTCOME_IGNORED, 1000);
	e->r.full.span.reason = ZPCI_REASON_PERMANENT;
	e->r.full.span.outcome = ZPCI_OUTCOME_FAILED;
	e->r.full.span.fid = 5;
	e->err = e->fn(e->ctx, &e->r);
}

static void hostile(struct each *e)
{
	set_host(e, 0);
	emit(e, "\033[2Jx", "a\nb", INT64_MIN, 1, ZPCI_OUTCOME_RECOVERED, UINT64_MAX);
	emit(e, "\033[2Jx", "a\nb", INT64_MAX, 1, 255, UINT64_MAX);
	emit(e, "\033[2Jx", "\xff\xfe", INT64_MAX, 1, ZPCI_OUTCOME_RECOVERED, UINT64_MAX);
	emit(e, "\033[2Jx", "\xff\xfe", -1, UINT32_MAX, ZPCI_OUTCOME_ABANDONED, 0);
}

int history_each_arm(struct history *h, history_recovery_fn fn, void *ctx)
{
	struct each e = { .fn = fn, .ctx = ctx, .random = 7 };

	if (!strcmp(h->name, "fleet"))
		fleet(&e, false, 95, 150);
	else if (!strcmp(h->name, "hosts"))
		fleet(&e, true, 95, 150);
	else if (!strcmp(h->name, "same"))
		fleet(&e, false, 80, 40);
	else if (!strcmp(h->name, "relapses"))
		relapses(&e);
	else if (!strcmp(h->name, "hostile"))
		hostile(&e);
	else if (!strcmp(h->name, "arms"))
		for (char arm[] = "a"; *arm < 'k'; ++*arm)
			emit(&e, "many", arm, START, 1, ZPCI_OUTCOME_FAILED, 1);
	else if (!strcmp(h->name, "other"))
		emit(&e, "other", "default", START, 1, ZPCI_OUTCOME_FAILED, 1);
	else if (!strcmp(h->name, "breaks"))
		return -EIO;
	return e.err;
}

int history_each_gap(struct history *h, const struct history_filter *filter, history_gap_fn fn,
		     void *ctx)
{
	const int64_t t = START * NSEC_PER_SEC;
	struct history_gap gap = { HISTORY_GAP_RING_FULL, 3, t + MINUTE, t + 2 * MINUTE };
	struct history_boot boot = { "00000000000000000000000000000002", "lpar1", "" };
	int err;

	(void)filter;
	if (strcmp(h->name, "fleet"))
		return 0;
	err = fn(ctx, &boot, &gap);
	/* Before it, and of a host that takes no part */
	gap.from_ns = gap.to_ns = t - MINUTE;
	if (!err)
		err = fn(ctx, &boot, &gap);
	strcpy(boot.machine_id, "another");
	gap.from_ns = gap.to_ns = t + MINUTE;
	return err ? err : fn(ctx, &boot, &gap);
}

int history_each_policy_event(struct history *h, const struct history_filter *filter,
			      history_policy_fn fn, void *ctx)
{
	const struct history_boot boot = { "00000000000000000000000000000002", "lpar1", "" };
	struct history_policy_event event = {
		.wall_ns = START * NSEC_PER_SEC + 140 * MINUTE, .policy = "retry-twice",
		.what = "budget", .code = 3, .text = "5 failed recoveries in 600 s",
		.boot = &boot,
	};
	int err;

	(void)filter;
	if (strcmp(h->name, "fleet"))
		return 0;
	err = fn(ctx, &event);
	strcpy(event.what, "detached");
	if (!err)
		err = fn(ctx, &event);
	/* One in shadow is not the experiment's, nor what ends before it or after it */
	strcpy(event.policy, "another");
	strcpy(event.what, "shadow");
	if (!err)
		err = fn(ctx, &event);
	strcpy(event.what, "budget");
	if (!err)
		err = fn(ctx, &event);
	strcpy(event.policy, "later");
	event.wall_ns += 20 * MINUTE;
	if (!err)
		err = fn(ctx, &event);
	event.wall_ns -= 200 * MINUTE;
	return err ? err : fn(ctx, &event);
}

/* --- tests ------------------------------------------------------------------- */

#define REPORT(...) run_command(&experiment_cmd_report, (char *[]){ "zrec experiment report", \
							     __VA_ARGS__, NULL })

static void the_report_is_as_documented(void **state)
{
	struct run r = REPORT("fleet");

	(void)state;
	assert_string_equal(r.err, "");
	assert_int_equal(r.rc, 0);
	assert_golden("experiment-report", r.out);
	end_run(&r);
}

static void too_few_are_told(void **state)
{
	struct run r = REPORT("same");

	(void)state;
	assert_golden("experiment-report-few", r.out);
	end_run(&r);
}

static void no_line_is_wider_than_80_columns(void **state)
{
	static char *const all[] = { "fleet", "hosts", "same", "relapses", "hostile" };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct run r = REPORT(all[i]);

		for (const char *line = r.out; *line; line += strcspn(line, "\n") + 1)
			assert_true(strcspn(line, "\n") <= 80);
		end_run(&r);
	}
}

static json_t *document(struct run *r)
{
	json_error_t error;
	json_t *o = json_loads(r->out, 0, &error);

	assert_non_null(o);
	assert_int_equal(r->rc, 0);
	return o;
}

static double number(json_t *o, const char *list, size_t i, const char *object, const char *key)
{
	json_t *v = json_array_get(json_object_get(o, list), i);

	v = json_object_get(object ? json_object_get(v, object) : v, key);
	assert_true(json_is_number(v));
	return json_number_value(v);
}

static void the_document_has_the_keys_of_this_api_level(void **state)
{
	struct run r = REPORT("fleet", "--format=json");
	json_t *set = json_object(), *o = document(&r), *v;
	const char *key;

	(void)state;
	json_object_foreach(o, key, v) {
		char path[64];

		snprintf(path, sizeof(path), "report.%s", key);
		if (strcmp(key, "meta"))
			schema_add(set, path, v);
	}
	assert_schema("experiment", set);
	json_decref(set);
	json_decref(o);
	end_run(&r);
}

static void recordings_may_overlap(void **state)
{
	struct run once = REPORT("fleet", "-f", "json");
	struct run twice = REPORT("fleet", "-f", "json", "fleet");
	json_t *a = document(&once), *b = document(&twice);

	(void)state;
	assert_true(json_equal(json_object_get(a, "arms"), json_object_get(b, "arms")));
	assert_true(json_equal(json_object_get(a, "comparisons"),
			       json_object_get(b, "comparisons")));
	assert_true(json_equal(json_object_get(a, "ends"), json_object_get(b, "ends")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b, "experiment"),
							    "in_two_recordings")), 900);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b, "experiment"),
							    "missing")), 3);
	json_decref(a);
	json_decref(b);
	end_run(&once);
	end_run(&twice);
}

/* Where whole hosts are in one arm there are six clusters, and less is known */
static void the_unit_is_what_was_put_into_an_arm(void **state)
{
	struct run fleet = REPORT("fleet", "-f", "json"), hosts = REPORT("hosts", "-f", "json");
	json_t *a = document(&fleet), *b = document(&hosts);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(json_object_get(b, "experiment"),
							      "cluster")), "host");
	assert_true(number(a, "arms", 0, NULL, "clusters") == 30);
	assert_true(number(b, "arms", 0, NULL, "clusters") == 3);
	assert_true(number(b, "comparisons", 0, "success", "p") >
		    number(a, "comparisons", 0, "success", "p"));
	json_decref(a);
	json_decref(b);
	end_run(&fleet);
	end_run(&hosts);
}

static void looks_cost(void **state)
{
	struct run one = REPORT("same", "-f", "json");
	struct run two = REPORT("same", "-f", "json", "--look", "2/4");
	json_t *a = document(&one), *b = document(&two);

	(void)state;
	assert_true(number(b, "comparisons", 0, "success", "p_uncorrected") ==
		    number(a, "comparisons", 0, "success", "p_uncorrected"));
	assert_true(number(b, "comparisons", 0, "success", "high") >
		    number(a, "comparisons", 0, "success", "high"));
	assert_true(number(a, "comparisons", 0, NULL, "more_arm") > 100);
	json_decref(a);
	json_decref(b);
	end_run(&one);
	end_run(&two);
}

static void a_relapse_is_an_error_soon_after(void **state)
{
	struct run r = REPORT("relapses", "-f", "json");
	json_t *o = document(&r);

	(void)state;
	assert_true(number(o, "arms", 0, NULL, "recoveries") == 4);
	assert_true(number(o, "arms", 0, "success", "count") == 3);
	assert_true(number(o, "arms", 0, "relapse", "n") == 2);
	assert_true(number(o, "arms", 0, "relapse", "count") == 1);
	assert_int_equal(json_array_size(json_object_get(o, "comparisons")), 0);
	json_decref(o);
	end_run(&r);
	r = REPORT("relapses", "-f", "json", "--relapse", "6m");
	o = document(&r);
	assert_true(number(o, "arms", 0, "relapse", "count") == 2);
	json_decref(o);
	end_run(&r);
}

static void the_control_can_be_chosen(void **state)
{
	struct run a = REPORT("fleet", "-f", "json");
	struct run b = REPORT("fleet", "-f", "json", "--control", "retry");
	json_t *x = document(&a), *y = document(&b);

	(void)state;
	assert_true(number(x, "comparisons", 0, "success", "difference") ==
		    -number(y, "comparisons", 0, "success", "difference"));
	json_decref(x);
	json_decref(y);
	end_run(&a);
	end_run(&b);
}

static void odd_recordings_are_harmless(void **state)
{
	struct run r = REPORT("hostile");

	(void)state;
	assert_int_equal(r.rc, 0);
	assert_null(strchr(r.out, '\033'));
	assert_null(strstr(r.out, "\xff"));
	end_run(&r);
	r = REPORT("hostile", "-f", "json");
	json_decref(document(&r));
	end_run(&r);
}

static void assert_fails(struct run r, int rc, const char *text)
{
	assert_int_equal(r.rc, rc);
	assert_string_equal(r.out, "");
	assert_non_null(strstr(r.err, text));
	/* One line */
	assert_ptr_equal(strchr(r.err, '\n'), r.err + strlen(r.err) - 1);
	end_run(&r);
}

static void failures_say_why(void **state)
{
	char *dir = getenv("ZREC_LIBEXEC_DIR");

	(void)state;
	assert_fails(REPORT("garbage"), EXIT_FIXABLE, "garbage: it is not a recording");
	assert_fails(REPORT("fleet", "breaks"), EXIT_FAILED, "breaks: ");
	assert_fails(REPORT("empty"), EXIT_FIXABLE, "belongs to an experiment");
	assert_fails(REPORT("fleet", "--name", "x"), EXIT_FIXABLE, "'x'; there are: nvme-retry");
	assert_fails(REPORT("fleet", "other"), EXIT_FIXABLE, "nvme-retry, other; choose");
	assert_fails(REPORT("arms"), EXIT_FAILED, "'many' has more than 8 arms");
	assert_fails(REPORT("fleet", "--control", "x"), EXIT_FIXABLE, "no arm 'x'");
	assert_fails(REPORT("fleet", "--look", "2/1"), EXIT_USAGE, "--look is N/M");
	assert_fails(REPORT("fleet", "--look", "2"), EXIT_USAGE, "--look is N/M");
	assert_fails(REPORT("fleet", "--effect", "nan"), EXIT_USAGE, "--effect is");
	assert_fails(REPORT("fleet", "--effect", "0x5"), EXIT_USAGE, "--effect is");
	assert_fails(REPORT("fleet", "--power", "100"), EXIT_USAGE, "--power is");
	assert_fails(REPORT("fleet", "--relapse", "0"), EXIT_USAGE, "--relapse is");
	assert_fails(REPORT(NULL), EXIT_USAGE, "RECORDING is missing");
	dir = strdup(dir);
	setenv("ZREC_LIBEXEC_DIR", "/nonexistent", 1);
	assert_fails(REPORT("fleet"), EXIT_FIXABLE, "/nonexistent/zrec-stats: No such file");
	setenv("ZREC_LIBEXEC_DIR", dir, 1);
	free(dir);
	/* One that is named is taken among several */
	end_run(&(struct run[]){ REPORT("other", "fleet", "--name", "nvme-retry") }[0]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_report_is_as_documented),
		cmocka_unit_test(too_few_are_told),
		cmocka_unit_test(no_line_is_wider_than_80_columns),
		cmocka_unit_test(the_document_has_the_keys_of_this_api_level),
		cmocka_unit_test(recordings_may_overlap),
		cmocka_unit_test(the_unit_is_what_was_put_into_an_arm),
		cmocka_unit_test(looks_cost),
		cmocka_unit_test(a_relapse_is_an_error_soon_after),
		cmocka_unit_test(the_control_can_be_chosen),
		cmocka_unit_test(odd_recordings_are_harmless),
		cmocka_unit_test(failures_say_why),
	};

	output_ignore_sigpipe();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
