// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "keep/boot.h"
#include "keep/experiment-count.h"
#include "keep/experiment-host.h"
#include "keep/place.h"
#include "record/names.h"
#include "serve/gaps.h"
#include "serve/policy-watch.h"
#include "serve/recorder.h"

/* A batch stays open for so long at most, and is looked at so often meanwhile */
#define COMMIT_MS	100
#define LOOK_MS		20
#define RETRY_MS	1000
/* Old rows go in small pieces, when there are new ones, and at most so often */
#define RETAIN_MS	1000

struct recorder {
	struct recorder_opts opts;
	struct observer *observer;
	struct writer *writer;		/* NULL: the file could not be opened */
	struct history_boot boot;
	struct writer_progress progress;	/* as it was committed */
	struct policy_watch policies;
	struct experiment_host_state experiments;
	struct experiment_counts *counts;	/* of them; NULL: no memory */
	struct tell tell;
	uint64_t at;			/* in the ring: the next record that is not in the batch */
	uint64_t live_at;		/* ... that was not shown yet */
	uint64_t counted_at;		/* ... that is not in counts yet */
	uint64_t batch_recorded;	/* recoveries in the batch */
	struct gaps gaps;		/* that no commit has put into the file yet */
	uint64_t commit_ns;		/* CLOCK_MONOTONIC: when the batch is due */
	uint64_t retry_ns;
	uint64_t retain_ns;
	uint64_t began_ns;		/* CLOCK_MONOTONIC, and the wall clock at that moment */
	int64_t began_wall_ns;
	int64_t tai_offset_ns;
	bool open_batch;
	bool has_grown;			/* since old rows were looked for */
	bool more_to_retain;
	struct recorder_state state;
};

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static int64_t wall_ns(void)
{
	return (int64_t)clock_ns(CLOCK_REALTIME);
}

/* --- the file fails --- */

const char *recorder_reason(int err)
{
	switch (err) {
	case -EBUSY:
		return "another process writes it";
	case -EPROTO:
		return "a newer zrec made it";
	case -EUCLEAN:
		return "it is damaged, or no history: name another file";
	default:
		return place_problem(err);
	}
}

/* All that no commit has is still in the ring, and is read again from there */
static void undo(struct recorder *r)
{
	if (r->writer)
		writer_undo(r->writer);
	r->at = ring_released(observer_ring(r->observer));
	r->batch_recorded = 0;
	r->gaps.unreadable = 0;
	r->open_batch = false;
}

static void fail(struct recorder *r, int err)
{
	r->retry_ns = now_ns() + RETRY_MS * NSEC_PER_MSEC;
	if (err == r->state.error)
		return;
	if (!r->state.error)
		r->state.error_since_ns = wall_ns();
	r->state.error = err;
	r->state.reason = recorder_reason(err);
	log_error("cannot record in %s: %s; recoveries wait in the kernel's ring buffer, and zrec tries again every second",
		  r->opts.path, recorder_reason(err));
}

static void succeed(struct recorder *r)
{
	if (!r->state.error)
		return;
	log_info("recording in %s again", r->opts.path);
	r->state.error = 0;
}

/* --- batches --- */

static int64_t begin_wall_ns(const struct recorder *r)
{
	return (int64_t)observer_info(r->observer)->since_tai_ns - r->tai_offset_ns;
}

/* Somewhere between what is in the file and what is in the ring we go on */
static int find_place(struct recorder *r)
{
	struct ring *ring = observer_ring(r->observer);
	uint64_t released = ring_released(ring);

	/* Committed, and killed before the ring was told */
	if (r->progress.read_to > released && r->progress.read_to <= ring_written(ring)) {
		ring_release(ring, r->progress.read_to);
		released = r->progress.read_to;
	}
	r->at = released;
	r->progress.read_to = released;
	if (r->live_at < released)
		r->live_at = released;
	return gaps_find(&r->gaps, r->observer, &r->progress, r->at);
}

