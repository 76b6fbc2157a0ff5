// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* asprintf(), tdestroy() */
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keep/db.h"
#include "keep/history.h"
#include "keep/import.h"
#include "keep/jsonl.h"
#include "keep/place.h"
#include "keep/verify.h"
#include "keep/writer-db.h"

#define BATCH	32768		/* rows to a commit */

/* Of a gap or a policy event only the boot is known */
struct seen {
	uint64_t since_ns;
	int64_t since_wall_ns;
	uint8_t tier;
	const char *version;		/* or NULL */
};

/* Where it is in the file */
struct observation {
	char boot_id[HISTORY_ID_LEN];
	uint64_t since_ns;
	int64_t boot, observation;
	bool named;				/* the file says what observed it */
	bool has_machine;			/* and which machine it is of */
};

struct import {
	struct writer *writer;
	void *observations;			/* those that were met, by tsearch(3) */
	struct observation *at;
	int err;				/* why there is none */
	uint64_t rows;				/* since the last commit */
	void *notes;				/* gaps and events of policies that are there */
	char *to;
	bool is_new, finished;
	struct import_counts counts;
	char *error;
};

__attribute__((format(printf, 3, 4)))
static int fail(struct import *i, int err, const char *fmt, ...)
{
	va_list args;

	free(i->error);
	va_start(args, fmt);
	if (vasprintf(&i->error, fmt, args) < 0)
		i->error = NULL;
	va_end(args);
	return err;
}

static int write_failed(struct import *i, int err)
{
	if (err == -EBUSY)
		return fail(i, err, "%s: another process writes it", i->to);
	if (err == -EPROTO)
		return fail(i, err, "%s: a newer zrec made it", i->to);
	if (err == -EUCLEAN)
		return fail(i, err, "%s: no recording, or damaged", i->to);
	return fail(i, err, "%s: %s", i->to, place_problem(err));
}

/* --- what has no identity of its own: what it says is one ------------------- */

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* 1: it is new; 0: it was there; -ENOMEM. The text is taken over */
static int note(struct import *i, char *text)
{
	void *found = text ? tsearch(text, &i->notes, compare) : NULL;

	if (found && *(char **)found == text)
		return 1;
	free(text);
	return found ? 0 : -ENOMEM;
}

static int note_gap(struct import *i, const struct history_boot *boot, const struct history_gap *g)
{
	char *text;

	if (asprintf(&text, "gap %s %d %" PRIu64 " %" PRId64 " %" PRId64, boot->boot_id, g->reason,
		     g->recoveries, g->from_ns, g->to_ns) < 0)
		return -ENOMEM;
	return note(i, text);
}

static int note_event(struct import *i, const struct history_policy_event *e)
{
	char *text;

	if (asprintf(&text, "event %s %" PRIu64 " %" PRId64 " %s %s", e->boot->boot_id, e->at_ns,
		     e->at_ns ? 0 : e->wall_ns, e->policy, e->what) < 0)
		return -ENOMEM;
	return note(i, text);
}

static int see_gap(void *ctx, const struct history_boot *boot, const struct history_gap *gap)
{
	int n = note_gap(ctx, boot, gap);

	return n < 0 ? n : 0;
}

static int see_event(void *ctx, const struct history_policy_event *event)
{
	int n = note_event(ctx, event);

	return n < 0 ? n : 0;
}

static int see_what_is_there(struct import *i)
{
	const struct history_filter all = { 0 };
	struct history *h = NULL;
	int err = history_open(&h, i->to);

	if (!err)
		err = history_each_gap(h, &all, see_gap, i);
	if (!err)
		err = history_each_policy_event(h, &all, see_event, i);
	if (err && h && history_error(h))
		fail(i, err, "%s", history_error(h));
	history_close(h);
	return err;
}

/* --- rows ------------------------------------------------------------------ */

/* Nobody goes on recording this: how far a ring buffer was read stays as it is */
static int commit(struct import *i)
{
	int err = i->rows ? writer_end_batch(i->writer, db_run(i->writer->stmt[COMMIT])) : 0;

	i->rows = 0;
	return err ? write_failed(i, err) : 0;
}

static int compare_observations(const void *a, const void *b)
{
	const struct observation *x = a, *y = b;

	if (x->since_ns != y->since_ns)
		return x->since_ns < y->since_ns ? -1 : 1;
	return strcmp(x->boot_id, y->boot_id);
}

