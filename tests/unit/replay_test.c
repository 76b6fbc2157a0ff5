// SPDX-License-Identifier: GPL-2.0
/* What policies would have done about recorded recoveries, and how it is told */
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "replay_cases.h"
#include "schema.h"

/* --- what a policy would have done --- */

static void what_is_given_up_has_no_later_recoveries(void **state)
{
	struct history_recovery h[4];
	const struct replay_result *result;
	struct replay *r = replay_with(REPLAY_EFFECTIVE, "isolate", ISOLATE_ALL);

	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		h[i] = nvme_at(i + 1, 100 + i);
	/* It was configured anew in between */
	h[3].full.span.life = 2;
	add_all(r, h, 4);
	result = replay_result(r, 0);
	assert_int_equal(result->answers[ZPCI_MEMBER_EVENT][ZPCI_VERDICT_ISOLATE], 2);
	assert_int_equal(result->paths[REPLAY_ISOLATED], 2);
	assert_int_equal(result->paths[REPLAY_NOT_REACHED], 2);
	assert_int_equal(result->given_up, 2);
	assert_int_equal(result->ejections, 0);
	assert_int_equal(result->comparison.compared, 2);
	assert_int_equal(result->comparison.same, 0);
	assert_int_equal(result->comparison.nr, 1);
	assert_int_equal(result->comparison.difference[0].to, ZPCI_VERDICT_ISOLATE);
	assert_int_equal(result->comparison.difference[0].example[0].id, 1);
	assert_int_equal(replay_result_unknown(result), 0);
	assert_int_equal(replay_recording(r)->recoveries, 4);
	replay_free(r);
}

static void over_its_budget_it_is_ejected(void **state)
{
	struct history_recovery h[5];
	const struct replay_result *result;
	struct replay *r = replay_with(REPLAY_EFFECTIVE, "isolate", ISOLATE_ALL);

	(void)state;
	for (uint64_t i = 0; i < 5; i++) {
		h[i] = nvme_at(i + 1, 100 + i);
		h[i].full.span.fid += (uint32_t)i;
	}
	add_all(r, h, 5);
	result = replay_result(r, 0);
	assert_int_equal(result->paths[REPLAY_ISOLATED], 2);
	assert_int_equal(result->ejections, 1);
	assert_int_equal(result->ejection[0].in.id, 3);
	assert_int_equal(result->ejection[0].budget, KERNEL_BUDGET_ISOLATIONS);
	assert_int_equal(result->ejection[0].in.at_ns, h[2].wall_ns + 1000);
	/* The vote and the reset of the third, and all of the last two */
	assert_int_equal(result->after_ejection, 2 + 3 + 3);
	replay_free(r);
}

/* Boots come one after the other, but whoever reads the report wants the first error */
static void examples_are_the_earliest_of_all_boots(void **state)
{
	struct history_boot late = one_boot, early = one_boot;
	struct history_recovery h[5];
	struct replay *r = replay_with(REPLAY_EFFECTIVE, "isolate", ISOLATE_ALL);
	const struct replay_result *result;
	const struct replay_example *e;

	(void)state;
	late.boot_id[0] = '1';
	early.boot_id[0] = '2';
	for (uint64_t i = 0; i < 5; i++) {
		h[i] = nvme_at(i + 1, 100 + i);
		h[i].full.span.fid += (uint32_t)i;
		h[i].boot = i < 3 ? &late : &early;
		h[i].wall_ns -= i < 3 ? 0 : 50 * (int64_t)SECOND;
	}
	add_all(r, h, 5);
	result = replay_result(r, 0);
	assert_int_equal(result->comparison.nr, 1);
	e = result->comparison.difference[0].example;
	assert_int_equal(e[0].id, 4);
	assert_int_equal(e[1].id, 5);
	assert_int_equal(e[2].id, 1);
	assert_int_equal(result->change[0].example.id, 4);
	replay_free(r);
}