static int open_file(struct recorder *r)
{
	int err = r->writer ? 0 : writer_open(&r->writer, r->opts.path);

	/* Whoever names a file for others may have named the wrong one */
	if (err == -EUCLEAN && !r->opts.once) {
		err = writer_set_aside(r->opts.path);
		if (!err)
			err = writer_open(&r->writer, r->opts.path);
	}
	if (!err)
		err = writer_observation(r->writer, &r->boot, observer_info(r->observer),
					 begin_wall_ns(r), &r->progress);
	if (!err)
		err = find_place(r);
	if (!err)
		tell_known(&r->tell, r->progress.wall_ns);
	if (err && r->writer) {
		writer_close(r->writer);
		r->writer = NULL;
	}
	return err;
}

int recorder_write_exit(struct writer *w, const struct history_boot *boot,
			const struct zrec_policy_exit *exit, int64_t tai_offset_ns)
{
	struct history_policy_event event = {
		.wall_ns = (int64_t)exit->tai_ns - tai_offset_ns,
		.at_ns = exit->at_ns,
		.code = exit->code,
		.boot = boot,
	};

	memcpy(event.policy, exit->policy, sizeof(event.policy));
	memcpy(event.text, exit->text, sizeof(event.text));
	snprintf(event.what, sizeof(event.what), "%s", name_exit(exit->kind));
	return writer_policy_event(w, &event);
}

/* At its place among the recoveries: those that come after it are in no experiment */
static int add_exit(struct recorder *r, const struct zrec_policy_exit *exit)
{
	experiment_host_exit(&r->experiments, exit);
	return recorder_write_exit(r->writer, &r->boot, exit, r->tai_offset_ns);
}

/* A batch that could not be written is read again */
static void count_span(struct recorder *r, const struct ring_record *record,
		       const struct writer_arm *arm)
{
	if (!r->counts || record->position < r->counted_at)
		return;
	r->counted_at = record->end;
	experiment_counts_add(r->counts, record->data, arm);
}

static int add_span(struct recorder *r, const struct ring_record *record)
{
	const struct zrec_span *span = record->data;
	struct writer_arm arm;
	bool takes_part = experiment_arm_of(&r->experiments, span, arm.experiment, arm.arm);
	int err = writer_span(r->writer, record->position, span,
			      (int64_t)span->tai_ns - r->tai_offset_ns, takes_part ? &arm : NULL);

	if (!err)
		count_span(r, record, takes_part ? &arm : NULL);
	return err;
}

static int add_record(struct recorder *r, const struct ring_record *record)
{
	const struct zrec_record *head = record->data;
	int err;

	if (observer_check_record(record->data, record->size)) {
		r->gaps.unreadable++;
		return 0;
	}
	if (head->flags & ZREC_RECORD_EVENT)
		return 0;
	if (head->flags & ZREC_RECORD_EXIT)
		return add_exit(r, record->data);
	err = add_span(r, record);
	/* Only if somebody else has written to the file's rows by hand */
	if (err == -EEXIST)
		return 0;
	r->batch_recorded += !err;
	return err;
}

static void show_live(struct recorder *r, const struct ring_record *record)
{
	const struct zrec_policy_exit *exit = record->data;

	if (record->position < r->live_at)
		return;
	r->live_at = record->end;
	/* One that we do not understand is counted, when it comes to the file */
	if (observer_check_record(record->data, record->size))
		return;
	if (exit->flags & ZREC_RECORD_EXIT && exit->kind == ZPCI_POLICY_EXIT_BUDGET)
		r->state.ejections++;
	tell_read(&r->tell, record->data);
	if (r->opts.live)
		r->opts.live(r->opts.ctx, record);
}

/* Who looks on hears of a recovery whether the file can be written or not, the journal of an open one */
static void show_without_file(struct recorder *r)
{
	struct ring *ring = observer_ring(r->observer);
	uint64_t released = ring_released(ring), at = r->live_at > released ? r->live_at : released;
	struct ring_record record;

	while (ring_next(ring, &at, &record) > 0)
		show_live(r, &record);
	tell_open(&r->tell, r->tai_offset_ns);
}

