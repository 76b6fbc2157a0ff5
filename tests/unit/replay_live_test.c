// SPDX-License-Identifier: GPL-2.0
/* A policy answers again what it answered when it was recorded */
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "replay_cases.h"
#include "rules/run.h"

/* --- live and replay --- */

struct decision {
	uint64_t at_ns;
	const struct history_boot *boot;
	size_t recovery, point;
};

static int by_time(const void *a, const void *b)
{
	const struct decision *x = a, *y = b;
	int boot = strcmp(x->boot->boot_id, y->boot->boot_id);

	if (boot)
		return boot;
	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	if (x->recovery != y->recovery)
		return x->recovery < y->recovery ? -1 : 1;
	return x->point < y->point ? -1 : x->point > y->point;
}

/* As the kernel asks a shadow: all decisions of a boot one after the other */
static size_t record_shadow(struct recording *rec, const char *name, const char *text)
{
	struct replay_points *points = calloc(rec->nr, sizeof(*points));
	struct decision *d = calloc(rec->nr * 24, sizeof(*d));
	struct rules_table *table = NULL;
	struct rules_run *run = NULL;
	struct rules *rules = NULL;
	size_t nr = 0, answers = 0;

	assert_int_equal(rules_parse("shadow", text, strlen(text), &rules, stderr), 0);
	assert_int_equal(rules_compile(rules, &table), 0);
	for (size_t i = 0; i < rec->nr; i++) {
		replay_points_of(&rec->r[i].full, &points[i]);
		for (size_t p = 0; p < points[i].nr; p++)
			d[nr++] = (struct decision){ points[i].point[p].at_ns, rec->r[i].boot, i, p };
	}
	qsort(d, nr, sizeof(*d), by_time);
	for (size_t i = 0; i < nr; i++) {
		struct zrec_full_span *full = &rec->r[d[i].recovery].full;
		const struct replay_point *at = &points[d[i].recovery].point[d[i].point];
		struct zpci_event_in e = {
			.now_ns = at->at_ns, .fid = full->span.fid, .pec = at->pec,
			.vendor = full->span.vendor, .device = full->span.device,
			.class_code = full->span.class_code, .attempt = at->attempt, .vote = at->vote,
			.mediated = full->span.recoverer == ZREC_BY_USER,
		};
		uint32_t verdict;

		if (!i || d[i].boot != d[i - 1].boot) {
			rules_run_free(run);
			assert_int_equal(rules_run_new(&run, table), 0);
		}
		memcpy(e.driver, full->span.driver, sizeof(e.driver));
		verdict = rules_run_decide(run, &e, at->member);
		write_answer(&full->policy, name, at, verdict);
		answers += verdict != 0;
	}
	rules_run_free(run);
	rules_table_free(table);
	rules_free(rules);
	free(points);
	free(d);
	return answers;
}

static struct replay *replay_recorded(const struct recording *rec)
{
	struct replay *r = replay_with(REPLAY_RECORDED, "mixed", MIXED);

	for (size_t i = 0; i < rec->nr; i++)
		assert_int_equal(replay_look(r, &rec->r[i]), 0);
	add_all(r, rec->r, rec->nr);
	return r;
}

static void a_shadow_answers_again_what_it_answered(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct recording rec = campaign(seed, 3, 4000, true);
		char text[1024];
		const struct replay_result *result;
		struct replay *r;

		snprintf(text, sizeof(text), "[policy]\nname = mixed\n%s", MIXED);
		assert_true(record_shadow(&rec, "mixed", text) > 1000);
		r = replay_recorded(&rec);
		result = replay_result(r, 0);
		assert_int_equal(replay_compared_with(r, 0), REPLAY_RECORDED);
		assert_true(result->comparison.compared > 8000);
		assert_int_equal(result->comparison.compared, result->comparison.same);
		assert_int_equal(result->ejections, 0);
		assert_true(result->not_recorded > 0);
		replay_free(r);
		free_recording(&rec);
	}
}

static void one_wrong_answer_is_found(void **state)
{
	struct recording rec = campaign(7, 1, 1000, true);
	const struct replay_result *result;
	char text[1024];
	struct replay *r;
	size_t i = 0;

	(void)state;
	snprintf(text, sizeof(text), "[policy]\nname = mixed\n%s", MIXED);
	record_shadow(&rec, "mixed", text);
	while (i < rec.nr && (rec.r[i].full.policy.nr != 1 ||
			      rec.r[i].full.policy.answer[0].member == ZPCI_MEMBER_DEADLINE))
		i++;
	assert_true(i < rec.nr);
	/* As if the shadow had left that one to the kernel */
	rec.r[i].full.policy.nr = 0;
	r = replay_recorded(&rec);
	result = replay_result(r, 0);
	assert_int_equal(result->comparison.compared - result->comparison.same, 1);
	assert_int_equal(result->comparison.difference[0].from, ZPCI_VERDICT_DEFAULT);
	assert_int_equal(result->comparison.difference[0].example[0].id, rec.r[i].full.span.id);
	replay_free(r);
	free_recording(&rec);
}

