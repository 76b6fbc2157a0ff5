// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "data/campaign.h"
#include "exporter/maps.h"
#include "fleet/host.h"
#include "observe/hooks.h"
#include "serve/config.h"

#define FIRST_FID	0x10	/* as data/campaign.c numbers them */
#define FIRST_NS	(60 * NSEC_PER_SEC)	/* nothing happens before, in its recordings */
#define ENFORCED	"isolate-flapping"
#define SHADOW		"passthrough-deadline"

/* --- the recording --- */

static int keep(void *ctx, struct history_recovery *r)
{
	struct host *h = ctx;
	struct played *p = &h->played[h->nr++];

	p->full = r->full;
	p->begin_ns = (r->full.span.begin_ns - FIRST_NS) / h->opts.speed;
	p->end_ns = p->begin_ns + r->full.span.total_ns;
	return 0;
}

static int read_recording(struct host *h)
{
	const struct campaign c = {
		.seed = h->opts.seed + h->opts.number, .hosts = 1, .functions = h->opts.functions,
		.recoveries = h->opts.recoveries, .points = h->opts.policies,
	};

	h->played = calloc(h->opts.recoveries ?: 1, sizeof(*h->played));
	return h->played ? campaign_run(&c, keep, h) : -ENOMEM;
}

/* --- what does not change: functions, policies, arms --- */

static const char *driver_of(const struct host *h, uint32_t fid)
{
	for (size_t i = 0; i < h->nr; i++) {
		const struct zrec_span *s = &h->played[i].full.span;

		if (s->fid == fid && s->driver[0])
			return s->driver;
	}
	return fid & 1 ? "mlx5_core" : "nvme";
}

static int add_function(struct host *h, uint32_t fid)
{
	struct snapshot *s = &h->snapshot;
	const char *driver = driver_of(h, fid);
	struct snapshot_function *f = snapshot_function(s, fid);
	struct snapshot_driver *d = snapshot_driver(s, driver, strlen(driver));

	if (!f || !d)
		return -ENOMEM;
	s->here++;
	d->here = f->here = true;
	if (f == &s->others) {
		s->unlabelled++;
		return 0;
	}
	f->f = (struct function){
		.fid = fid, .uid = fid, .pchid = (uint16_t)(0x100 + fid / 4),
		.mediated = strcmp(driver, "vfio-pci") ? FUNCTION_NOT_MEDIATED : FUNCTION_MEDIATED,
	};
	snprintf(f->f.pci_address, sizeof(f->f.pci_address), "%04x:00:00.0", fid & 0xffff);
	strcpy(f->f.driver, driver);
	return 0;
}

static void add_slot(struct policy_slot *slot, const char *name)
{
	*slot = (struct policy_slot){
		.since_ns = NSEC_PER_SEC, .window_s = 3600,
		.isolations_left = 4, .clamps_left = 16, .failures_left = 4,
	};
	strcpy(slot->name, name);
}

/* A coin for each PCHID of each host: a hash, so that it falls the same way on each run */
static bool is_treated(const struct host *h, uint32_t fid)
{
	return ((uint64_t)h->opts.number << 16 | fid / 4) * 0x9e3779b97f4a7c15ull >> 63;
}

static void add_arms(struct host *h)
{
	struct snapshot *s = &h->snapshot;

	for (uint32_t i = 0; i < h->opts.functions && i < SNAPSHOT_ARMS; i++) {
		struct snapshot_arm *arm = &s->arm[s->nr_arms++];

		arm->fid = FIRST_FID + i;
		strcpy(arm->experiment, "flapping");
		strcpy(arm->arm, is_treated(h, arm->fid) ? "isolate" : "default");
	}
}

static void add_recorder(struct snapshot_recorder *r, int64_t now_ns)
{
	r->up = r->recording = true;
	r->started = r->last_commit = (struct snapshot_value){ true, (uint64_t)now_ns };
	r->status_age = r->life_age = (struct snapshot_value){ true, NSEC_PER_SEC / 2 };
	r->recorded.known = r->missing.known = r->commits.known = r->journal_known = true;
	r->lag.known = r->file.known = r->wal.known = r->clients.known = true;
	r->clients_missed.known = r->clients_refused.known = true;
}

