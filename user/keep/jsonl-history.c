// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "keep/boot.h"
#include "keep/filter.h"
#include "keep/jsonl-history.h"
#include "keep/jsonl.h"

/* Where a recovery is in the file */
struct place {
	int64_t wall_ns;
	uint64_t begin_ns;
	uint64_t line;
	off_t offset;
	const struct history_boot *boot;
};

struct gap {
	const struct history_boot *boot;
	struct history_gap gap;
};

struct jsonl_history {
	FILE *f;
	struct jsonl_reader reader;
	struct place *places;		/* the oldest first, or boot by boot */
	size_t nr_places;
	bool by_boot;
	struct gap *gaps;
	size_t nr_gaps;
	struct history_policy_event *events;
	size_t nr_events;
	char *name;
	char *error;
};

static int fail(struct jsonl_history *h, int err)
{
	const char *why = h->reader.why[0] ? h->reader.why : strerror(-err);
	bool in_line = h->reader.why[0] && h->reader.line;
	char line[32] = "";

	if (err == -ENOMEM)
		return err;
	free(h->error);
	if (in_line)
		snprintf(line, sizeof(line), ":%llu", (unsigned long long)h->reader.line);
	if (asprintf(&h->error, "%s%s: %s", h->name, line, why) < 0)
		h->error = NULL;
	return err;
}

static int add_place(struct jsonl_history *h, const struct history_recovery *r, off_t offset)
{
	struct place *place = array_add(&h->places, &h->nr_places, sizeof(*place));

	if (!place)
		return -ENOMEM;
	*place = (struct place){ r->wall_ns, r->full.span.begin_ns, h->reader.line, offset, r->boot };
	return 0;
}

static int keep(struct jsonl_history *h, const struct jsonl_line *line, off_t offset)
{
	struct history_policy_event *event;
	struct gap *gap;

	switch (line->kind) {
	case JSONL_RECOVERY:
		return add_place(h, &line->recovery, offset);
	case JSONL_GAP:
		gap = array_add(&h->gaps, &h->nr_gaps, sizeof(*gap));
		if (gap)
			*gap = (struct gap){ line->boot, line->gap };
		return gap ? 0 : -ENOMEM;
	case JSONL_POLICY_EVENT:
		event = array_add(&h->events, &h->nr_events, sizeof(*event));
		if (event)
			*event = line->policy_event;
		return event ? 0 : -ENOMEM;
	default:
		return 0;
	}
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->wall_ns != y->wall_ns)
		return x->wall_ns < y->wall_ns ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static int compare_by_boot(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int boot = x->boot == y->boot ? 0 : history_boot_compare(x->boot, y->boot);

	if (boot)
		return boot;
	if (x->begin_ns != y->begin_ns)
		return x->begin_ns < y->begin_ns ? -1 : 1;
	return compare_places(a, b);
}

static void sort_places(struct jsonl_history *h, bool by_boot)
{
	if (h->nr_places && h->by_boot != by_boot)
		qsort(h->places, h->nr_places, sizeof(*h->places), by_boot ? compare_by_boot : compare_places);
	h->by_boot = by_boot;
}

static int compare_gaps(const void *a, const void *b)
{
	const struct gap *x = a, *y = b;

	return x->gap.from_ns < y->gap.from_ns ? -1 : x->gap.from_ns > y->gap.from_ns;
}

static int compare_events(const void *a, const void *b)
{
	const struct history_policy_event *x = a, *y = b;

	return x->wall_ns < y->wall_ns ? -1 : x->wall_ns > y->wall_ns;
}

static void sort(struct jsonl_history *h)
{
	h->by_boot = true;
	sort_places(h, false);
	if (h->nr_gaps)
		qsort(h->gaps, h->nr_gaps, sizeof(*h->gaps), compare_gaps);
	if (h->nr_events)
		qsort(h->events, h->nr_events, sizeof(*h->events), compare_events);
}

/* The file as one that can be read twice */
static int spool(struct jsonl_history *h)
{
	FILE *copy;
	char buf[65536];
	size_t n;

	if (fseeko(h->f, 0, SEEK_CUR) == 0)
		return 0;
	copy = tmpfile();
	if (!copy)
		return -errno;
	while ((n = fread(buf, 1, sizeof(buf), h->f)) > 0)
		fwrite(buf, 1, n, copy);
	if (ferror(h->f) || ferror(copy) || fflush(copy)) {
		fclose(copy);
		return errno ? -errno : -EIO;
	}
	rewind(copy);
	fclose(h->f);
	h->f = copy;
	return 0;
}

