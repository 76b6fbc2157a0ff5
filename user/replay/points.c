// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* memmem() */
#include <string.h>

#include "policy/kernel-rules.h"
#include "replay/points.h"

#define bit(n)	(1u << (n))

static const struct {
	const char *name, *text;
} missing_words[REPLAY_NR_MISSING] = {
	[REPLAY_MISSING_POINTS]		= { "points", "decision points rebuilt from the steps" },
	[REPLAY_MISSING_UNLISTED]	= { "unlisted_points", "points beyond those that a record has" },
	[REPLAY_MISSING_JOINED]		= { "joined_events", "errors joined it at unknown moments" },
	[REPLAY_MISSING_MEDIATED]	= { "mediated", "mediated or not: by the driver's name" },
	[REPLAY_MISSING_COUNTS]		= { "counts", "earlier errors of the function not known" },
};

const char *replay_missing_name(enum replay_missing missing)
{
	return missing_words[missing].name;
}

const char *replay_missing_text(enum replay_missing missing)
{
	return missing_words[missing].text;
}

/* User space has it, also if it was given up before anybody was asked to recover it */
static bool is_mediated(const struct zrec_span *s, uint32_t *missing)
{
	if (s->recoverer == ZREC_BY_USER || s->pending_max || s->overflows || s->owner_pid ||
	    s->flags & (ZREC_SPAN_NOTIFIED | ZREC_SPAN_UNHEARD))
		return true;
	if (s->recoverer != ZREC_BY_NOBODY || !memmem(s->driver, sizeof(s->driver), "vfio", 4))
		return false;
	*missing |= bit(REPLAY_MISSING_MEDIATED);
	return true;
}

/* Keeps the order of time; those of one moment stay in the order in which they were added */
static void add(struct replay_points *p, const struct replay_point *point)
{
	size_t at = p->nr;

	if (p->nr == REPLAY_MAX_POINTS)
		return;
	while (at && p->point[at - 1].at_ns > point->at_ns) {
		p->point[at] = p->point[at - 1];
		at--;
	}
	p->point[at] = *point;
	p->nr++;
}

static void add_recorded(const struct zrec_span *s, const struct zrec_span_policy *policy,
			 struct replay_points *p)
{
	for (uint32_t i = 0; i < policy->nr_points && i < ZREC_MAX_POINTS; i++) {
		const struct zrec_point *at = &policy->point[i];

		if (at->member >= ZPCI_MEMBER_DONE)
			continue;
		add(p, &(struct replay_point){
			.at_ns = s->begin_ns + at->at_ns,
			.last_event_ns = at->last_event_ns,
			.events = at->events, .recovered = at->recovered, .failed = at->failed,
			.dflt = at->dflt, .pec = at->pec, .member = at->member,
			.vote = at->vote, .attempt = at->attempt, .asked = at->asked,
			.known = at->known, .number = (uint8_t)i,
		});
	}
}

/* What is to be rebuilt: of each member how many points, of which the record has some */
struct rebuild {
	const struct zrec_span *s;
	struct replay_points *p;
	unsigned int have[ZPCI_MEMBER_DONE];
	bool whole;			/* the record ran out of room: it may lack some of each */
	uint64_t last_ns;		/* of what the record has */
};

static void want(struct rebuild *r, struct replay_point point, unsigned int nr)
{
	/* The first so many are in the record. If it has any, policies were asked for them all */
	if (nr < r->have[point.member] || (r->have[point.member] && !r->whole))
		return;
	if (r->whole && point.at_ns < r->last_ns)
		point.at_ns = r->last_ns;
	point.number = REPLAY_REBUILT;
	if (!point.pec)
		point.pec = r->s->pec;
	add(r->p, &point);
	r->p->missing |= bit(r->whole ? REPLAY_MISSING_UNLISTED : REPLAY_MISSING_POINTS);
}

static uint64_t step_begin(const struct zrec_span *s, enum zpci_step step)
{
	return s->begin_ns + s->step_at_ns[step];
}

/* The record may say when the driver was told of error number @nr; else as early as it can be */
static uint64_t event_at(const struct rebuild *r, unsigned int nr, uint64_t earliest)
{
	for (size_t i = 0; i < r->p->nr; i++)
		if (r->p->point[i].member == ZPCI_MEMBER_EVENT && !nr--)
			return r->p->point[i].at_ns > earliest ? r->p->point[i].at_ns : earliest;
	return earliest;
}

