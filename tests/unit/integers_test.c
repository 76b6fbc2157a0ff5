// SPDX-License-Identifier: GPL-2.0
/*
 * No integer of a document is larger than JavaScript and jq 1.6 read exactly, on
 * whatever machine: one that has been up for 104 days, and one whose every number
 * is the largest there is.
 */
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "record/function.h"
#include "record/hist.h"
#include "record/observation.h"
#include "record/open.h"
#include "record/outcomes.h"
#include "record/policy-exit.h"
#include "record/span.h"
#include "record/stats.h"

#define EXACT	((json_int_t)1 << 53)
#define DAYS	(24ULL * 3600 * 1000000000)

static void check_integers(const char *path, const json_t *v)
{
	const char *key;
	char below[256];
	json_t *item;
	size_t i;

	if (json_is_integer(v) && (json_integer_value(v) >= EXACT || json_integer_value(v) <= -EXACT))
		fail_msg("%s is %lld", path, (long long)json_integer_value(v));
	json_object_foreach((json_t *)v, key, item) {
		snprintf(below, sizeof(below), "%s.%s", path, key);
		check_integers(below, item);
	}
	json_array_foreach(v, i, item) {
		snprintf(below, sizeof(below), "%s[%zu]", path, i);
		check_integers(below, item);
	}
}

static void check(const char *what, json_t *v)
{
	assert_non_null(v);
	check_integers(what, v);
	json_decref(v);
}

/* Every number the largest; what says which parts there are stays sensible */
static void largest_span(struct zrec_full_span *s)
{
	memset(s, 0xff, sizeof(*s));
	s->span.size = sizeof(*s);
	s->span.recoverer = ZREC_BY_USER;
	s->span.outcome = ZPCI_OUTCOME_DROPPED;
	s->policy.nr = ZREC_MAX_ANSWERS;
	s->policy.nr_points = ZREC_MAX_POINTS;
	for (int i = 0; i < ZREC_MAX_ANSWERS; i++)
		s->policy.answer[i].member = ZPCI_MEMBER_DEADLINE;
}

static void of_recoveries(void **state)
{
	struct zrec_full_span s;

	(void)state;
	for (size_t i = 0; i < nr_fixtures; i++) {
		fixtures[i].make(&s.span);
		s.span.begin_ns += 105 * DAYS;
		s.span.tai_ns += 105 * DAYS;
		s.span.seq = EXACT + i;
		check(fixtures[i].name, span_to_json(&s.span, FIXTURE_TAI_OFFSET));
	}
	largest_span(&s);
	check("recovery", span_to_json(&s.span, FIXTURE_TAI_OFFSET));
}

static void of_open_recoveries(void **state)
{
	const struct function_list none = { 0 };
	struct zrec_open *open = calloc(1, sizeof(*open));
	struct zrec_full_span s;
	struct open_recovery r;

	(void)state;
	largest_span(&s);
	open->id = UINT64_MAX;
	open->span = s.span;
	open->policy = s.policy;
	open->deadline_ns = UINT64_MAX;
	/* Open since boot, and the deadline is far */
	open->span.begin_ns = 0;
	open_recovery_fill(&r, open, &none, 105 * DAYS, FIXTURE_TAI_OFFSET);
	check("open_recovery", open_recovery_to_json(&r));
	memset(&r, 0xff, sizeof(r));
	memset(r.pci_address, 0, sizeof(r.pci_address));
	check("open_recovery", open_recovery_to_json(&r));
	free(open);
}

static void of_observations(void **state)
{
	const struct observation_missing missing = { 0 };
	struct zrec_stats stats;
	struct zrec_info info;

	(void)state;
	memset(&info, 0xff, sizeof(info));
	memset(&stats, 0xff, sizeof(stats));
	info.tier = ZREC_TIER_TRACEPOINT;
	strcpy(info.version, "1");
	check("observation", observation_to_json(&info, &missing, SIZE_MAX, FIXTURE_TAI_OFFSET));
	check("stats", stats_to_json(&stats));
}

static void of_sums(void **state)
{
	struct zrec_hist *h = calloc(1, sizeof(*h));
	struct outcomes row;

	(void)state;
	hist_add(h, 105 * DAYS);
	hist_add(h, UINT64_MAX);
	check("histogram", hist_to_json(h, 0));
	memset(h, 0xff, sizeof(*h));
	check("histogram", hist_to_json(h, 0));
	check("histogram", hist_to_json(h, ZREC_COARSE_SHIFT));
	memset(&row, 0xff, sizeof(row));
	check("outcomes", outcomes_to_json(&row));
	free(h);
}

static void of_the_rest(void **state)
{
	struct zrec_policy_exit e;
	struct function f;

	(void)state;
	memset(&e, 0xff, sizeof(e));
	strcpy(e.policy, "p");
	strcpy(e.text, "t");
	check("policy_exit", policy_exit_to_json(&e, FIXTURE_TAI_OFFSET));
	memset(&f, 0, sizeof(f));
	f.mediated = FUNCTION_MEDIATED;
	f.events = f.pending = f.pending_overflow = UINT64_MAX;
	check("function", function_to_json(&f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_recoveries),
		cmocka_unit_test(of_open_recoveries),
		cmocka_unit_test(of_observations),
		cmocka_unit_test(of_sums),
		cmocka_unit_test(of_the_rest),
	};

	return cmocka_run_group_tests_name("integers", tests, NULL, NULL);
}