/* After the commit, and before the records leave the ring: each once at most */
static void tell_committed(struct recorder *r)
{
	struct ring *ring = observer_ring(r->observer);

	tell_recorded(&r->tell, ring, ring_released(ring), r->at, r->tai_offset_ns);
	tell_policies(&r->tell, &r->policies);
	tell_open(&r->tell, r->tai_offset_ns);
}

/* What the commit has put into the file, since the one before */
static void count_gaps(struct recorder *r, const struct writer_progress *progress)
{
	for (int i = 0; i < ZREC_NR_LOST; i++)
		r->state.gaps[HISTORY_GAP_NO_SLOT + i] += progress->lost[i] - r->progress.lost[i];
	r->state.gaps[HISTORY_GAP_OTHER_READER] += r->gaps.other_reader;
	r->state.gaps[HISTORY_GAP_UNREADABLE] += r->gaps.unreadable;
}

static int commit(struct recorder *r)
{
	struct writer_progress progress = r->progress;
	uint64_t missing;
	int err;

	progress.read_to = r->at;
	progress.accounted += r->batch_recorded + r->gaps.other_reader + r->gaps.unreadable;
	progress.wall_ns = wall_ns();
	err = policy_watch_record(&r->policies, r->writer, &r->boot);
	if (!err)
		err = gaps_write(&r->gaps, r->observer, r->writer,
				 r->progress.wall_ns ? r->progress.wall_ns : begin_wall_ns(r),
				 r->tai_offset_ns, &progress, &missing);
	fault_point("record-filled");
	if (!err)
		err = writer_commit(r->writer, &progress);
	if (err)
		return err;
	fault_point("record-committed");
	tell_committed(r);
	ring_release(observer_ring(r->observer), progress.read_to);
	policy_watch_recorded(&r->policies);
	r->state.recorded += r->batch_recorded;
	r->state.missing += missing;
	count_gaps(r, &progress);
	r->state.commits++;
	r->has_grown = true;
	r->state.committed_ns = progress.wall_ns;
	r->progress = progress;
	r->batch_recorded = 0;
	r->gaps = (struct gaps){ 0 };
	r->open_batch = false;
	r->commit_ns = now_ns() + COMMIT_MS * NSEC_PER_MSEC;
	succeed(r);
	return 0;
}

/* Not within a batch. It says what is wrong, and recoveries are recorded all the same */
static void look_at_experiments(struct recorder *r)
{
	if (!r->open_batch)
		experiment_host_look(&r->experiments, NULL);
}

/* Until the batch is due, or the ring is empty. -EPROTO: the ring is no ring */
static int fill(struct recorder *r, uint64_t due_ns)
{
	struct ring_record record;
	int err = 0, more = 1, nr = 0;

	while (!err) {
		more = ring_next(observer_ring(r->observer), &r->at, &record);
		if (more <= 0)
			break;
		look_at_experiments(r);
		r->open_batch = true;
		show_live(r, &record);
		err = add_record(r, &record);
		/* The clock is not worth a look for each */
		if (!(++nr % 64) && now_ns() >= due_ns)
			break;
	}
	return more < 0 ? more : err;
}

static int write_batch(struct recorder *r, bool now)
{
	uint64_t due = r->commit_ns > now_ns() ? r->commit_ns : now_ns() + COMMIT_MS * NSEC_PER_MSEC;
	int err;

	if (!r->writer) {
		err = open_file(r);
		if (err)
			return err;
		r->open_batch = true;
	}
	err = fill(r, due);
	policy_watch_look(&r->policies);
	/* Only a commit shows that the cause of an error is gone, and gaps may be left, too */
	r->open_batch |= r->policies.changed || r->state.error || tell_is_due(&r->tell);
	if (!err && r->open_batch && (now || now_ns() >= r->commit_ns))
		err = commit(r);
	/* Nothing but discarded records, such as heartbeats: there is nothing to commit */
	if (!err && !r->open_batch && r->at > ring_released(observer_ring(r->observer)))
		ring_release(observer_ring(r->observer), r->at);
	return err;
}