/* The driver is told of each error, and answers. Only the time of the first is sure */
static void rebuild_votes(struct rebuild *r)
{
	const struct zrec_span *s = r->s;
	uint32_t votes = s->step_count[ZPCI_STEP_ERROR_DETECTED], events = votes;
	uint32_t vote = (uint32_t)s->step_result[ZPCI_STEP_ERROR_DETECTED];
	uint64_t at = step_begin(s, ZPCI_STEP_ERROR_DETECTED), answered = at;

	if (votes == 1)
		answered += s->step_ns[ZPCI_STEP_ERROR_DETECTED];
	/* Given up before the driver was told */
	if (!votes && s->outcome == ZPCI_OUTCOME_ISOLATED && s->reason == ZPCI_REASON_POLICY) {
		events = 1;
		at = s->begin_ns + s->total_ns;
	}
	for (uint32_t i = 0; i < events && i < REPLAY_MAX_JOINED; i++) {
		want(r, (struct replay_point){ .at_ns = at, .member = ZPCI_MEMBER_EVENT }, i);
		if (i >= votes)
			continue;
		want(r, (struct replay_point){
			.at_ns = event_at(r, i, answered), .member = ZPCI_MEMBER_VOTE, .vote = (uint8_t)vote,
			.dflt = kernel_default_of_vote(vote),
		}, i);
		if (!i && r->p->mediated && !kernel_vote_is_abort(vote))
			want(r, (struct replay_point){
				.at_ns = answered, .member = ZPCI_MEMBER_DEADLINE,
				.vote = (uint8_t)vote,
			}, 0);
	}
}

/* All tries but the last one have failed */
static void rebuild_resets(struct rebuild *r)
{
	const struct zrec_span *s = r->s;
	uint32_t resets = s->step_count[ZPCI_STEP_RESET], failed = resets;
	uint8_t vote = (uint8_t)s->step_result[ZPCI_STEP_ERROR_DETECTED];
	uint64_t at = step_begin(s, ZPCI_STEP_RESET);

	if (resets > ZPCI_ATTEMPTS_MAX)
		failed = resets = ZPCI_ATTEMPTS_MAX;
	if (resets && !s->step_result[ZPCI_STEP_RESET])
		failed--;
	for (uint32_t i = 0; i < resets; i++) {
		want(r, (struct replay_point){
			.at_ns = at, .member = ZPCI_MEMBER_RESET, .vote = vote,
			.attempt = (uint8_t)i, .dflt = ZPCI_VERDICT_RESET,
		}, i);
		at += s->step_ns[ZPCI_STEP_RESET] / resets;
		if (i < failed)
			want(r, (struct replay_point){
				.at_ns = at, .member = ZPCI_MEMBER_FAILED, .vote = vote,
				.attempt = (uint8_t)(i + 1), .dflt = ZPCI_VERDICT_ISOLATE,
			}, i);
	}
}

void replay_points_of(const struct zrec_full_span *full, struct replay_points *ret)
{
	const struct zrec_span *s = &full->span;
	const struct zrec_span_policy *policy = s->flags & ZREC_SPAN_POLICY ? &full->policy : NULL;
	struct rebuild r = { .s = s, .p = ret };

	ret->nr = 0;
	ret->missing = 0;
	ret->mediated = is_mediated(s, &ret->missing);
	if (s->outcome == ZPCI_OUTCOME_DROPPED || s->outcome == ZPCI_OUTCOME_IGNORED)
		return;
	if (policy) {
		add_recorded(s, policy, ret);
		r.whole = policy->unlisted_points;
	}
	if (s->seen & ZREC_SEEN_DECISIONS && !r.whole)
		return;
	for (size_t i = 0; i < ret->nr; i++) {
		r.have[ret->point[i].member]++;
		r.last_ns = ret->point[i].at_ns;
	}
	if (s->events > 1 && (r.whole || !ret->nr))
		ret->missing |= bit(REPLAY_MISSING_JOINED);
	rebuild_votes(&r);
	if (s->recoverer == ZREC_BY_HOST)
		rebuild_resets(&r);
	/* Nobody is asked anything */
	if (!ret->nr)
		ret->missing = 0;
}