int host_init(struct host *h, const struct host_opts *opts)
{
	struct snapshot *s = &h->snapshot;
	int err;

	memset(h, 0, sizeof(*h));
	h->opts = *opts;
	/* As an operator with more of them would have zrec-exporter --functions */
	err = snapshot_init(s, opts->functions > CONFIG_FUNCTIONS ? opts->functions :
			    CONFIG_FUNCTIONS);
	if (!err)
		err = read_recording(h);
	if (err)
		return err;
	snapshot_begin(s, 1);
	s->requests = &h->requests;
	s->wall_ns = s->since_wall_ns = (int64_t)clock_ns(CLOCK_REALTIME);
	s->attached = UINT64_MAX;
	strcpy(s->info.version, ZREC_VERSION);
	add_recorder(&s->recorder, s->wall_ns);
	for (uint32_t i = 0; !err && i < opts->functions; i++)
		err = add_function(h, FIRST_FID + i);
	s->policies_supported = s->policies.enabled = true;
	if (opts->policies) {
		add_slot(&s->policies.enforced, ENFORCED);
		add_slot(&s->policies.shadow[0], SHADOW);
		strcpy(s->wish[s->nr_wishes++].name, ENFORCED);
		add_arms(h);
	}
	return err;
}

void host_free(struct host *h)
{
	snapshot_free(&h->snapshot);
	free(h->played);
	h->played = NULL;
}

/* --- what happens --- */

static void count_ns(struct buckets *b, uint64_t ns)
{
	static _Thread_local struct zrec_hist one;
	uint32_t at = zrec_hist_bucket(ns);

	one.bucket[at] = 1;
	one.sum_ns = ns;
	buckets_add(b, &one);
	one.bucket[at] = 0;
}

/* As bpf/sums.h: only what came to an outcome has a duration */
static int count_durations(struct snapshot *s, struct snapshot_function *f,
			   const struct zrec_span *span)
{
	struct snapshot_driver *d = snapshot_driver(s, span->driver, sizeof(span->driver));

	if (!d)
		return -ENOMEM;
	count_ns(&d->total, span->total_ns);
	count_ns(&snapshot_pec(s, span->pec)->total, span->total_ns);
	for (unsigned int i = 0; i < ZREC_NR_STEPS; i++)
		if (span->step_count[i] || i == ZREC_STEP_OTHER)
			count_ns(&d->step[i], span->step_ns[i]);
	f->count++;
	f->sum_ns += span->total_ns;
	return 0;
}

static void count_answer(struct policy_slot *slot, const char *member, const char *dflt,
			 const char *verdict)
{
	struct policy_disagreement *row = &slot->rows[0];

	strcpy(row->member, member);
	strcpy(row->dflt, dflt);
	strcpy(row->verdict, verdict);
	row->count++;
	slot->nr_rows = 1;
	slot->disagreements++;
}

static void count_decisions(struct policy_state *p, const struct zrec_full_span *full)
{
	unsigned int points = full->policy.nr_points;

	p->enforced.decisions += points;
	p->shadow[0].decisions += points;
	if (full->span.outcome == ZPCI_OUTCOME_FAILED && full->span.recoverer == ZREC_BY_HOST)
		count_answer(&p->enforced, "vote", "reset", "isolate");
	if (full->span.recoverer == ZREC_BY_USER)
		count_answer(&p->shadow[0], "deadline", "none", "limit");
}

static int count(struct host *h, const struct zrec_full_span *full)
{
	const struct zrec_span *span = &full->span;
	struct snapshot *s = &h->snapshot;
	struct snapshot_function *f = snapshot_function(s, span->fid);
	int err = 0;

	if (!f)
		return -ENOMEM;
	f->counted = true;
	f->f.events += span->events;
	snapshot_count(s, f, span->pec, span->outcome, 1);
	if (span->outcome != ZPCI_OUTCOME_IGNORED && span->outcome != ZPCI_OUTCOME_DROPPED)
		err = count_durations(s, f, span);
	if (h->opts.policies)
		count_decisions(&s->policies, full);
	s->stats.emitted++;
	s->stats.delivered++;
	s->stats.joined += span->events - 1;
	h->counted++;
	return err;
}

