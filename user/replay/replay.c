// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "replay/contest.h"
#include "replay/replay.h"

/* Calls that are put to one policy after the other */
#define CALLS	4096

struct replay {
	FILE *errors;
	enum replay_against against;
	struct replay_contestant *policy[REPLAY_MAX_POLICIES];
	size_t nr;
	struct replay_timeline *timeline;
	struct replay_knowledge knowledge;
	struct replay_recording recording;
	struct replay_comparison between;	/* the first two policies */
	struct replay_call *call;
	size_t nr_calls;
};

/* --- calls --- */

static int know(struct replay *r, const struct replay_call *c)
{
	bool is_end = !c->point;
	int err = 0;

	if (!is_end)
		r->recording.decisions++;
	if (c->r->nr ? c->point == &c->r->point[0] : is_end)
		replay_known_begin(c->r);
	if (is_end)
		err = replay_known_end(&r->knowledge, c->r);
	return err;
}

static int compare_two(struct replay *r)
{
	int err = 0;

	for (size_t i = 0; !err && i < r->nr_calls; i++) {
		uint32_t a = replay_contest_decided(r->policy[0], i);
		uint32_t b = replay_contest_decided(r->policy[1], i);

		/* One of them has the recovery elsewhere */
		if (a != REPLAY_UNDECIDED && b != REPLAY_UNDECIDED)
			err = replay_compare(&r->between, &r->call[i], a, b);
	}
	return err;
}

static void put_calls(struct replay *r)
{
	for (size_t i = 0; i < r->nr_calls; i++)
		replay_recovery_put(r->call[i].r);
	r->nr_calls = 0;
}

static int run_calls(struct replay *r)
{
	int err = 0;

	for (size_t i = 0; !err && i < r->nr; i++)
		err = replay_contest(r->policy[i], r->call, r->nr_calls);
	if (!err && r->nr > 1)
		err = compare_two(r);
	put_calls(r);
	return err;
}

static int take_call(void *ctx, const struct replay_call *call)
{
	struct replay *r = ctx;
	int err = know(r, call);

	r->call[r->nr_calls++] = *call;
	if (!err && r->nr_calls == CALLS)
		err = run_calls(r);
	return err;
}

/* --- */

int replay_new(struct replay **ret, enum replay_against against, FILE *errors)
{
	struct replay *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	if (!r)
		return err;
	r->errors = errors;
	r->against = against;
	r->call = calloc(CALLS, sizeof(*r->call));
	if (r->call)
		err = replay_timeline_new(&r->timeline, take_call, r);
	if (err)
		replay_free(r);
	else
		*ret = r;
	return err;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	put_calls(r);
	for (size_t i = 0; i < r->nr; i++)
		replay_contestant_free(r->policy[i]);
	replay_timeline_free(r->timeline);
	replay_knowledge_free(&r->knowledge);
	free(r->between.difference);
	free(r->call);
	free(r);
}

int replay_add_policy(struct replay *r, const char *what, const struct policy_canary *canary)
{
	int err;

	if (r->nr == REPLAY_MAX_POLICIES)
		return -E2BIG;
	err = replay_contestant_new(&r->policy[r->nr], (unsigned int)r->nr, what, canary, r->against,
				    r->errors);
	if (!err)
		r->nr++;
	return err;
}

int replay_look_at_policy(struct replay *r, const struct history_policy_event *event)
{
	struct replay_boot *boot = replay_boot_find(r->timeline, event->boot);
	int err = boot ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < r->nr; i++)
		err = replay_contest_event(r->policy[i], boot, event);
	return err;
}

int replay_look(struct replay *r, const struct history_recovery *h)
{
	struct replay_boot *boot;
	int err = 0;

	if (!(h->full.span.flags & ZREC_SPAN_POLICY))
		return 0;
	boot = replay_boot_find(r->timeline, h->boot);
	if (!boot)
		return -ENOMEM;
	for (size_t i = 0; !err && i < r->nr; i++)
		err = replay_contest_look(r->policy[i], boot, &h->full.policy);
	return err;
}

void replay_name_recording(struct replay *r, const char *path)
{
	r->recording.path = path;
}

/* What was made for it goes, so that a fleet needs no more memory than one of its boots */
static int end_boot(struct replay *r)
{
	struct replay_boot *boot;
	int err = replay_timeline_finish(r->timeline);

	if (!err)
		err = run_calls(r);
	put_calls(r);
	boot = replay_timeline_leave(r->timeline);
	for (size_t i = 0; boot && i < r->nr; i++)
		replay_contest_leave(r->policy[i], boot);
	return err;
}

/* One boot comes after the other */
static int begin_boot(struct replay *r, const struct history_boot *boot)
{
	struct replay_recording *rec = &r->recording;
	int err = end_boot(r);

	rec->listed = NULL;
	if (!err && rec->nr_listed < REPLAY_LISTED_BOOTS) {
		rec->listed = &rec->boot[rec->nr_listed++];
		rec->listed->name = *boot;
	}
	return err;
}

int replay_add(struct replay *r, const struct history_recovery *h)
{
	struct replay_recording *rec = &r->recording;
	int err = replay_timeline_has(r->timeline, h->boot) ? 0 : begin_boot(r, h->boot);

	if (rec->listed)
		rec->listed->recoveries++;
	if (!rec->recoveries++ || h->wall_ns < rec->first_wall_ns)
		rec->first_wall_ns = h->wall_ns;
	if (rec->recoveries == 1 || h->wall_ns > rec->last_wall_ns)
		rec->last_wall_ns = h->wall_ns;
	if (h->full.span.outcome < ZPCI_NR_OUTCOMES)
		rec->outcomes[h->full.span.outcome]++;
	return err ? err : replay_timeline_add(r->timeline, h);
}

void replay_add_gap(struct replay *r, const struct history_gap *gap)
{
	r->recording.gaps++;
	r->recording.gap_recoveries += gap->recoveries;
}

int replay_end(struct replay *r)
{
	int err = end_boot(r);

	replay_timeline_count(r->timeline, &r->recording.boots, &r->recording.hosts);
	for (size_t i = 0; i < r->nr; i++)
		replay_contest_end(r->policy[i]);
	replay_comparison_end(&r->between);
	return err;
}

const struct replay_recording *replay_recording(const struct replay *r)
{
	return &r->recording;
}

const struct replay_knowledge *replay_knowledge(const struct replay *r)
{
	return &r->knowledge;
}

const struct replay_comparison *replay_between(const struct replay *r)
{
	return &r->between;
}

size_t replay_policies(const struct replay *r)
{
	return r->nr;
}

const struct replay_program *replay_program(const struct replay *r, size_t nr)
{
	return replay_contestant_program(r->policy[nr]);
}

const struct replay_result *replay_result(const struct replay *r, size_t nr)
{
	return replay_contestant_result(r->policy[nr]);
}

enum replay_against replay_compared_with(const struct replay *r, size_t nr)
{
	return replay_contestant_against(r->policy[nr]);
}
