// SPDX-License-Identifier: GPL-2.0
/* Policies over recorded recoveries: which decisions, in which order, and what becomes of them */
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "base/clock.h"
#include "base/interval.h"
#include "data/campaign.h"
#include "fixtures.h"
#include "replay/replay.h"
#include "rules/run.h"
#include "schema.h"

#define SECOND	1000000000ull
#define FID	0x11

/* --- recordings --- */

#define HOSTS_MAX	4

struct recording {
	struct history_recovery *r;
	size_t nr;
	struct history_boot *boot;	/* HOSTS_MAX of them */
};

static int keep(void *ctx, struct history_recovery *r)
{
	struct recording *rec = ctx;

	rec->r[rec->nr] = *r;
	for (size_t i = 0; i < HOSTS_MAX; i++) {
		if (rec->boot[i].host[0] && strcmp(rec->boot[i].boot_id, r->boot->boot_id))
			continue;
		rec->boot[i] = *r->boot;
		rec->r[rec->nr++].boot = &rec->boot[i];
		return 0;
	}
	return -E2BIG;
}

static struct recording campaign(uint64_t seed, unsigned int hosts, uint64_t recoveries, bool points)
{
	const struct campaign c = {
		.seed = seed, .hosts = hosts, .functions = 8, .mean_s = 600,
		.recoveries = recoveries, .points = points,
	};
	struct recording rec = {
		.r = calloc(recoveries, sizeof(*rec.r)),
		.boot = calloc(HOSTS_MAX, sizeof(*rec.boot)),
	};

	assert_true(rec.r && rec.boot);
	assert_int_equal(campaign_run(&c, keep, &rec), 0);
	return rec;
}

static void free_recording(struct recording *rec)
{
	free(rec->r);
	free(rec->boot);
}

static const struct history_boot one_boot = {
	.machine_id = "00000000000000000000000000000001", .host = "lp1",
	.boot_id = "00000000-0000-4000-8000-000000000001",
};

/* A recovery of an nvme: reset by the host, which takes 10 ms */
static struct history_recovery nvme_at(uint64_t id, uint64_t s)
{
	struct history_recovery r = { .boot = &one_boot };
	struct zrec_span *span = &r.full.span;

	span->abi = ZREC_ABI;
	span->size = sizeof(*span);
	span->id = id;
	span->begin_ns = s * SECOND;
	r.wall_ns = FIXTURE_CLOCK_OFFSET + (int64_t)span->begin_ns;
	span->flags = ZREC_SPAN_DEVICE;
	span->fid = FID;
	span->life = 1;
	span->events = 1;
	span->pec = 0x4;
	strcpy(span->driver, "nvme");
	span->recoverer = ZREC_BY_HOST;
	span->step_count[ZPCI_STEP_ERROR_DETECTED] = 1;
	span->step_at_ns[ZPCI_STEP_ERROR_DETECTED] = 1000;
	span->step_ns[ZPCI_STEP_ERROR_DETECTED] = 1000;
	span->step_result[ZPCI_STEP_ERROR_DETECTED] = ZPCI_VOTE_NEED_RESET;
	span->step_count[ZPCI_STEP_RESET] = 1;
	span->step_at_ns[ZPCI_STEP_RESET] = 3000;
	span->step_ns[ZPCI_STEP_RESET] = 5000;
	fixture_close(span, 10000000);
	return r;
}

static void set_vote(struct history_recovery *r, enum zpci_vote vote)
{
	r->full.span.step_result[ZPCI_STEP_ERROR_DETECTED] = vote;
	if (vote == ZPCI_VOTE_NEED_RESET)
		return;
	r->full.span.step_count[ZPCI_STEP_RESET] = 0;
	r->full.span.step_ns[ZPCI_STEP_RESET] = 0;
}

static void set_failed(struct history_recovery *r)
{
	r->full.span.step_result[ZPCI_STEP_RESET] = -EIO;
	r->full.span.outcome = ZPCI_OUTCOME_FAILED;
	r->full.span.reason = ZPCI_REASON_RESET_FAILED;
}