/* One that is told from outside: of the first function, as its driver gave it up */
static int count_failure(struct host *h)
{
	struct zrec_full_span full = {
		.span = { .fid = FIRST_FID, .pec = 0x3a, .events = 1, .recoverer = ZREC_BY_HOST,
			  .outcome = ZPCI_OUTCOME_FAILED, .total_ns = 20000000 },
	};

	strcpy(full.span.driver, driver_of(h, FIRST_FID));
	full.span.step_ns[ZREC_STEP_OTHER] = full.span.total_ns;
	return count(h, &full);
}

/* @now_ns: since the recording began, at @play_ns */
static void add_open(struct host *h, const struct played *p, struct zrec_open *open,
		     uint64_t play_ns, uint64_t now_ns)
{
	const struct zrec_span *span = &p->full.span;
	uint64_t latest = 0;

	open->id = span->id;
	open->span = *span;
	open->step = ZREC_STEP_OTHER;
	for (unsigned int i = 0; i < ZREC_STEP_OTHER; i++)
		if (span->step_count[i] && span->step_at_ns[i] >= latest &&
		    p->begin_ns + span->step_at_ns[i] <= now_ns) {
			latest = span->step_at_ns[i];
			open->step = i;
		}
	open->span.begin_ns = play_ns + p->begin_ns;
	open->last_ns = open->span.begin_ns + latest;
	maps_add_open(&h->snapshot, open, play_ns + now_ns);
	snapshot_function(&h->snapshot, span->fid)->f.pending = span->pending_max;
}

void host_play(struct host *h)
{
	atomic_store(&h->play_ns, clock_ns(CLOCK_MONOTONIC));
}

static int play(struct host *h)
{
	uint64_t clock = clock_ns(CLOCK_MONOTONIC), play_ns = atomic_load(&h->play_ns), now_ns;
	static _Thread_local struct zrec_open open;
	struct snapshot *s = &h->snapshot;
	int err = 0;

	memset(s->open, 0, sizeof(s->open));
	s->oldest_ns = 0;
	for (unsigned int i = 0; i < s->nr_functions; i++) {
		memset(&s->function[i].open, 0, sizeof(s->function[i].open));
		s->function[i].f.pending = 0;
	}
	if (!play_ns || clock < play_ns)
		return 0;
	now_ns = clock - play_ns;
	while (h->begun < h->nr && h->played[h->begun].begin_ns <= now_ns)
		h->begun++;
	for (size_t i = h->first_open; !err && i < h->begun; i++) {
		struct played *p = &h->played[i];

		if (p->counted)
			continue;
		if (p->end_ns > now_ns) {
			add_open(h, p, &open, play_ns, now_ns);
		} else {
			err = count(h, &p->full);
			p->counted = true;
		}
	}
	while (h->first_open < h->begun && h->played[h->first_open].counted)
		h->first_open++;
	return err;
}

/* Recoveries that nobody read in time */
static void lose(struct host *h, unsigned int n)
{
	struct snapshot *s = &h->snapshot;

	s->stats.emitted += n;
	s->stats.lost[ZREC_LOST_RING_FULL] += n;
	s->recorder.missing.n += n;
}

static void record(struct host *h)
{
	struct snapshot_recorder *r = &h->snapshot.recorder;

	if (r->recorded.n != h->counted)
		r->last_commit.n = (uint64_t)h->snapshot.wall_ns;
	r->recorded.n = r->commits.n = h->counted;
	r->file.n = 65536 + h->counted * 400;
}

int host_collect(struct host *h)
{
	struct snapshot *s = &h->snapshot;
	int err = play(h);

	for (unsigned int n = atomic_exchange(&h->failures, 0); !err && n; n--)
		err = count_failure(h);
	lose(h, atomic_exchange(&h->losses, 0));
	s->wall_ns = (int64_t)clock_ns(CLOCK_REALTIME);
	s->monotonic_offset_ns = s->since_wall_ns;
	s->state = atomic_load(&h->blind) ? OBSERVATION_NONE : OBSERVATION_OBSERVING;
	s->policies.enforced.ejected = atomic_load(&h->ejected);
	if (h->opts.policies)
		strcpy(s->policies.enforced.name, atomic_load(&h->unruled) ? "" : ENFORCED);
	record(h);
	return err;
}