static int read_all(struct jsonl_history *h)
{
	struct jsonl_line line;
	off_t offset = 0;
	int err = spool(h);

	while (!err) {
		err = jsonl_next(&h->reader, h->f, &line);
		if (err <= 0)
			return err;
		err = keep(h, &line, offset);
		offset = ftello(h->f);
	}
	return err;
}

int jsonl_history_open(struct jsonl_history **ret, FILE *f, const char *name)
{
	struct jsonl_history *h = calloc(1, sizeof(*h));
	int err;

	*ret = h;
	if (h)
		h->name = strdup(name);
	if (!h || !h->name) {
		free(h);
		*ret = NULL;
		fclose(f);
		return -ENOMEM;
	}
	h->f = f;
	err = read_all(h);
	if (err)
		return fail(h, err);
	sort(h);
	return 0;
}

void jsonl_history_close(struct jsonl_history *h)
{
	if (!h)
		return;
	fclose(h->f);
	jsonl_reader_free(&h->reader);
	free(h->places);
	free(h->gaps);
	free(h->events);
	free(h->name);
	free(h->error);
	free(h);
}

const char *jsonl_history_error(const struct jsonl_history *h)
{
	return h ? h->error : NULL;
}

static bool is_within(const struct history_filter *f, int64_t from_ns, int64_t to_ns)
{
	return (!f->since_ns || to_ns >= f->since_ns) && (!f->until_ns || from_ns < f->until_ns);
}

static int read_at(struct jsonl_history *h, const struct place *place, struct jsonl_line *line)
{
	int err;

	if (fseeko(h->f, place->offset, SEEK_SET))
		return fail(h, -errno);
	h->reader.line = place->line - 1;
	err = jsonl_next(&h->reader, h->f, line);
	if (!err || (err > 0 && line->kind != JSONL_RECOVERY)) {
		snprintf(h->reader.why, sizeof(h->reader.why), "it changed while it was read");
		err = -EUCLEAN;
	}
	return err < 0 ? fail(h, err) : 0;
}

/* Rows are counted by time, so there are none boot by boot */
static int each_at(struct jsonl_history *h, const struct history_filter *filter,
		   const struct place *place, int64_t row, history_recovery_fn fn, void *ctx)
{
	struct jsonl_line line;
	int err;

	if (!is_within(filter, place->wall_ns, place->wall_ns) || (filter->row && filter->row != row))
		return 0;
	err = read_at(h, place, &line);
	if (err)
		return err;
	line.recovery.row = row;
	if (!history_filter_has_host(filter, line.boot) ||
	    !span_match(&filter->span, &line.recovery.full.span))
		return 0;
	return fn(ctx, &line.recovery);
}

int jsonl_history_each(struct jsonl_history *h, const struct history_filter *filter,
		       enum history_order order, history_recovery_fn fn, void *ctx)
{
	int err = 0;

	sort_places(h, false);
	for (size_t i = 0; !err && i < h->nr_places; i++) {
		size_t at = order == HISTORY_OLDEST_FIRST ? i : h->nr_places - 1 - i;

		err = each_at(h, filter, &h->places[at], (int64_t)at + 1, fn, ctx);
	}
	return err;
}

int jsonl_history_each_by_boot(struct jsonl_history *h, const struct history_filter *filter,
			       history_recovery_fn fn, void *ctx)
{
	int err = 0;

	sort_places(h, true);
	for (size_t i = 0; !err && i < h->nr_places; i++)
		err = each_at(h, filter, &h->places[i], 0, fn, ctx);
	return err;
}

int jsonl_history_each_gap(struct jsonl_history *h, const struct history_filter *filter,
			   history_gap_fn fn, void *ctx)
{
	int err = 0;

	for (size_t i = 0; !err && i < h->nr_gaps; i++) {
		const struct gap *gap = &h->gaps[i];

		if (is_within(filter, gap->gap.from_ns, gap->gap.to_ns) &&
		    history_filter_has_host(filter, gap->boot))
			err = fn(ctx, gap->boot, &gap->gap);
	}
	return err;
}

int jsonl_history_each_policy_event(struct jsonl_history *h, const struct history_filter *filter,
				    history_policy_fn fn, void *ctx)
{
	int err = 0;

	for (size_t i = 0; !err && i < h->nr_events; i++) {
		const struct history_policy_event *event = &h->events[i];

		if (is_within(filter, event->wall_ns, event->wall_ns) &&
		    history_filter_has_host(filter, event->boot) && history_filter_has_policy(filter, event->policy))
			err = fn(ctx, event);
	}
	return err;
}
