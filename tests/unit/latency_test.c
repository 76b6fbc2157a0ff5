// SPDX-License-Identifier: GPL-2.0
/* zrec latency, with an observer of our own in place of the kernel's */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "record/hist.h"
#include "observe/observer.h"
#include "run.h"

struct observer {
	int reuse_error;
	bool empty;
	struct zrec_stats stats;
};

static struct observer fake;

int observer_reuse(struct observer **ret)
{
	*ret = &fake;
	return fake.reuse_error;
}

void observer_close(struct observer *observer)
{
	assert_ptr_equal(observer, &fake);
}

void observer_warn_missing(struct observer *observer)
{
	(void)observer;
}

int observer_stats(struct observer *observer, struct zrec_stats *ret)
{
	*ret = observer->stats;
	return 0;
}

static const struct {
	enum zrec_hist_by by;
	uint32_t id;
	const char *driver;
	uint64_t ns;		/* of the first value, each further is 5 % longer */
	int count;
} hists[] = {
	/* Not in the order in which they must be shown; FIDs that no machine has */
	{ ZREC_HIST_BY_STEP, ZPCI_STEP_RESET, "nvme", 1400000, 30 },
	{ ZREC_HIST_BY_STEP, ZPCI_STEP_RESET, "mlx5_core", 90000000, 3 },
	{ ZREC_HIST_BY_STEP, ZPCI_STEP_REFRESH, "nvme", 11000, 30 },
	{ ZREC_HIST_BY_STEP, ZPCI_STEP_REFRESH, "mlx5_core", 10000, 3 },
	{ ZREC_HIST_BY_STEP, ZREC_STEP_OTHER, "nvme", 900, 30 },
	{ ZREC_HIST_BY_STEP, ZPCI_STEP_USER, "nvme", 0, 0 },
	{ ZREC_HIST_BY_DRIVER, 0, "nvme", 40000000, 30 },
	{ ZREC_HIST_BY_DRIVER, 0, "", 10000, 2 },
	{ ZREC_HIST_BY_DRIVER, 0, "mlx5_core", 250000000, 3 },
	{ ZREC_HIST_BY_FUNCTION, 0xfffffff2, "", 250000000, 3 },
	{ ZREC_HIST_BY_FUNCTION, 0xfffffff1, "", 40000000, 30 },
	{ ZREC_HIST_BY_PEC, 0x3b, "", 10000, 2 },
	{ ZREC_HIST_BY_PEC, 0x04, "", 40000000, 33 },
};

int observer_each_counter(struct observer *observer, observer_counter_fn fn, void *ctx)
{
	static const struct observer_counter counters[] = {
		{ .fid = 0xf11, .life = 3, .pec = 0x4, .outcome = ZPCI_OUTCOME_RECOVERED, .count = 30 },
		{ .fid = 0xf11, .life = 3, .pec = 0x2b, .outcome = ZPCI_OUTCOME_IGNORED, .count = 2 },
		{ .fid = 0xf11, .life = 9, .pec = 0x4, .outcome = ZPCI_OUTCOME_FAILED, .count = 1 },
		{ .fid = 0xf12, .life = 4, .pec = 0x3a, .outcome = ZPCI_OUTCOME_RECOVERED, .count = 3 },
	};
	int err = 0;

	(void)observer;
	for (size_t i = 0; !err && i < sizeof(counters) / sizeof(counters[0]); i++)
		err = fn(ctx, &counters[i]);
	return err;
}

int observer_each_hist(struct observer *observer, observer_hist_fn fn, void *ctx)
{
	struct zrec_hist *h = malloc(sizeof(*h));
	int err = 0;

	for (size_t i = 0; !observer->empty && !err && i < sizeof(hists) / sizeof(hists[0]); i++) {
		struct zrec_hist_key key = { .by = hists[i].by, .id = hists[i].id };
		uint64_t ns = hists[i].ns;

		memcpy(key.driver, hists[i].driver, strlen(hists[i].driver));
		memset(h, 0, sizeof(*h));
		for (int n = 0; n < hists[i].count; n++, ns += ns / 20)
			hist_add(h, ns);
		err = fn(ctx, &key, h);
	}
	free(h);
	return err;
}

#define RUN(...) run_command(&cmd_latency, (char *[]){ "zrec latency", ##__VA_ARGS__, NULL })

static int fresh_observer(void **state)
{
	(void)state;
	fake = (struct observer){ .stats = { .emitted = 35, .delivered = 35 } };
	setenv("COLUMNS", "100", 1);
	return 0;
}

static void check(struct run r, const char *golden)
{
	assert_string_equal(r.err, "");
	assert_int_equal(r.rc, EXIT_OK);
	if (strstr(golden, ".json"))
		mask_meta(r.out);
	assert_golden(golden, r.out);
	end_run(&r);
}

static void text_is_by_step_if_nothing_is_asked_for(void **state)
{
	(void)state;
	check(RUN(), "latency-step.text");
	check(RUN("--by", "step", "--format=text"), "latency-step.text");
}

static void text_by_driver(void **state)
{
	(void)state;
	check(RUN("--by=driver"), "latency-driver.text");
}

static void text_by_function(void **state)
{
	(void)state;
	check(RUN("--by=function"), "latency-function.text");
}

static void text_by_pec(void **state)
{
	(void)state;
	check(RUN("--by=pec"), "latency-pec.text");
}

