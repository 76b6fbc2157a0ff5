// SPDX-License-Identifier: GPL-2.0
/* Which decisions a recording has, in which order, and what the kernel makes of answers */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "base/interval.h"
#include "replay_cases.h"

/* --- what the kernel makes of answers --- */

static void only_legal_answers_take_effect(void **state)
{
	const struct {
		struct kernel_question q;
		uint32_t verdict, effective;
	} cases[] = {
		{ { ZPCI_MEMBER_EVENT, 4, false, 0, 0, 0 }, ZPCI_VERDICT_RESET, ZPCI_VERDICT_RESET },
		{ { ZPCI_MEMBER_EVENT, 4, true, 0, 0, 0 }, ZPCI_VERDICT_RESET, 0 },
		{ { ZPCI_MEMBER_EVENT, 4, true, 0, 0, 0 }, ZPCI_VERDICT_ISOLATE, ZPCI_VERDICT_ISOLATE },
		{ { ZPCI_MEMBER_EVENT, 0x3b, false, 0, 0, 0 }, ZPCI_VERDICT_ISOLATE, 0 },
		{ { ZPCI_MEMBER_EVENT, 0x2b, false, 0, 0, 0 }, ZPCI_VERDICT_ISOLATE, 0 },
		{ { ZPCI_MEMBER_EVENT, 4, false, 0, 0, 0 }, 3, 0 },
		{ { ZPCI_MEMBER_VOTE, 4, false, ZPCI_VOTE_NONE, 0, 0 }, ZPCI_VERDICT_RESET, ZPCI_VERDICT_RESET },
		{ { ZPCI_MEMBER_VOTE, 4, false, ZPCI_VOTE_NEED_RESET, 0, 0 }, ZPCI_VERDICT_RESET, 0 },
		{ { ZPCI_MEMBER_VOTE, 4, false, ZPCI_VOTE_DISCONNECT, 0, 0 }, ZPCI_VERDICT_RESET, 0 },
		{ { ZPCI_MEMBER_RESET, 4, false, 3, 0, 0 }, ZPCI_VERDICT_RESET, 0 },
		{ { ZPCI_MEMBER_RESET, 4, false, 3, 0, 0 }, ZPCI_VERDICT_ISOLATE, ZPCI_VERDICT_ISOLATE },
		{ { ZPCI_MEMBER_FAILED, 4, false, 3, 2, 0 }, ZPCI_VERDICT_RESET, ZPCI_VERDICT_RESET },
		{ { ZPCI_MEMBER_FAILED, 4, false, 3, 3, 0 }, ZPCI_VERDICT_RESET, 0 },
		{ { ZPCI_MEMBER_FAILED, 4, false, 3, 1, 0 }, ZPCI_VERDICT_ISOLATE, 0 },
		{ { ZPCI_MEMBER_DEADLINE, 4, true, 2, 0, 0 }, 1000, 1000 },
		{ { ZPCI_MEMBER_DEADLINE, 4, true, 2, 0, 0 }, 999, 0 },
		{ { ZPCI_MEMBER_DEADLINE, 4, true, 2, 0, 0 }, 3600001, 0 },
		{ { ZPCI_MEMBER_DEADLINE, 4, false, 2, 0, 0 }, 5000, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(kernel_clamp(&cases[i].q, cases[i].verdict), cases[i].effective);
}

static void a_budget_is_for_a_window(void **state)
{
	struct kernel_question q = { .member = ZPCI_MEMBER_EVENT, .pec = 4, .now_ns = SECOND };
	const struct policy_budget two = { .max_isolations = 2, .window_s = 60 };
	struct kernel_policy p;

	(void)state;
	kernel_policy_begin(&p, &two, false, SECOND);
	for (int i = 0; i < 2; i++)
		assert_int_equal(kernel_policy_answer(&p, &q, ZPCI_VERDICT_ISOLATE), ZPCI_VERDICT_ISOLATE);
	/* The next window begins with what comes after the last one */
	q.now_ns = 62 * SECOND;
	for (int i = 0; i < 2; i++)
		assert_int_equal(kernel_policy_answer(&p, &q, ZPCI_VERDICT_ISOLATE), ZPCI_VERDICT_ISOLATE);
	assert_false(p.ejected);
	assert_int_equal(kernel_policy_answer(&p, &q, ZPCI_VERDICT_ISOLATE), ZPCI_VERDICT_DEFAULT);
	assert_true(p.ejected);
	assert_int_equal(p.ejected_by, KERNEL_BUDGET_ISOLATIONS);
	kernel_policy_begin(&p, &two, true, SECOND);
	for (int i = 0; i < 20; i++)
		assert_int_equal(kernel_policy_answer(&p, &q, ZPCI_VERDICT_ISOLATE), ZPCI_VERDICT_ISOLATE);
	assert_false(p.ejected);
}

static void failures_and_clamps_have_budgets(void **state)
{
	struct kernel_question q = { .member = ZPCI_MEMBER_RESET, .pec = 4, .now_ns = SECOND };
	const struct policy_budget none = { 0 };
	struct kernel_policy p;

	(void)state;
	kernel_policy_begin(&p, &none, false, SECOND);
	for (int i = 0; i < ZPCI_FAILURES; i++)
		kernel_policy_done(&p, ZPCI_OUTCOME_FAILED, ZPCI_REASON_RESET_FAILED, SECOND);
	kernel_policy_done(&p, ZPCI_OUTCOME_FAILED, ZPCI_REASON_PERMANENT, SECOND);
	kernel_policy_done(&p, ZPCI_OUTCOME_RECOVERED, 0, SECOND);
	assert_false(p.ejected);
	kernel_policy_done(&p, ZPCI_OUTCOME_FAILED, ZPCI_REASON_DRIVER_GAVE_UP, SECOND);
	assert_int_equal(p.ejected_by, KERNEL_BUDGET_FAILURES);
	kernel_policy_begin(&p, &none, false, SECOND);
	for (int i = 0; i <= ZPCI_CLAMPS; i++)
		assert_int_equal(kernel_policy_answer(&p, &q, 77), ZPCI_VERDICT_DEFAULT);
	assert_int_equal(p.ejected_by, KERNEL_BUDGET_CLAMPS);
}

/* --- decision points --- */

/* All of what the steps say is what the kernel asked, but for the moments of joined errors */
static void points_are_rebuilt_from_steps(void **state)
{
	struct recording rec = campaign(1, 2, 3000, true);
	struct replay_points asked, rebuilt;
	size_t compared = 0;

	(void)state;
	for (size_t i = 0; i < rec.nr; i++) {
		struct zrec_full_span *full = &rec.r[i].full;

		replay_points_of(full, &asked);
		full->span.flags &= ~ZREC_SPAN_POLICY;
		replay_points_of(full, &rebuilt);
		assert_int_equal(asked.nr, rebuilt.nr);
		assert_int_equal(asked.mediated, rebuilt.mediated);
		assert_int_equal(!!rebuilt.missing, rebuilt.nr > 0);
		for (size_t p = 0; full->span.events == 1 && p < asked.nr; p++) {
			const struct replay_point *a = &asked.point[p], *b = &rebuilt.point[p];

			assert_int_equal(a->member, b->member);
			assert_int_equal(a->vote, b->vote);
			assert_int_equal(a->attempt, b->attempt);
			assert_int_equal(a->dflt, b->dflt);
			assert_int_equal(a->pec, b->pec);
			assert_int_equal(a->at_ns, b->at_ns);
			compared++;
		}
	}
	assert_true(compared > 5000);
	free_recording(&rec);
}

static void a_reset_that_failed_was_tried_again(void **state)
{
	static const uint8_t members[] = {
		ZPCI_MEMBER_EVENT, ZPCI_MEMBER_VOTE, ZPCI_MEMBER_RESET, ZPCI_MEMBER_FAILED,
		ZPCI_MEMBER_RESET, ZPCI_MEMBER_FAILED, ZPCI_MEMBER_RESET,
	};
	struct history_recovery h = nvme_at(1, 100);
	struct replay_points p;

	(void)state;
	h.full.span.step_count[ZPCI_STEP_RESET] = 3;
	replay_points_of(&h.full, &p);
	assert_int_equal(p.nr, 7);
	for (size_t i = 0; i < p.nr; i++)
		assert_int_equal(p.point[i].member, members[i]);
	assert_int_equal(p.point[5].attempt, 2);
	assert_int_equal(p.point[6].attempt, 2);
}

/* --- calls in the order of time --- */

struct calls {
	struct replay_call call[32];	/* of a small recording */
	size_t nr;
	uint64_t last_ns[HOSTS_MAX];
	uint64_t joined;		/* rebuilt points behind those of a full record */
};

static int check_order(void *ctx, const struct replay_call *c)
{
	struct calls *calls = ctx;
	uint64_t *last = &calls->last_ns[c->r->boot->number], listed = 0;

	assert_true(c->call.event.now_ns >= *last);
	*last = c->call.event.now_ns;
	for (size_t i = 0; c->point && i < c->r->nr; i++)
		if (c->r->point[i].number != REPLAY_REBUILT)
			listed = c->r->point[i].at_ns;
	if (c->point && c->point->number == REPLAY_REBUILT && listed) {
		assert_true(c->point->at_ns >= listed);
		calls->joined++;
	}
	calls->nr++;
	replay_recovery_put(c->r);
	return 0;
}

static void calls_of_a_boot_are_in_the_order_of_time(void **state)
{
	(void)state;
	for (int points = 0; points < 2; points++) {
		struct recording rec = campaign(5, 3, 4000, points);
		struct replay_timeline *t = NULL;
		struct calls calls = { .nr = 0 };
		struct replay_points p;
		size_t wanted = 0;

		assert_int_equal(replay_timeline_new(&t, check_order, &calls), 0);
		for (size_t i = 0; i < rec.nr; i++) {
			replay_points_of(&rec.r[i].full, &p);
			wanted += p.nr + 1;
			if (!replay_timeline_has(t, rec.r[i].boot)) {
				assert_int_equal(replay_timeline_finish(t), 0);
				replay_timeline_leave(t);
			}
			assert_int_equal(replay_timeline_add(t, &rec.r[i]), 0);
		}
		assert_int_equal(replay_timeline_finish(t), 0);
		assert_int_equal(calls.nr, wanted);
		assert_int_equal(calls.joined > 0, points);
		replay_timeline_free(t);
		free_recording(&rec);
	}
}

static int keep_call(void *ctx, const struct replay_call *c)
{
	struct calls *calls = ctx;

	assert_true(calls->nr < 32);
	calls->call[calls->nr++] = *c;
	return 0;
}

static void free_calls(struct calls *calls)
{
	for (size_t i = 0; i < calls->nr; i++)
		replay_recovery_put(calls->call[i].r);
}

static void calls_of(struct calls *calls, const struct history_recovery *h, size_t nr)
{
	struct replay_timeline *t = NULL;

	calls->nr = 0;
	assert_int_equal(replay_timeline_new(&t, keep_call, calls), 0);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(replay_timeline_add(t, &h[i]), 0);
	assert_int_equal(replay_timeline_finish(t), 0);
	/* What they look at stays */
	replay_timeline_free(t);
}

/* Of the error events of a function, event @nr as a policy saw it */
static const struct zpci_event_in *event_of(const struct calls *calls, unsigned int nr)
{
	for (size_t i = 0; i < calls->nr; i++)
		if (calls->call[i].call.member == ZPCI_MEMBER_EVENT && !nr--)
			return &calls->call[i].call.event;
	fail();
	return NULL;
}

static void counts_are_those_of_the_function(void **state)
{
	struct history_recovery h[4] = { nvme_at(1, 100), nvme_at(2, 200), nvme_at(3, 300),
					 nvme_at(4, 400) };
	const struct zpci_event_in *e;
	struct calls calls;

	(void)state;
	set_failed(&h[1]);
	h[3].full.span.life = 2;
	calls_of(&calls, h, 4);
	e = event_of(&calls, 2);
	assert_int_equal(e->events, 3);
	assert_int_equal(e->recovered, 1);
	assert_int_equal(e->failed, 1);
	assert_int_equal(e->last_event_ns, 200 * SECOND + 1000);
	e = event_of(&calls, 3);
	assert_int_equal(e->events, 1);
	assert_int_equal(e->failed, 0);
	free_calls(&calls);
	/* The kernel of the second one said what it knew, also from before the recording */
	h[1].full.span.flags |= ZREC_SPAN_POLICY;
	h[1].full.policy.nr_points = 1;
	h[1].full.policy.point[0] = (struct zrec_point){
		.at_ns = 900, .member = ZPCI_MEMBER_EVENT, .pec = 4, .events = 50, .recovered = 40,
		.failed = 9, .last_event_ns = 77 * SECOND, .known = ZREC_KNOWN_COUNTS,
		.asked = ZREC_ASKED_SHADOW,
	};
	calls_of(&calls, h, 3);
	e = event_of(&calls, 1);
	assert_int_equal(e->events, 50);
	assert_int_equal(e->last_event_ns, 77 * SECOND);
	e = event_of(&calls, 2);
	assert_int_equal(e->events, 51);
	assert_int_equal(e->recovered, 40);
	assert_int_equal(e->failed, 10);
	free_calls(&calls);
}

static int drop_call(void *ctx, const struct replay_call *c)
{
	struct replay_call *last = ctx;

	*last = *c;
	replay_recovery_put(c->r);
	return 0;
}

/*
 * A function may begin anew as often as a recording says, without each taking longer than the
 * one before: this would need minutes. What comes late is of its own life
 */
static void a_function_can_have_any_number_of_lives(void **state)
{
	const unsigned int lives = 200000;
	struct history_recovery h = nvme_at(1, 100);
	struct replay_timeline *t = NULL;
	struct replay_call last;

	(void)state;
	alarm(20);
	assert_int_equal(replay_timeline_new(&t, drop_call, &last), 0);
	/* The first event is from before it was looked at: of the life that comes then */
	for (uint32_t i = 0; i <= lives; i++) {
		h.full.span.life = i;
		h.full.span.begin_ns += SECOND;
		assert_int_equal(replay_timeline_add(t, &h), 0);
	}
	for (uint32_t i = 1; i <= lives; i++) {
		h.full.span.life = i;
		h.full.span.begin_ns += SECOND;
		assert_int_equal(replay_timeline_add(t, &h), 0);
	}
	h.full.span.life = 0;
	h.full.span.begin_ns += SECOND;
	assert_int_equal(replay_timeline_add(t, &h), 0);
	assert_int_equal(replay_timeline_finish(t), 0);
	/* The newest one is whose life is not known */
	assert_int_equal(last.call.event.events, 3);
	replay_timeline_free(t);
	alarm(0);
}

/* Of one moment, those that were asked first come first */
static void calls_of_one_moment_keep_their_order(void **state)
{
	struct history_recovery h = nvme_at(1, 100);
	struct calls calls;

	(void)state;
	h.full.span.step_ns[ZPCI_STEP_ERROR_DETECTED] = 0;
	h.full.span.step_at_ns[ZPCI_STEP_RESET] = h.full.span.step_at_ns[ZPCI_STEP_ERROR_DETECTED];
	h.full.span.step_ns[ZPCI_STEP_RESET] = 0;
	set_failed(&h);
	h.full.span.total_ns = 1000;
	calls_of(&calls, &h, 1);
	assert_int_equal(calls.nr, 5);
	assert_int_equal(calls.call[0].call.member, ZPCI_MEMBER_EVENT);
	assert_int_equal(calls.call[1].call.member, ZPCI_MEMBER_VOTE);
	assert_int_equal(calls.call[2].call.member, ZPCI_MEMBER_RESET);
	assert_int_equal(calls.call[3].call.member, ZPCI_MEMBER_FAILED);
	assert_int_equal(calls.call[4].call.member, ZPCI_MEMBER_DONE);
	free_calls(&calls);
}

static void shares_have_intervals(void **state)
{
	struct interval i;

	(void)state;
	/* As any textbook has it: 12 of 14 */
	i = interval_wilson(12, 14);
	assert_int_equal((int)(i.low * 1000), 600);
	assert_int_equal((int)(i.high * 1000), 959);
	i = interval_wilson(0, 10);
	assert_true(i.low == 0);
	assert_int_equal((int)(i.high * 1000), 277);
	i = interval_wilson(10, 10);
	assert_true(i.high == 1);
	i = interval_wilson(0, 0);
	assert_true(i.low == 0 && i.high == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_legal_answers_take_effect),
		cmocka_unit_test(a_budget_is_for_a_window),
		cmocka_unit_test(failures_and_clamps_have_budgets),
		cmocka_unit_test(points_are_rebuilt_from_steps),
		cmocka_unit_test(a_reset_that_failed_was_tried_again),
		cmocka_unit_test(calls_of_a_boot_are_in_the_order_of_time),
		cmocka_unit_test(counts_are_those_of_the_function),
		cmocka_unit_test(a_function_can_have_any_number_of_lives),
		cmocka_unit_test(calls_of_one_moment_keep_their_order),
		cmocka_unit_test(shares_have_intervals),
	};

	return cmocka_run_group_tests_name("replay_order", tests, NULL, NULL);
}
