// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "record/function.h"
#include "serve/tell.h"

static bool tells(const struct tell *t)
{
	return t->journal.fd >= 0;
}

void tell_begin(struct tell *t, struct observer *observer, const struct tell_opts *opts)
{
	int err;

	*t = TELL_NOTHING;
	if (!opts)
		return;
	t->observer = observer;
	t->open_after_ns = opts->open_after_ns;
	t->open = opts->open;
	t->ctx = opts->ctx;
	err = journal_open(&t->journal, opts->path, &opts->limits);
	if (err) {
		log_warn("nothing will be in the journal: cannot make a socket: %s", strerror(-err));
		return;
	}
	err = announced_begin(&t->announced, observer);
	if (err)
		log_warn("recoveries that are open now will not be in the journal until they end: %s",
			 strerror(-err));
}

void tell_end(struct tell *t)
{
	journal_close(&t->journal);
	announced_free(&t->announced);
}

void tell_known(struct tell *t, int64_t wall_ns)
{
	if (!tells(t) || wall_ns <= t->until_ns)
		return;
	t->until_ns = wall_ns;
	for (size_t i = 0; i < t->announced.nr; i++) {
		struct announced *a = &t->announced.a[i];

		a->reported |= clock_of_monotonic(a->begin_ns + t->open_after_ns) <= wall_ns;
	}
}

void tell_read(struct tell *t, const void *data)
{
	const struct zrec_record *head = data;
	const struct zrec_span *span = data;
	int err = 0;

	if (!tells(t) || head->flags & ZREC_RECORD_EXIT)
		return;
	if (head->flags & ZREC_RECORD_EVENT)
		err = announced_add(&t->announced, t->observer, data);
	else
		announced_remove(&t->announced, span->id);
	if (err)
		log_warn("a recovery that has begun will not be in the journal until it ends: %s",
			 strerror(-err));
}

static void tell_record(struct tell *t, const void *data, int64_t tai_offset_ns)
{
	const struct zrec_record *head = data;
	const struct zrec_policy_exit *exit = data;
	const struct zrec_span *span = data;

	if (head->flags & ZREC_RECORD_EXIT)
		journal_policy_ended(&t->journal, exit, (int64_t)exit->tai_ns - tai_offset_ns);
	else if (!(head->flags & ZREC_RECORD_EVENT))
		journal_recovery(&t->journal, span, (int64_t)span->tai_ns - tai_offset_ns);
}

void tell_recorded(struct tell *t, struct ring *ring, uint64_t from, uint64_t to,
		   int64_t tai_offset_ns)
{
	struct ring_record record;

	if (!tells(t))
		return;
	while (from < to && ring_next(ring, &from, &record) > 0)
		if (!observer_check_record(record.data, record.size))
			tell_record(t, record.data, tai_offset_ns);
}

void tell_policies(struct tell *t, const struct policy_watch *w)
{
	for (int i = 0; tells(t) && i < POLICY_WATCH_PLACES; i++) {
		const struct policy_place_name *place = &w->now[i];
		int64_t wall_ns = clock_of_monotonic(place->since_ns);

		if (place->name[0] && !policy_watch_is_known(w, i) && wall_ns > t->until_ns)
			journal_policy_began(&t->journal, place->name, wall_ns, i > 0);
	}
}

bool tell_is_due(const struct tell *t)
{
	return tells(t) && !announced_timeout_ms(&t->announced, t->open_after_ns);
}

struct opens {
	struct tell *t;
	struct function_list functions;
	int64_t tai_offset_ns;
};

static int tell_one(void *ctx, const struct zrec_open *open)
{
	struct opens *o = ctx;
	struct open_recovery r;

	open_recovery_fill(&r, open, &o->functions, clock_ns(CLOCK_MONOTONIC), o->tai_offset_ns);
	journal_open_recovery(&o->t->journal, &r);
	if (o->t->open)
		o->t->open(o->t->ctx, open);
	return 0;
}

void tell_open(struct tell *t, int64_t tai_offset_ns)
{
	struct opens opens = { .t = t, .tai_offset_ns = tai_offset_ns };
	int err;

	if (!tell_is_due(t))
		return;
	err = function_list_read(&opens.functions, NULL);
	if (err)
		log_debug("cannot list the zPCI functions: %s", strerror(-err));
	err = announced_report(&t->announced, t->observer, t->open_after_ns, tell_one, &opens);
	if (err)
		log_warn("cannot look for recoveries that are open for long: %s", strerror(-err));
	/* What cannot be looked at now is not looked for again and again */
	for (size_t i = 0; err && i < t->announced.nr; i++)
		t->announced.a[i].reported = true;
	function_list_free(&opens.functions);
}

int tell_timeout_ms(const struct tell *t)
{
	int open, journal;

	if (!tells(t))
		return -1;
	open = announced_timeout_ms(&t->announced, t->open_after_ns);
	journal = journal_timeout_ms(&t->journal);
	if (open < 0 || journal < 0)
		return open < 0 ? journal : open;
	return open < journal ? open : journal;
}

const struct journal_stats *tell_stats(const struct tell *t)
{
	return tells(t) ? &t->journal.stats : NULL;
}

void tell_work(struct tell *t)
{
	journal_work(&t->journal);
}