/* Nobody may come back for what stays: all that is in the ring by now, in as many batches */
static int write_all(struct recorder *r)
{
	struct ring *ring = observer_ring(r->observer);
	const uint64_t end = ring_written(ring);
	uint64_t before;
	int err;

	do {
		before = ring_released(ring);
		err = write_batch(r, true);
	} while (!err && r->at < end && r->at > before);
	return err;
}

/*
 * A clock that is set forward makes nothing older: what is removed by mistake is gone, and
 * what stays too long goes after the next start
 */
static int64_t aging_wall_ns(const struct recorder *r)
{
	int64_t passed = r->began_wall_ns + (int64_t)(now_ns() - r->began_ns), now = wall_ns();

	return now < passed ? now : passed;
}

/* Only after a commit: what does not grow needs nobody to wake up for it */
static int retain(struct recorder *r)
{
	int more;

	if (r->open_batch || !(r->more_to_retain || (r->has_grown && now_ns() >= r->retain_ns)))
		return 0;
	r->has_grown = false;
	more = writer_retain(r->writer, &r->opts.limits, aging_wall_ns(r), now_ns());
	r->more_to_retain = more > 0;
	r->retain_ns = now_ns() + RETAIN_MS * NSEC_PER_MSEC;
	return more < 0 ? more : 0;
}

static int work(struct recorder *r, bool now)
{
	bool ended = observer_has_ended(r->observer);
	int err;

	r->tai_offset_ns = clock_tai_offset_ns();
	tell_work(&r->tell);
	if (r->state.error && !now && now_ns() < r->retry_ns) {
		show_without_file(r);
		return 0;
	}
	err = now || ended ? write_all(r) : write_batch(r, false);
	if (!err)
		err = retain(r);
	if (err) {
		undo(r);
		if (r->opts.once)
			return err;
		fail(r, err);
		show_without_file(r);
	}
	/* What cannot be written yet stays in the ring, which lives as long as we have it open */
	return ended && !r->state.error ? -ESHUTDOWN : 0;
}

int recorder_work(struct recorder *r)
{
	observer_read_removals(r->observer);
	return work(r, false);
}

uint64_t recorder_read_to(const struct recorder *r)
{
	return r->at;
}

void recorder_set_limits(struct recorder *r, const struct writer_limits *limits)
{
	r->opts.limits = *limits;
	r->more_to_retain = true;	/* perhaps */
}

int recorder_policy_fd(const struct recorder *r)
{
	return r->policies.fd;
}

int recorder_fd(const struct recorder *r)
{
	/* While records are held back it would be readable all the time */
	return r->open_batch || r->state.error ? -1 : observer_fd(r->observer);
}