/* Than what was imported before, perhaps from a file of an older zrec */
static bool says_more(const struct observation *o, const struct history_boot *boot,
		      const struct seen *seen)
{
	return (seen->version && !o->named) || (boot->machine_id[0] && !o->has_machine);
}

static struct observation *find_observation(struct import *i, const struct history_boot *boot,
					    const struct seen *seen)
{
	struct zrec_info info = { .abi = ZREC_ABI, .since_ns = seen->since_ns, .tier = seen->tier };
	struct observation *o, key = {
		.since_ns = seen->since_ns, .named = seen->version, .has_machine = boot->machine_id[0],
	};
	struct writer_progress progress;
	void *found;

	memcpy(key.boot_id, boot->boot_id, sizeof(key.boot_id));
	found = tfind(&key, &i->observations, compare_observations);
	o = found ? *(struct observation **)found : NULL;
	if (o && !says_more(o, boot, seen))
		return o;
	if (seen->version)
		memcpy(info.version, seen->version, strnlen(seen->version, sizeof(info.version)));
	i->err = writer_find_observation(i->writer, boot, &info, seen->since_wall_ns, &progress);
	if (i->err)
		return NULL;
	/* It may be all that is new */
	i->rows++;
	key.boot = i->writer->boot;
	key.observation = i->writer->observation;
	if (o) {
		o->named |= key.named;
		o->has_machine |= key.has_machine;
		return o;
	}
	o = malloc(sizeof(*o));
	if (o)
		*o = key;
	if (o && tsearch(o, &i->observations, compare_observations))
		return o;
	free(o);
	i->err = -ENOMEM;
	return NULL;
}

/* Makes the observation the one that rows are added to */
static int observe(struct import *i, const struct history_boot *boot, const struct seen *seen)
{
	struct observation *o = i->at;

	if (!o || o->since_ns != seen->since_ns || strcmp(o->boot_id, boot->boot_id) ||
	    says_more(o, boot, seen))
		o = find_observation(i, boot, seen);
	if (!o)
		return write_failed(i, i->err);
	i->at = o;
	i->writer->boot = o->boot;
	i->writer->observation = o->observation;
	return 0;
}

static int added(struct import *i, uint64_t *count)
{
	++*count;
	return ++i->rows < BATCH ? 0 : commit(i);
}

static int add_recovery(void *ctx, const struct history_recovery *r)
{
	struct import *i = ctx;
	/* Of a stranger's numbers any difference may be left, so it is one without a sign */
	uint64_t since_wall_ns = (uint64_t)r->wall_ns - (r->full.span.begin_ns - r->observation_ns);
	struct seen seen = {
		.since_ns = r->observation_ns, .since_wall_ns = (int64_t)since_wall_ns,
		.tier = r->full.span.tier,
	};
	struct writer_arm arm;
	int err;

	if (r->observation) {
		seen.tier = r->observation->tier;
		seen.version = r->observation->version;
		seen.since_wall_ns = r->observation->since_wall_ns ?: seen.since_wall_ns;
	}
	err = observe(i, r->boot, &seen);
	if (err)
		return err;
	memcpy(arm.experiment, r->experiment, sizeof(arm.experiment));
	memcpy(arm.arm, r->arm, sizeof(arm.arm));
	err = writer_span(i->writer, r->position, &r->full.span, r->wall_ns,
			  r->experiment[0] ? &arm : NULL);
	if (err == -EEXIST) {
		i->counts.there++;
		return 0;
	}
	return err ? write_failed(i, err) : added(i, &i->counts.recoveries);
}

/* Which observation of its boot a gap is of is not in JSON lines: the one at hand, or none */
static int add_gap(void *ctx, const struct history_boot *boot, const struct history_gap *gap)
{
	struct import *i = ctx;
	int n = note_gap(i, boot, gap), err = 0;

	if (n < 0)
		return n;
	if (!n) {
		i->counts.there++;
		return 0;
	}
	if (!i->at || strcmp(i->at->boot_id, boot->boot_id))
		err = observe(i, boot, &(struct seen){ .since_wall_ns = gap->from_ns });
	if (!err)
		err = writer_gap(i->writer, gap);
	return err ? write_failed(i, err) : added(i, &i->counts.gaps);
}