static void one_function_is_a_row_and_the_total(void **state)
{
	struct run r = RUN("--function", "fid:0xfffffff2");

	(void)state;
	assert_int_equal(r.rc, EXIT_OK);
	assert_non_null(strstr(r.out, "fid:0xfffffff2"));
	assert_null(strstr(r.out, "fid:0xfffffff1"));
	assert_non_null(strstr(r.out, "\nWhole recoveries: 3\n"));
	end_run(&r);
	r = RUN("--function", "fid:0xfffffff2", "--function=fid:0xfffffff1", "--by=function");
	assert_non_null(strstr(r.out, "\nWhole recoveries: 33\n"));
	end_run(&r);
}

static void functions_that_are_none_are_refused(void **state)
{
	struct run no_name = RUN("--function", "17"), gone = RUN("--function", "ffff:00:00.0"),
		   no_node = RUN("--function", "/nonexistent"),
		   by_step = RUN("--function", "fid:0x11", "--by", "step");

	(void)state;
	assert_int_equal(no_name.rc, EXIT_USAGE);
	assert_non_null(strstr(no_name.err, "fid:FID"));
	assert_int_equal(gone.rc, EXIT_FIXABLE);
	assert_string_equal(gone.err,
			    "latency: --function 'ffff:00:00.0': no zPCI function of this machine; 'zrec doctor' lists them\n");
	assert_int_equal(no_node.rc, EXIT_FIXABLE);
	assert_int_equal(by_step.rc, EXIT_USAGE);
	end_run(&no_name);
	end_run(&gone);
	end_run(&no_node);
	end_run(&by_step);
}

static void json_by_each(void **state)
{
	(void)state;
	check(RUN("--by=step", "--format=json"), "latency-step.json");
	check(RUN("--by=driver", "--format=json"), "latency-driver.json");
	check(RUN("--by=function", "--format=json"), "latency-function.json");
	check(RUN("--by=pec", "--format=json"), "latency-pec.json");
}

static void jsonl_by_step(void **state)
{
	(void)state;
	check(RUN("--format=jsonl"), "latency-step.jsonl");
}

static void nothing_recovered_yet_is_said(void **state)
{
	struct run r;

	(void)state;
	fake.empty = true;
	r = RUN();
	assert_int_equal(r.rc, EXIT_OK);
	assert_string_equal(r.out, "No recovery has ended since observing began.\n");
	end_run(&r);
}

static void losses_are_told(void **state)
{
	struct run r;

	(void)state;
	fake.stats.lost[ZREC_LOST_UNSEEN] = 1;
	fake.stats.lost[ZREC_LOST_NO_SLOT] = 2;
	fake.stats.unsummed[ZREC_UNSUMMED_DRIVER] = 4;
	r = RUN();
	assert_non_null(strstr(r.out, "Not in these figures: 3 recoveries"));
	assert_non_null(strstr(r.out, "Missing in some rows: 4 recoveries"));
	end_run(&r);
}

static void not_observing_is_one_line_and_8(void **state)
{
	struct run r;

	(void)state;
	fake.reuse_error = -ENOENT;
	r = RUN("--format=json");
	assert_int_equal(r.rc, EXIT_FIXABLE);
	assert_non_null(strstr(r.out, "\"problems\": [\n    {\n      \"text\": \"nothing is observed yet"));
	assert_non_null(strstr(r.err, "zrec watch"));
	assert_ptr_equal(strchr(r.err, '\n') + 1, r.err + strlen(r.err));
	end_run(&r);
}

static void no_permission_is_4(void **state)
{
	struct run r;

	(void)state;
	fake.reuse_error = -EACCES;
	r = RUN();
	assert_int_equal(r.rc, EXIT_PERMISSION);
	assert_non_null(strstr(r.err, "Permission denied"));
	end_run(&r);
}

static void wrong_usage_is_1_and_one_line(void **state)
{
	struct run runs[] = {
		RUN("--by=colour"), RUN("--format=xml"), RUN("--by"), RUN("--nonsense"),
		RUN("extra"), RUN("--by="), RUN("--format", ""),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		assert_int_equal(runs[i].rc, EXIT_USAGE);
		assert_string_equal(runs[i].out, "");
		assert_true(strlen(runs[i].err) > 10);
		assert_ptr_equal(strchr(runs[i].err, '\n') + 1,
				 runs[i].err + strlen(runs[i].err));
		end_run(&runs[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(text_is_by_step_if_nothing_is_asked_for, fresh_observer),
		cmocka_unit_test_setup(text_by_driver, fresh_observer),
		cmocka_unit_test_setup(text_by_function, fresh_observer),
		cmocka_unit_test_setup(text_by_pec, fresh_observer),
		cmocka_unit_test_setup(one_function_is_a_row_and_the_total, fresh_observer),
		cmocka_unit_test_setup(functions_that_are_none_are_refused, fresh_observer),
		cmocka_unit_test_setup(json_by_each, fresh_observer),
		cmocka_unit_test_setup(jsonl_by_step, fresh_observer),
		cmocka_unit_test_setup(nothing_recovered_yet_is_said, fresh_observer),
		cmocka_unit_test_setup(losses_are_told, fresh_observer),
		cmocka_unit_test_setup(not_observing_is_one_line_and_8, fresh_observer),
		cmocka_unit_test_setup(no_permission_is_4, fresh_observer),
		cmocka_unit_test_setup(wrong_usage_is_1_and_one_line, fresh_observer),
	};

	return cmocka_run_group_tests_name("latency", tests, NULL, NULL);
}