static int ms_until(uint64_t ns)
{
	uint64_t now = now_ns();

	return ns > now ? (int)((ns - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC) : 0;
}

int recorder_timeout_ms(const struct recorder *r)
{
	int due = ms_until(r->commit_ns);

	if (r->state.error)
		return r->opts.live ? COMMIT_MS : ms_until(r->retry_ns);
	if (r->open_batch)
		return due < LOOK_MS ? due : LOOK_MS;
	if (r->more_to_retain)
		return 0;
	return tell_timeout_ms(&r->tell);
}

/* --- begin and end --- */

static void report_file(const struct recorder *r, int err)
{
	log_error("cannot record in %s: %s", r->opts.path, recorder_reason(err));
}

/* Before we observe: for a file that is good for nothing, nothing on this host changes */
static int open_for_once(struct recorder *r)
{
	int err = writer_open(&r->writer, r->opts.path);

	if (err)
		report_file(r, err);
	return err;
}

static int observe(struct recorder *r)
{
	int err = observer_open(&r->observer, &r->opts.observer);

	if (err)
		return err;
	err = observer_claim_from(r->observer, r->opts.meanwhile, r->opts.ctx);
	if (err == -EBUSY)
		log_error("another zrec reads the ring buffer and does not hand over: a recorder that runs already, or a stopped zrec watch");
	else if (err)
		log_error("cannot read the ring buffer: %s", strerror(-err));
	return err;
}

int recorder_open(struct recorder **ret, const struct recorder_opts *opts)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->opts = *opts;
	r->began_ns = now_ns();
	r->began_wall_ns = wall_ns();
	r->policies.fd = -1;
	r->tell = TELL_NOTHING;
	r->tai_offset_ns = clock_tai_offset_ns();
	r->counts = experiment_counts_new();
	err = opts->once ? open_for_once(r) : 0;
	if (!err)
		err = observe(r);
	if (err) {
		if (r->writer)
			writer_discard(r->writer);
		r->writer = NULL;
		goto out;
	}
	history_boot_read(&r->boot);
	policy_watch_begin(&r->policies);
	tell_begin(&r->tell, r->observer, opts->tell);
	r->opts.tell = NULL;	/* it may not be there any more */
	err = open_file(r);
	if (err && opts->once) {
		report_file(r, err);
		goto out;
	}
	if (err)
		fail(r, err);
	/* Also with nothing to record: when it began is worth a row */
	r->open_batch = !err;
	err = 0;
out:
	if (err)
		recorder_close(r);
	else
		*ret = r;
	return err;
}

/* What could not be recorded to the last: the next reader of the ring has it, if there is one */
static int report_left(const struct recorder *r)
{
	int64_t left = r->state.error ? gaps_waiting(observer_ring(r->observer), r->at) : 0;

	if (left <= 0) {
		if (r->state.error)
			log_error("at the end nothing can be recorded in %s: %s", r->opts.path,
				  r->state.reason);
		return r->state.error;
	}
	if (observer_has_ended(r->observer))
		log_error("%lld %s lost, which could not be recorded in %s: the observation has ended",
			  (long long)left, text_nr(left, "recovery is", "recoveries are"), r->opts.path);
	else
		log_error("%lld %s in the kernel's ring buffer, which could not be recorded in %s",
			  (long long)left, text_nr(left, "recovery waits", "recoveries wait"),
			  r->opts.path);
	return r->state.error;
}

int recorder_close(struct recorder *r)
{
	int err = 0;

	if (!r)
		return 0;
	if (r->writer || r->state.error) {
		/* Also with nothing to record: what is missing next time is missing from now on */
		r->open_batch = r->open_batch || r->writer;
		err = work(r, true);
		if (!err || err == -ESHUTDOWN)
			err = report_left(r);
	}
	if (r->writer)
		writer_close(r->writer);
	policy_watch_end(&r->policies);
	tell_end(&r->tell);
	experiment_host_free(&r->experiments);
	experiment_counts_free(r->counts);
	observer_close(r->observer);
	free(r);
	return err;
}

int recorder_finish(struct recorder *r)
{
	int err = work(r, true);

	if (!err || err == -ESHUTDOWN)
		err = writer_finish(r->writer);
	if (r->writer)
		writer_close(r->writer);
	r->writer = NULL;
	return err;
}

const struct recorder_state *recorder_state(struct recorder *r)
{
	r->state.wal_bytes = r->writer ? writer_wal_bytes(r->writer) : 0;
	r->state.journal = tell_stats(&r->tell);
	return &r->state;
}

const struct experiment_host_state *recorder_experiments(struct recorder *r)
{
	look_at_experiments(r);
	return &r->experiments;
}

struct experiment_counts *recorder_counts(struct recorder *r)
{
	return r->counts;
}

struct observer *recorder_observer(struct recorder *r)
{
	return r->observer;
}