static void ejections_are_in_the_order_of_time(void **state)
{
	const uint64_t boots = REPLAY_MAX_EJECTIONS + 5;
	struct history_boot *boot = calloc(boots, sizeof(*boot));
	struct replay *r = replay_with(REPLAY_EFFECTIVE, "isolate", ISOLATE_ALL);
	const struct replay_result *result;

	(void)state;
	assert_non_null(boot);
	/* Each boot is of a day before the last one, and over the budget at its third error */
	for (uint64_t i = 0; i < 3 * boots; i++) {
		struct history_recovery h = nvme_at(i + 1, 100 + i);

		boot[i / 3] = one_boot;
		snprintf(boot[i / 3].boot_id, sizeof(boot->boot_id), "b%03u", (unsigned int)(i / 3));
		h.boot = &boot[i / 3];
		h.full.span.fid += (uint32_t)i;
		h.wall_ns -= (int64_t)(i / 3 * 86400 * SECOND);
		assert_int_equal(replay_add(r, &h), 0);
	}
	assert_int_equal(replay_end(r), 0);
	result = replay_result(r, 0);
	assert_int_equal(result->ejections, boots);
	for (uint64_t i = 0; i < REPLAY_MAX_EJECTIONS; i++)
		assert_int_equal(result->ejection[i].in.id, 3 * (boots - i));
	replay_free(r);
	free(boot);
}

static void what_is_out_of_order_is_refused(void **state)
{
	struct history_boot other = one_boot;
	struct history_recovery h[3] = { nvme_at(1, 500), nvme_at(2, 100), nvme_at(3, 600) };
	struct replay *r = replay_with(REPLAY_EFFECTIVE, "isolate", ISOLATE_ALL);

	(void)state;
	other.boot_id[0] = '1';
	assert_int_equal(replay_add(r, &h[0]), 0);
	assert_int_equal(replay_add(r, &h[1]), -EINVAL);
	h[1].boot = &other;
	assert_int_equal(replay_add(r, &h[1]), 0);
	/* Its state is gone */
	assert_int_equal(replay_add(r, &h[2]), -EINVAL);
	replay_free(r);
}

static void each_boot_has_a_state_of_its_own(void **state)
{
	static const char twice[] = "[rule twice]\nerrors-in-window = 2 in 10m\nevent = isolate\n";
	struct history_boot other = one_boot;
	struct history_recovery h[2] = { nvme_at(1, 100), nvme_at(2, 101) };
	struct replay *r = replay_with(REPLAY_EFFECTIVE, "twice", twice);

	(void)state;
	other.boot_id[0] = '1';
	h[1].boot = &other;
	add_all(r, h, 2);
	assert_int_equal(replay_result(r, 0)->paths[REPLAY_ISOLATED], 0);
	assert_int_equal(replay_recording(r)->boots, 2);
	assert_int_equal(replay_recording(r)->hosts, 1);
	replay_free(r);
	h[1].boot = &one_boot;
	r = replay_with(REPLAY_EFFECTIVE, "twice", twice);
	add_all(r, h, 2);
	assert_int_equal(replay_result(r, 0)->paths[REPLAY_ISOLATED], 1);
	replay_free(r);
}

static void a_reset_where_there_was_none_has_an_unknown_outcome(void **state)
{
	struct history_recovery h[4] = { nvme_at(1, 100), nvme_at(2, 2000), nvme_at(3, 4000),
					 nvme_at(4, 4100) };
	struct replay *r = replay_with(REPLAY_EFFECTIVE, "reset", "[rule all]\nevent = reset\n");
	const struct replay_result *result;
	const struct replay_known *known;

	(void)state;
	set_vote(&h[0], ZPCI_VOTE_CAN_RECOVER);
	add_all(r, h, 4);
	result = replay_result(r, 0);
	/* The driver asked for the others by itself */
	assert_int_equal(result->paths[REPLAY_RESET], 1);
	assert_int_equal(replay_result_unknown(result), 1);
	assert_int_equal(result->nr_changes, 1);
	assert_int_equal(result->change[0].recorded[ZPCI_OUTCOME_RECOVERED], 1);
	known = replay_known_find(replay_knowledge(r), &result->change[0].key);
	assert_non_null(known);
	assert_int_equal(known->way[REPLAY_WAY_RESET].nr, 3);
	/* The third was followed by another error soon */
	assert_int_equal(known->way[REPLAY_WAY_RESET].well, 2);
	assert_int_equal(known->way[REPLAY_WAY_UNBLOCK].nr, 1);
	replay_free(r);
}