/* It began in the middle, with no errors counted, and was detached and attached again */
static void a_shadow_is_asked_while_it_was_registered(void **state)
{
	static const char twice[] = "[rule twice]\nerrors-in-window = 2 in 10m\nevent = isolate\n";
	struct history_policy_event events[] = {
		{ .at_ns = 150 * SECOND, .policy = "twice", .what = "shadow", .boot = &one_boot },
		{ .at_ns = 350 * SECOND, .policy = "twice", .what = "detached", .boot = &one_boot },
		{ .at_ns = 450 * SECOND, .policy = "twice", .what = "shadow", .boot = &one_boot },
	};
	/* Those at 300 and 600 are the second of a window each time */
	static const uint64_t at[] = { 100, 200, 300, 400, 500, 600 };
	struct history_recovery h[6];
	const struct replay_result *result;
	struct replay *r = replay_with(REPLAY_RECORDED, "twice", twice);

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct zrec_span_policy *p = &h[i].full.policy;
		struct replay_points points;

		h[i] = nvme_at(i + 1, at[i]);
		replay_points_of(&h[i].full, &points);
		h[i].full.span.flags |= ZREC_SPAN_POLICY;
		p->nr_points = 1;
		p->point[0] = (struct zrec_point){ .at_ns = 900, .pec = 4, .member = ZPCI_MEMBER_EVENT,
						   .asked = ZREC_ASKED_SHADOW };
		if (at[i] == 300 || at[i] == 600)
			write_answer(p, "twice", &(struct replay_point){ .member = ZPCI_MEMBER_EVENT },
				     ZPCI_VERDICT_ISOLATE);
	}
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(replay_look_at_policy(r, &events[i]), 0);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(replay_look(r, &h[i]), 0);
	add_all(r, h, 6);
	result = replay_result(r, 0);
	assert_int_equal(result->comparison.compared - result->comparison.same, 0);
	assert_int_equal(result->answers[ZPCI_MEMBER_EVENT][ZPCI_VERDICT_ISOLATE], 2);
	replay_free(r);
}

/* Its errors were counted before it was promoted, and it is taken out of the shadows then */
static void a_promoted_shadow_keeps_its_state(void **state)
{
	static const char twice[] = "[rule twice]\nerrors-in-window = 2 in 10m\nevent = isolate\n";
	struct history_policy_event events[] = {
		{ .at_ns = 50 * SECOND, .policy = "twice", .what = "shadow", .boot = &one_boot },
		/* In the order in which it was noticed */
		{ .at_ns = 151 * SECOND, .policy = "twice", .what = "detached", .boot = &one_boot },
		{ .at_ns = 150 * SECOND, .policy = "twice", .what = "enforced", .boot = &one_boot },
	};
	struct history_recovery h[2] = { nvme_at(1, 100), nvme_at(2, 200) };
	const struct replay_result *result;
	struct replay *r = replay_with(REPLAY_RECORDED, "twice", twice);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct zrec_span_policy *p = &h[i].full.policy;

		h[i].full.span.flags |= ZREC_SPAN_POLICY;
		p->nr_points = 1;
		p->point[0] = (struct zrec_point){
			.at_ns = 900, .pec = 4, .member = ZPCI_MEMBER_EVENT,
			.asked = i ? ZREC_ASKED_ENFORCED : ZREC_ASKED_SHADOW,
		};
	}
	strcpy(h[1].full.policy.policy, "twice");
	write_answer(&h[1].full.policy, "twice", &(struct replay_point){ .member = ZPCI_MEMBER_EVENT },
		     ZPCI_VERDICT_ISOLATE);
	h[1].full.policy.answer[0].shadow = 0;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(replay_look_at_policy(r, &events[i]), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(replay_look(r, &h[i]), 0);
	add_all(r, h, 2);
	result = replay_result(r, 0);
	assert_int_equal(result->comparison.compared, 2);
	assert_int_equal(result->comparison.same, 2);
	replay_free(r);
}

static void without_answers_of_it_what_took_effect_is_compared(void **state)
{
	struct history_recovery h = nvme_at(1, 100);
	struct replay *r = replay_with(REPLAY_RECORDED, "isolate", ISOLATE_ALL);

	(void)state;
	assert_int_equal(replay_look(r, &h), 0);
	add_all(r, &h, 1);
	assert_int_equal(replay_compared_with(r, 0), REPLAY_EFFECTIVE);
	assert_int_equal(replay_result(r, 0)->comparison.nr, 1);
	replay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shadow_answers_again_what_it_answered),
		cmocka_unit_test(one_wrong_answer_is_found),
		cmocka_unit_test(a_shadow_is_asked_while_it_was_registered),
		cmocka_unit_test(a_promoted_shadow_keeps_its_state),
		cmocka_unit_test(without_answers_of_it_what_took_effect_is_compared),
	};

	return cmocka_run_group_tests_name("replay_live", tests, NULL, NULL);
}