static void set_user(struct history_recovery *r, uint64_t total_s)
{
	struct zrec_span *span = &r->full.span;

	set_vote(r, ZPCI_VOTE_CAN_RECOVER);
	strcpy(span->driver, "vfio-pci");
	span->recoverer = ZREC_BY_USER;
	span->pending_max = 1;
	memset(span->step_ns, 0, sizeof(span->step_ns));
	fixture_close(span, total_s * SECOND);
}

/* --- policies --- */

static char *policy_file(const char *dir, const char *name, const char *rules)
{
	char text[4096], *path;

	snprintf(text, sizeof(text), "[policy]\nname = %s\n%s", name, rules);
	assert_true(asprintf(&path, "%s/%s.conf", dir, name) > 0);
	put_file(dir, strrchr(path, '/') + 1, text);
	return path;
}

static struct replay *replay_with(enum replay_against against, const char *name, const char *rules)
{
	char *dir = make_temp_dir(), *path = policy_file(dir, name, rules);
	struct replay *r = NULL;

	assert_int_equal(replay_new(&r, against, stderr), 0);
	assert_int_equal(replay_add_policy(r, path, NULL), 0);
	free(path);
	remove_temp_dir(dir);
	return r;
}

static void add_all(struct replay *r, const struct history_recovery *h, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(replay_add(r, &h[i]), 0);
	assert_int_equal(replay_end(r), 0);
}

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

		assert_int_equal(replay_timeline_new(&t, false, check_order, &calls), 0);
		for (size_t i = 0; i < rec.nr; i++) {
			replay_points_of(&rec.r[i].full, &p);
			wanted += p.nr + 1;
			assert_int_equal(replay_timeline_add(t, &rec.r[i]), 0);
		}
		assert_int_equal(replay_timeline_end(t), 0);
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
	assert_int_equal(replay_timeline_new(&t, false, keep_call, calls), 0);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(replay_timeline_add(t, &h[i]), 0);
	assert_int_equal(replay_timeline_end(t), 0);
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

/* --- what a policy would have done --- */

#define ISOLATE_ALL	"budget = 2 isolations in 10m\n[rule all]\nevent = isolate\n"

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
	assert_int_equal(result->ejection[0].wall_ns, h[2].wall_ns + 1000);
	/* The vote and the reset of the third, and all of the last two */
	assert_int_equal(result->after_ejection, 2 + 3 + 3);
	replay_free(r);
}