static void another_try_of_a_failed_reset_is_unknown(void **state)
{
	struct history_recovery h = nvme_at(1, 100);
	struct replay *r = replay_with(REPLAY_EFFECTIVE, "again", "[rule all]\nfailed = reset\n");

	(void)state;
	set_failed(&h);
	add_all(r, &h, 1);
	assert_int_equal(replay_result(r, 0)->paths[REPLAY_AGAIN], 1);
	/* It did not fail under this policy, as far as one knows */
	assert_int_equal(replay_result(r, 0)->failures, 0);
	replay_free(r);
	r = replay_with(REPLAY_EFFECTIVE, "never", "[rule all]\nvote = default\n");
	add_all(r, &h, 1);
	assert_int_equal(replay_result(r, 0)->failures, 1);
	replay_free(r);
}

static void who_is_late_is_isolated(void **state)
{
	struct history_recovery h[3] = { nvme_at(1, 100), nvme_at(2, 101), nvme_at(3, 300) };
	struct replay *r = replay_with(REPLAY_EFFECTIVE, "late", "[rule all]\nmediated = yes\ndeadline = 1m\n");
	const struct replay_result *result;

	(void)state;
	set_user(&h[0], 59);
	set_user(&h[1], 62);
	h[1].full.span.fid++;
	set_user(&h[2], 1);
	h[2].full.span.fid++;
	add_all(r, h, 3);
	result = replay_result(r, 0);
	assert_int_equal(result->answers[ZPCI_MEMBER_DEADLINE][1], 2);
	assert_int_equal(result->paths[REPLAY_EXPIRED], 1);
	assert_int_equal(result->paths[REPLAY_NOT_REACHED], 1);
	replay_free(r);
}

/* An enforced policy's deadline of a minute, after which it was given up */
static struct history_recovery expired_at(uint64_t id, uint64_t s)
{
	struct history_recovery h = nvme_at(id, s);
	struct zrec_span_policy *p = &h.full.policy;

	set_user(&h, 61);
	h.full.span.fid += (uint32_t)id;
	h.full.span.outcome = ZPCI_OUTCOME_ISOLATED;
	h.full.span.reason = ZPCI_REASON_DEADLINE;
	h.full.span.flags |= ZREC_SPAN_POLICY;
	strcpy(p->policy, "late");
	p->nr_points = p->nr = 1;
	p->point[0] = (struct zrec_point){ .at_ns = 2000, .pec = 4, .member = ZPCI_MEMBER_DEADLINE,
					   .vote = ZPCI_VOTE_CAN_RECOVER, .asked = ZREC_ASKED_ENFORCED };
	p->answer[0] = (struct zrec_answer){ .verdict = 60000, .effective = 60000,
					     .member = ZPCI_MEMBER_DEADLINE };
	strcpy(p->answer[0].policy, "late");
	return h;
}

#define MINUTE	"budget = 1 isolations in 10m\n[rule all]\nmediated = yes\ndeadline = 1m\n"

static void a_recorded_deadline_is_followed(void **state)
{
	struct history_recovery h = expired_at(1, 100);
	struct replay *r = replay_with(REPLAY_EFFECTIVE, "late", MINUTE);

	(void)state;
	add_all(r, &h, 1);
	assert_int_equal(replay_result_away(replay_result(r, 0)), 0);
	assert_int_equal(replay_result(r, 0)->comparison.same, 3);
	replay_free(r);
	/* Without one the user would have had more time */
	r = replay_with(REPLAY_EFFECTIVE, "never", "[rule all]\nvote = default\n");
	add_all(r, &h, 1);
	assert_int_equal(replay_result(r, 0)->paths[REPLAY_NOT_ISOLATED], 1);
	assert_int_equal(replay_result_unknown(replay_result(r, 0)), 1);
	replay_free(r);
}

/* What expired then counts against its budget: the third is not its own any more */
static void recorded_deadlines_use_up_the_budget(void **state)
{
	struct history_recovery h[3] = { expired_at(1, 100), expired_at(2, 200), expired_at(3, 300) };
	struct replay *r = replay_with(REPLAY_RECORDED, "late", MINUTE);
	const struct replay_result *result;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(replay_look(r, &h[i]), 0);
	add_all(r, h, 3);
	result = replay_result(r, 0);
	assert_int_equal(result->ejections, 1);
	assert_int_equal(result->ejection[0].in.id, 2);
	assert_int_equal(result->comparison.compared, 2);
	replay_free(r);
}

/* --- the report --- */

static void print_text(FILE *f, const void *r)
{
	replay_print_text(f, r);
}

