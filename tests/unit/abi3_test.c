// SPDX-License-Identifier: GPL-2.0
/* The sums of an older observation, less what both have counted */
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "observe/abi3.h"
#include "record/hist.h"

#define FID	0x11
#define PEC	0x3a
#define MSEC	1000000ull

/* The value of a histogram in the old layout, which has the buckets of today */
static struct abi3_span span(uint64_t detected_ns, uint64_t resume_ns)
{
	struct abi3_span s = { .fid = FID, .pec = PEC, .outcome = ZPCI_OUTCOME_RECOVERED };

	s.step_ns[ZPCI_STEP_ERROR_DETECTED] = detected_ns;
	s.step_ns[ZPCI_STEP_RESUME] = resume_ns;
	s.step_count[ZPCI_STEP_ERROR_DETECTED] = 1;
	s.step_count[ZPCI_STEP_RESUME] = 1;
	s.total_ns = detected_ns + resume_ns;
	strcpy(s.driver, "nvme");
	return s;
}

static void count_in(struct abi3 *old, size_t shard, const struct abi3_span *s)
{
	struct abi3_driver_hists *d = &old->drivers[shard];
	struct abi3_key_hist *by_function = &old->keys[2 * shard], *by_pec = &old->keys[2 * shard + 1];

	d->state = 2;
	strcpy(d->driver, s->driver);
	hist_add(&d->total, s->total_ns);
	for (uint32_t step = 0; step < ABI3_NR_STEPS; step++)
		if (s->step_count[step] || step == ABI3_STEP_OTHER)
			hist_add(&d->step[step], s->step_ns[step]);
	by_function->tag = (ABI3_HIST_BY_FUNCTION + 1ull) << 32 | s->fid;
	hist_add(&by_function->hist, s->total_ns);
	by_pec->tag = (ABI3_HIST_BY_PEC + 1ull) << 32 | s->pec;
	hist_add(&by_pec->hist, s->total_ns);
}

/* Two processors counted, each in a shard of its own */
static struct abi3 two_shards(void)
{
	struct abi3 old = { .nr_drivers = 2, .nr_keys = 4 };

	old.drivers = calloc(old.nr_drivers, sizeof(*old.drivers));
	old.keys = calloc(old.nr_keys, sizeof(*old.keys));
	old.counters = calloc(ABI3_COUNTER_SLOTS, sizeof(*old.counters));
	assert_non_null(old.drivers);
	assert_non_null(old.keys);
	assert_non_null(old.counters);
	return old;
}

static uint64_t steps_ns(const struct abi3 *old)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < old->nr_drivers; i++)
		if (old->drivers[i].state == 2)
			for (uint32_t step = 0; step < ABI3_NR_STEPS; step++)
				ns += old->drivers[i].step[step].sum_ns;
	return ns;
}

static uint64_t totals_ns(const struct abi3 *old)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < old->nr_drivers; i++)
		if (old->drivers[i].state == 2)
			ns += old->drivers[i].total.sum_ns;
	return ns;
}

static void folding_loses_nothing(void **state)
{
	const struct abi3_span a = span(MSEC, 3 * MSEC), b = span(3 * MSEC, MSEC);
	struct abi3 old = two_shards();

	(void)state;
	count_in(&old, 0, &a);
	count_in(&old, 1, &b);
	abi3_fold(&old);
	assert_int_equal(totals_ns(&old), a.total_ns + b.total_ns);
	assert_int_equal(steps_ns(&old), a.total_ns + b.total_ns);
	assert_int_equal(old.keys[0].hist.sum_ns, a.total_ns + b.total_ns);
	assert_int_equal(old.keys[2].tag, 0);
	abi3_free(&old);
}

/* Their totals are alike and their steps are not: the wrong shard would have the total */
static void what_is_taken_out_takes_its_steps_along(void **state)
{
	const struct abi3_span a = span(MSEC, 3 * MSEC), b = span(3 * MSEC, MSEC);
	struct abi3 old = two_shards();

	(void)state;
	count_in(&old, 0, &a);
	count_in(&old, 1, &b);
	abi3_fold(&old);
	abi3_take_out(&old, &b);
	assert_int_equal(totals_ns(&old), a.total_ns);
	assert_int_equal(steps_ns(&old), a.total_ns);
	assert_int_equal(old.keys[0].hist.sum_ns, a.total_ns);
	assert_int_equal(old.keys[1].hist.sum_ns, a.total_ns);
	abi3_free(&old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folding_loses_nothing),
		cmocka_unit_test(what_is_taken_out_takes_its_steps_along),
	};

	return cmocka_run_group_tests_name("abi3", tests, NULL, NULL);
}