/* As the wall clock has them when it was set back by an hour in between */
static void a_clock_that_was_set_back_changes_nothing(void **state)
{
	static const char twice[] = "[rule twice]\nerrors-in-window = 2 in 1m\nevent = isolate\n";
	struct history_recovery h[3] = { nvme_at(3, 500), nvme_at(1, 100), nvme_at(2, 130) };
	struct replay *r = replay_with(REPLAY_EFFECTIVE, "twice", twice);
	const struct replay_result *result;

	(void)state;
	h[0].full.span.life = 2;
	assert_int_equal(replay_add(r, &h[0]), 0);
	assert_int_equal(replay_add(r, &h[1]), -ERANGE);
	assert_int_equal(replay_gather(r), 0);
	add_all(r, h, 3);
	result = replay_result(r, 0);
	assert_int_equal(result->paths[REPLAY_ISOLATED], 1);
	assert_int_equal(result->change[0].example.id, 2);
	assert_int_equal(result->paths[REPLAY_NOT_REACHED], 0);
	assert_int_equal(replay_recording(r)->recoveries, 3);
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

static void write_answer(struct zrec_span_policy *p, const char *name, const struct replay_point *at,
			 uint32_t verdict)
{
	struct zrec_answer *a;

	if (!verdict || at->number == REPLAY_REBUILT)
		return;
	if (p->nr == ZREC_MAX_ANSWERS) {
		p->unlisted++;
		return;
	}
	a = &p->answer[p->nr++];
	strcpy(a->policy, name);
	a->dflt = at->dflt;
	a->verdict = a->effective = verdict;
	a->member = at->member;
	a->shadow = 1;
	a->point = at->number;
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

static const char mixed[] =
	"[rule flapping]\nerrors-in-window = 3 in 10m\nevent = isolate\nreset = isolate\ndeadline = 5m\n"
	"[rule guests]\nmediated = yes\ndeadline = 10m\n"
	"[rule cards]\ndriver = mlx5_core\nvote = reset\n"
	"[rule again]\npec = service_action\nfailed = reset\n";

static struct replay *replay_recorded(const struct recording *rec)
{
	struct replay *r = replay_with(REPLAY_RECORDED, "mixed", mixed);

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

		snprintf(text, sizeof(text), "[policy]\nname = mixed\n%s", mixed);
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
	snprintf(text, sizeof(text), "[policy]\nname = mixed\n%s", mixed);
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

/* --- the report --- */

static struct replay *two_policies(void)
{
	struct recording rec = campaign(11, 2, 2000, false);
	char *dir = make_temp_dir();
	char *a = policy_file(dir, "mixed", mixed), *b = policy_file(dir, "isolate", ISOLATE_ALL);
	struct history_gap gap = { .reason = HISTORY_GAP_RING_FULL, .recoveries = 12 };
	struct replay *r = NULL;

	assert_int_equal(replay_new(&r, REPLAY_DEFAULT, stderr), 0);
	replay_name_recording(r, "lp.db");
	/* The report has the path, which is another one each time */
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(replay_add_policy(r, "./mixed.conf", NULL), 0);
	assert_int_equal(replay_add_policy(r, "./isolate.conf", NULL), 0);
	replay_add_gap(r, &gap);
	add_all(r, rec.r, rec.nr);
	assert_int_equal(chdir("/"), 0);
	free(a);
	free(b);
	free_recording(&rec);
	remove_temp_dir(dir);
	return r;
}

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

/* --- records of strangers --- */

static void any_record_is_survived(void **state)
{
	uint64_t random = 88172645463325252ull;
	struct replay *r = replay_with(REPLAY_RECORDED, "mixed", mixed);
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
	assert_int_equal(replay_gather(r), 0);
	for (size_t i = 0; i < 2000; i++)
		assert_int_equal(replay_look(r, &h[i]), 0);
	add_all(r, h, 2000);
	free(capture(print_text, r));
	replay_free(r);
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
		cmocka_unit_test(calls_of_one_moment_keep_their_order),
		cmocka_unit_test(what_is_given_up_has_no_later_recoveries),
		cmocka_unit_test(over_its_budget_it_is_ejected),
		cmocka_unit_test(each_boot_has_a_state_of_its_own),
		cmocka_unit_test(a_clock_that_was_set_back_changes_nothing),
		cmocka_unit_test(a_reset_where_there_was_none_has_an_unknown_outcome),
		cmocka_unit_test(another_try_of_a_failed_reset_is_unknown),
		cmocka_unit_test(who_is_late_is_isolated),
		cmocka_unit_test(a_recorded_deadline_is_followed),
		cmocka_unit_test(recorded_deadlines_use_up_the_budget),
		cmocka_unit_test(a_shadow_answers_again_what_it_answered),
		cmocka_unit_test(one_wrong_answer_is_found),
		cmocka_unit_test(a_shadow_is_asked_while_it_was_registered),
		cmocka_unit_test(a_promoted_shadow_keeps_its_state),
		cmocka_unit_test(without_answers_of_it_what_took_effect_is_compared),
		cmocka_unit_test(the_report_is_the_same_each_time),
		cmocka_unit_test(keys_of_json_stay),
		cmocka_unit_test(a_line_has_80_columns),
		cmocka_unit_test(shares_have_intervals),
		cmocka_unit_test(any_record_is_survived),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