static void print_what_if(FILE *f, const void *r)
{
	replay_print_what_if(f, r);
}

static void print_json(FILE *f, const void *r)
{
	json_t *o = json_pack("{so so so so}", "recording", replay_recording_to_json(r), "a",
			      replay_policy_to_json(r, 0), "b", replay_policy_to_json(r, 1), "between",
			      replay_between_to_json(r));

	assert_non_null(o);
	assert_int_equal(json_dumpf(o, f, JSON_INDENT(1)), 0);
	fputc('\n', f);
	json_decref(o);
}

static void golden(const char *name, void (*print)(FILE *, const void *))
{
	struct replay *r = two_policies();
	char *text = capture(print, r);

	assert_golden(name, text);
	free(text);
	replay_free(r);
}

static void the_report_is_the_same_each_time(void **state)
{
	(void)state;
	golden("replay-text", print_text);
	golden("replay-what-if", print_what_if);
	golden("replay-json", print_json);
}

static void keys_of_json_stay(void **state)
{
	struct replay *r = two_policies();
	json_t *set = json_object(), *o;

	(void)state;
	o = replay_recording_to_json(r);
	schema_add(set, "recording", o);
	json_decref(o);
	o = replay_policy_to_json(r, 0);
	schema_add(set, "policy", o);
	json_decref(o);
	/* This one is ejected */
	o = replay_policy_to_json(r, 1);
	schema_add(set, "policy", o);
	json_decref(o);
	o = replay_between_to_json(r);
	schema_add(set, "between", o);
	json_decref(o);
	assert_schema("replay", set);
	json_decref(set);
	replay_free(r);
}

static void a_line_has_80_columns(void **state)
{
	struct replay *r = two_policies();
	char *text = capture(print_text, r), *save = NULL;

	(void)state;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strlen(line) > 80)
			fail_msg("%zu columns: %s", strlen(line), line);
	free(text);
	replay_free(r);
}

/* --- records of strangers --- */

static int by_begin(const void *a, const void *b)
{
	const struct history_recovery *x = a, *y = b;

	return (x->full.span.begin_ns > y->full.span.begin_ns) -
	       (x->full.span.begin_ns < y->full.span.begin_ns);
}

static void any_record_is_survived(void **state)
{
	uint64_t random = 88172645463325252ull;
	struct replay *r = replay_with(REPLAY_RECORDED, "mixed", MIXED);
	static struct history_recovery h[2000];

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		uint8_t *bytes = (uint8_t *)&h[i].full;

		for (size_t b = 0; b < sizeof(h[i].full); b++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			bytes[b] = random % 3 ? (uint8_t)(random >> 32) : 0;
		}
		h[i].boot = &one_boot;
		h[i].full.span.flags |= i % 2 ? ZREC_SPAN_POLICY : 0;
		h[i].full.span.fid %= 8;
		if (i % 4 == 1)
			strcpy(h[i].full.policy.policy, "mixed");
		/* Some at the ends of time */
		if (i % 50 == 0)
			h[i].full.span.begin_ns = UINT64_MAX - i;
		assert_int_equal(replay_look(r, &h[i]), 0);
	}
	replay_name_recording(r, "strange.db");
	qsort(h, 2000, sizeof(*h), by_begin);
	add_all(r, h, 2000);
	free(capture(print_text, r));
	replay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_given_up_has_no_later_recoveries),
		cmocka_unit_test(over_its_budget_it_is_ejected),
		cmocka_unit_test(each_boot_has_a_state_of_its_own),
		cmocka_unit_test(examples_are_the_earliest_of_all_boots),
		cmocka_unit_test(ejections_are_in_the_order_of_time),
		cmocka_unit_test(what_is_out_of_order_is_refused),
		cmocka_unit_test(a_reset_where_there_was_none_has_an_unknown_outcome),
		cmocka_unit_test(another_try_of_a_failed_reset_is_unknown),
		cmocka_unit_test(who_is_late_is_isolated),
		cmocka_unit_test(a_recorded_deadline_is_followed),
		cmocka_unit_test(recorded_deadlines_use_up_the_budget),
		cmocka_unit_test(the_report_is_the_same_each_time),
		cmocka_unit_test(keys_of_json_stay),
		cmocka_unit_test(a_line_has_80_columns),
		cmocka_unit_test(any_record_is_survived),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