static int add_event(void *ctx, const struct history_policy_event *event)
{
	struct history_policy_event told = *event;
	struct import *i = ctx;
	int n = note_event(i, event), err = 0;

	if (n < 0)
		return n;
	if (!n) {
		i->counts.there++;
		return 0;
	}
	/* Of one moment and kind the file keeps one: all that are of none would be one, too */
	if (!event->at_ns)
		told.at_ns = -(uint64_t)event->wall_ns;
	if (!i->at || strcmp(i->at->boot_id, event->boot->boot_id))
		err = observe(i, event->boot, &(struct seen){ .since_wall_ns = event->wall_ns });
	if (!err)
		err = writer_policy_event(i->writer, &told);
	return err ? write_failed(i, err) : added(i, &i->counts.policy_events);
}

/* --- files ----------------------------------------------------------------- */

static int add_line(struct import *i, const struct jsonl_line *line)
{
	switch (line->kind) {
	case JSONL_RECOVERY:
		return add_recovery(i, &line->recovery);
	case JSONL_GAP:
		return add_gap(i, line->boot, &line->gap);
	case JSONL_POLICY_EVENT:
		return add_event(i, &line->policy_event);
	default:
		return 0;
	}
}

/* Line by line: a file may be larger than memory */
static int import_lines(struct import *i, FILE *f, const char *name)
{
	struct jsonl_reader r = { 0 };
	struct jsonl_line line;
	int err, done = 0;

	while ((err = jsonl_next(&r, f, &line)) == 1 && !done)
		done = add_line(i, &line);
	if (err < 0 && r.why[0] && !r.line)
		fail(i, err, "%s: %s", name, r.why);
	else if (err < 0 && r.why[0])
		fail(i, err, "%s:%" PRIu64 ": %s", name, r.line, r.why);
	else if (err < 0)
		fail(i, err, "%s: %s", name, strerror(-err));
	jsonl_reader_free(&r);
	return done ? done : err;
}

static int import_history(struct import *i, const char *from)
{
	const struct history_filter all = { 0 };
	struct history *h = NULL;
	int err = history_open(&h, from);

	if (!err)
		err = history_each(h, &all, HISTORY_OLDEST_FIRST, add_recovery, i);
	if (!err)
		err = history_each_gap(h, &all, add_gap, i);
	if (!err)
		err = history_each_policy_event(h, &all, add_event, i);
	if (err && !i->error)
		fail(i, err, "%s", h && history_error(h) ? history_error(h) : strerror(-err));
	history_close(h);
	return err;
}

int import_file(struct import *i, const char *from)
{
	bool is_stdin = !strcmp(from, "-");
	bool is_database = !is_stdin && verify_is_database(from);
	FILE *f = is_database ? NULL : is_stdin ? stdin : fopen(from, "re");
	int err, last;

	if (!f && !is_database)
		return fail(i, -errno, "%s: %s", from, strerror(errno));
	if (is_database)
		err = import_history(i, from);
	else
		err = import_lines(i, f, is_stdin ? "<stdin>" : from);
	if (f && !is_stdin)
		fclose(f);
	/* What came before a mistake is good */
	last = commit(i);
	return err ? err : last;
}

int import_open(struct import **ret, const char *to)
{
	struct import *i = calloc(1, sizeof(*i));
	int err;

	*ret = i;
	if (i)
		i->to = strdup(to);
	if (!i || !i->to) {
		free(i);
		*ret = NULL;
		return -ENOMEM;
	}
	i->is_new = access(to, F_OK) < 0;
	err = i->is_new ? 0 : see_what_is_there(i);
	if (err)
		return err;
	err = writer_open(&i->writer, to);
	if (err)
		i->writer = NULL;
	else
		err = writer_begin_bulk(i->writer);
	return err ? write_failed(i, err) : 0;
}

int import_finish(struct import *i)
{
	int err = writer_end_bulk(i->writer);

	if (!err)
		err = writer_finish(i->writer);
	i->finished = !err;
	return err ? write_failed(i, err) : 0;
}

void import_close(struct import *i)
{
	const struct import_counts *c = i ? &i->counts : NULL;
	bool is_useless;

	if (!i)
		return;
	is_useless = i->writer && i->is_new && i->error &&
		     !(c->recoveries + c->gaps + c->policy_events);
	/* What came before the mistake is to be found, too; that is an error already */
	if (i->writer && !is_useless && !i->finished)
		writer_end_bulk(i->writer);
	/* First, so that SQLite takes its log away, too */
	if (i->writer)
		writer_close(i->writer);
	if (is_useless)
		unlink(i->to);
	tdestroy(i->notes, free);
	tdestroy(i->observations, free);
	free(i->to);
	free(i->error);
	free(i);
}

const struct import_counts *import_counts(const struct import *i)
{
	return &i->counts;
}

const char *import_error(const struct import *i)
{
	return i->error;
}
