// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* tdestroy() */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "keep/boot.h"
#include "record/span.h"
#include "replay/timeline.h"

struct replay_timeline {
	replay_call_fn fn;
	void *ctx;
	void *boots;			/* tsearch() */
	size_t nr_boots;
	void *hosts;			/* tsearch() of their names, or IDs */
	size_t nr_hosts;
	struct replay_points points;	/* of the recovery at hand */

	/* Of the boot at hand */
	struct replay_boot *at;
	void *functions;		/* tsearch() */
	struct heap coming;		/* of recoveries: the points and the ends */
	uint64_t last_begin_ns;
};

/* --- boots and functions, by name --- */

static int compare_boots(const void *a, const void *b)
{
	const struct replay_boot *x = a, *y = b;

	return history_boot_compare(&x->name, &y->name);
}

/* Each begins with its number */
static int compare_fids(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* What is in the tree already, or a copy of @key that is then; NULL: no memory */
static void *find_or_add(void **tree, const void *key, size_t size,
			 int (*compare)(const void *, const void *))
{
	void **node = tfind(key, tree, compare);
	void *copy;

	if (node)
		return *node;
	copy = malloc(size);
	if (!copy)
		return NULL;
	memcpy(copy, key, size);
	node = tsearch(copy, tree, compare);
	if (!node)
		free(copy);
	return node ? *node : NULL;
}

struct host {
	char key[HISTORY_HOST_LEN];
	size_t number;
};

static int compare_hosts(const void *a, const void *b)
{
	const struct host *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static int count_host(struct replay_timeline *t, const struct history_boot *boot)
{
	struct host key = { .number = t->nr_hosts }, *host;

	strcpy(key.key, history_host_key(boot));
	host = find_or_add(&t->hosts, &key, sizeof(key), compare_hosts);
	if (host && host->number == t->nr_hosts)
		t->nr_hosts++;
	return host ? 0 : -ENOMEM;
}

struct replay_boot *replay_boot_find(struct replay_timeline *t, const struct history_boot *name)
{
	struct replay_boot key = { .name = *name, .number = t->nr_boots }, *boot;

	boot = find_or_add(&t->boots, &key, sizeof(key), compare_boots);
	if (!boot || boot->number != t->nr_boots)
		return boot;
	t->nr_boots++;
	return count_host(t, name) ? NULL : boot;
}

void replay_timeline_count(const struct replay_timeline *t, size_t *boots, size_t *hosts)
{
	*boots = t->nr_boots;
	*hosts = t->nr_hosts;
}

/* A FID and its lives. What is still to come may be of one before the last */
struct fid {
	uint32_t fid;
	void *lives;			/* tsearch() */
	struct replay_function *last;	/* the only one that may have no life, and then none is in lives */
};

static int compare_lives(const void *a, const void *b)
{
	const struct replay_function *x = a, *y = b;

	return (x->life > y->life) - (x->life < y->life);
}

static struct replay_function *add_function(struct fid *fid, uint32_t life)
{
	struct replay_function *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->fid = fid->fid;
	f->life = life;
	if (life && !tsearch(f, &fid->lives, compare_lives)) {
		free(f);
		return NULL;
	}
	fid->last = f;
	return f;
}

/* What is configured anew begins anew; an event before it was looked at has no life */
static struct replay_function *find_function(struct replay_timeline *t, uint32_t number,
					     uint32_t life)
{
	const struct replay_function wanted = { .life = life };
	const struct fid key = { .fid = number };
	struct fid *fid = find_or_add(&t->functions, &key, sizeof(key), compare_fids);
	struct replay_function **found;

	if (!fid)
		return NULL;
	if (fid->last && !life)
		return fid->last;
	if (fid->last && !fid->last->life) {
		fid->last->life = life;
		return tsearch(fid->last, &fid->lives, compare_lives) ? fid->last : NULL;
	}
	found = tfind(&wanted, &fid->lives, compare_lives);
	return found ? *found : add_function(fid, life);
}

static void free_fid(void *node)
{
	struct fid *fid = node;

	if (fid->lives)
		tdestroy(fid->lives, free);
	else
		free(fid->last);
	free(fid);
}

void replay_recovery_put(struct replay_recovery *r)
{
	if (!r || --r->users)
		return;
	free(r->decided);
	free(r);
}

/* --- the calls --- */

/* An error event of the function has arrived */
static void count_event(struct replay_function *f, uint64_t at_ns)
{
	f->events++;
	f->last_event_ns = f->this_event_ns;
	f->this_event_ns = at_ns;
}

/* What the record has is what the policy saw, also of what was before the recording */
static void take_counts(struct replay_function *f, const struct replay_point *p)
{
	f->events = p->events;
	f->recovered = p->recovered;
	f->failed = p->failed;
	f->last_event_ns = p->last_event_ns;
}

static void fill_counts(struct zpci_event_in *event, const struct replay_function *f)
{
	event->events = f->events;
	event->recovered = f->recovered;
	event->failed = f->failed;
	event->last_event_ns = f->last_event_ns;
}

static void fill_point(struct replay_call *c, const struct replay_point *p)
{
	struct replay_recovery *r = c->r;
	struct replay_function *f = r->function;

	if (p->member == ZPCI_MEMBER_EVENT)
		count_event(f, p->at_ns);
	if (p->known & ZREC_KNOWN_COUNTS)
		take_counts(f, p);
	else
		r->missing |= 1u << REPLAY_MISSING_COUNTS;
	/* The kernel fills it in once for an event */
	if (p->member == ZPCI_MEMBER_EVENT || p->known & ZREC_KNOWN_COUNTS || !r->event.events) {
		fill_counts(&r->event, f);
		r->event.pec = p->pec;
	}
	c->point = p;
	c->call.event = r->event;
	c->call.event.now_ns = p->at_ns;
	c->call.event.vote = p->vote;
	c->call.event.attempt = p->attempt;
	c->call.member = p->member;
}

/* Told before the kernel counts it */
static void fill_done(struct replay_call *c)
{
	struct replay_recovery *r = c->r;
	struct replay_function *f = r->function;
	bool ended = r->outcome != ZPCI_OUTCOME_IGNORED;

	/* Errors about which nobody is asked */
	if (r->events_left) {
		count_event(f, r->end_ns);
		f->events += r->events_left - 1;
	}
	/* Of a mediated one the kernel has nothing left but what began it */
	if (r->event.mediated || !r->event.events)
		fill_counts(&r->event, f);
	c->call.event = r->event;
	c->call.event.now_ns = r->end_ns;
	if (r->nr && !r->event.mediated) {
		c->call.event.vote = r->point[r->nr - 1].vote;
		c->call.event.attempt = r->point[r->nr - 1].attempt;
	}
	c->call.member = ZPCI_MEMBER_DONE;
	c->call.outcome = r->outcome;
	c->call.reason = r->reason;
	if (r->outcome == ZPCI_OUTCOME_RECOVERED)
		f->recovered++;
	else if (ended)
		f->failed++;
}

/* Its place in the heap was a use, which the receiver has now */
static int emit_next(struct replay_timeline *t)
{
	struct heap_item item = heap_pop(&t->coming);
	struct replay_call c = { .r = item.what };

	if (item.which < c.r->nr)
		fill_point(&c, &c.r->point[item.which]);
	else
		fill_done(&c);
	return t->fn(t->ctx, &c);
}

int64_t replay_wall_ns(const struct replay_boot *boot, uint64_t at_ns)
{
	return (int64_t)(at_ns + boot->wall_offset_ns);
}

uint64_t replay_monotonic_ns(const struct replay_boot *boot, int64_t wall_ns)
{
	return (uint64_t)wall_ns - boot->wall_offset_ns;
}

/* What there is up to that moment, without it */
static int advance(struct replay_timeline *t, uint64_t to_ns)
{
	int err = 0;

	while (!err && t->coming.nr && t->coming.item[0].at < to_ns)
		err = emit_next(t);
	return err;
}

/* --- records --- */

static void fill_event(struct zpci_event_in *e, const struct zrec_span *s, bool mediated)
{
	struct span_ccdf ccdf;

	span_decode_ccdf(s->ccdf, &ccdf);
	*e = (struct zpci_event_in){
		.id = s->id, .faddr = ccdf.fault_address, .fid = s->fid, .fh = s->fh,
		.uid = s->uid, .class_code = s->class_code, .pec = s->pec, .pchid = s->pchid,
		.vendor = s->vendor, .device = s->device, .domain = s->domain, .bus = s->bus,
		.devfn = s->devfn, .pft = s->pft, .mediated = mediated,
	};
	/* Padded with zeroes and ended by one, as the kernel does */
	memcpy(e->driver, s->driver, strnlen(s->driver, sizeof(e->driver) - 1));
}

static int make_recovery(struct replay_timeline *t, const struct history_recovery *h,
			 struct replay_recovery **ret)
{
	const struct zrec_span *s = &h->full.span;
	const struct replay_points *p = &t->points;
	struct replay_recovery *r;

	r = calloc(1, sizeof(*r) + p->nr * sizeof(p->point[0]));
	if (!r)
		return -ENOMEM;
	r->users = 1;
	r->id = s->id;
	r->wall_ns = h->wall_ns;
	r->end_ns = s->begin_ns + s->total_ns;
	if (p->nr && r->end_ns < p->point[p->nr - 1].at_ns)
		r->end_ns = p->point[p->nr - 1].at_ns;
	r->missing = p->missing;
	r->outcome = s->outcome;
	r->reason = s->reason;
	r->vote = (uint8_t)s->step_result[ZPCI_STEP_ERROR_DETECTED];
	r->resets = s->step_count[ZPCI_STEP_RESET];
	fill_event(&r->event, s, p->mediated);
	r->nr = p->nr;
	memcpy(r->point, p->point, p->nr * sizeof(p->point[0]));
	r->events_left = s->events;
	for (size_t i = 0; i < p->nr; i++)
		if (p->point[i].member == ZPCI_MEMBER_EVENT && r->events_left)
			r->events_left--;
	if (s->flags & ZREC_SPAN_POLICY) {
		r->decided = malloc(sizeof(*r->decided));
		if (!r->decided) {
			replay_recovery_put(r);
			return -ENOMEM;
		}
		*r->decided = h->full.policy;
	}
	*ret = r;
	return 0;
}

static int queue(struct replay_timeline *t, struct replay_recovery *r)
{
	int err = 0;

	for (size_t i = 0; !err && i <= r->nr; i++) {
		err = heap_push(&t->coming, i < r->nr ? r->point[i].at_ns : r->end_ns, r, i);
		r->users += !err;
	}
	return err;
}

/* True if the kernel had the function: no policy hears of others, and nothing is counted */
static bool concerns_a_function(const struct zrec_span *s)
{
	return s->outcome != ZPCI_OUTCOME_DROPPED && s->id;
}

/* The first recovery of a boot says how far its clocks are apart */
static int begin(struct replay_timeline *t, const struct history_recovery *h)
{
	struct replay_boot *boot = replay_boot_find(t, h->boot);

	if (!boot)
		return -ENOMEM;
	if (t->at || boot->begun)
		return -EINVAL;
	boot->begun = true;
	boot->wall_offset_ns = (uint64_t)h->wall_ns - h->full.span.begin_ns;
	t->at = boot;
	return 0;
}

bool replay_timeline_has(const struct replay_timeline *t, const struct history_boot *name)
{
	return t->at && !history_boot_compare(&t->at->name, name);
}

int replay_timeline_add(struct replay_timeline *t, const struct history_recovery *h)
{
	const struct zrec_span *s = &h->full.span;
	struct replay_recovery *r = NULL;
	int err = replay_timeline_has(t, h->boot) ? 0 : begin(t, h);

	if (err)
		return err;
	if (s->begin_ns < t->last_begin_ns)
		return -EINVAL;
	t->last_begin_ns = s->begin_ns;
	err = advance(t, s->begin_ns);
	if (err || !concerns_a_function(s))
		return err;
	replay_points_of(&h->full, &t->points);
	err = make_recovery(t, h, &r);
	if (err)
		return err;
	r->boot = t->at;
	r->function = find_function(t, s->fid, s->life);
	err = r->function ? queue(t, r) : -ENOMEM;
	replay_recovery_put(r);
	return err;
}

int replay_timeline_finish(struct replay_timeline *t)
{
	int err = 0;

	while (!err && t->coming.nr)
		err = emit_next(t);
	return err;
}

struct replay_boot *replay_timeline_leave(struct replay_timeline *t)
{
	struct replay_boot *boot = t->at;

	for (size_t i = 0; i < t->coming.nr; i++)
		replay_recovery_put(t->coming.item[i].what);
	free(t->coming.item);
	t->coming = (struct heap){ 0 };
	tdestroy(t->functions, free_fid);
	t->functions = NULL;
	t->last_begin_ns = 0;
	t->at = NULL;
	return boot;
}

int replay_timeline_new(struct replay_timeline **ret, replay_call_fn fn, void *ctx)
{
	struct replay_timeline *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->fn = fn;
	t->ctx = ctx;
	*ret = t;
	return 0;
}

void replay_timeline_free(struct replay_timeline *t)
{
	if (!t)
		return;
	replay_timeline_leave(t);
	tdestroy(t->boots, free);
	tdestroy(t->hosts, free);
	free(t);
}
