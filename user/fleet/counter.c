// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* asprintf(), tdestroy() */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "fleet/counter.h"

/* Of the window, and of a piece with a reset */
#define MAX_PIECES	128
/* Scrapes are seldom farther apart, and one reset in this time can be told from two values */
#define MIN_PIECE_MS	60000
/* A value before the window counts if it is not older */
#define BASE_MS		(24 * 3600 * 1000LL)
#define MAX_SERIES	2000000
#define MAX_VALUES	20000000
/* Doubles are exact up to here */
#define MAX_COUNT	9007199254740992.0

/* Says what a value of the answer is; no metric of zrec has it */
#define KIND_LABEL	"zrec_kind"

struct piece {
	uint32_t series;
	uint32_t has_resets;
	int64_t from_ms, to_ms;
	uint64_t min, max;
};

struct series {
	char *labels;
	size_t index;
};

struct reading {
	struct prometheus *p;
	const char *selector;
	struct counters *ret;
	void *tree;			/* of struct series, by labels */
	struct piece *pieces;
	size_t nr_pieces;
	int64_t step_ms;		/* of the query that runs */
	size_t begin;			/* ... its first piece */
	uint64_t last_number;		/* of the series in the answer that the sample before is of */
	size_t last_series;
	char last_kind;
};

/* --- series --- */

static int compare_series(const void *a, const void *b)
{
	return strcmp(((const struct series *)a)->labels, ((const struct series *)b)->labels);
}

/* Takes @labels over. Its index, or a negative errno */
static ssize_t add_series(struct reading *r, char *labels)
{
	struct series *series = malloc(sizeof(*series));
	struct counter *counter;

	if (!series)
		goto no_memory;
	if (r->ret->nr == MAX_SERIES) {
		log_error("more than %d series of %s: choose hosts with --match", MAX_SERIES,
			  text_shown(r->selector));
		free(labels);
		free(series);
		return -ENOSPC;
	}
	counter = array_add(&r->ret->c, &r->ret->nr, sizeof(*counter));
	if (!counter)
		goto no_memory;
	counter->labels = labels;
	*series = (struct series){ labels, r->ret->nr - 1 };
	if (!tsearch(series, &r->tree, compare_series)) {
		free(series);
		return -ENOMEM;
	}
	return (ssize_t)series->index;
no_memory:
	free(labels);
	free(series);
	return -ENOMEM;
}

static ssize_t find_series(struct reading *r, const json_t *labels)
{
	json_t *own = json_copy((json_t *)labels);
	struct series key, **found;

	json_object_del(own, KIND_LABEL);
	json_object_del(own, "__name__");
	key.labels = json_dumps(own, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(own);
	if (!key.labels)
		return -ENOMEM;
	found = tfind(&key, &r->tree, compare_series);
	if (!found)
		return add_series(r, key.labels);
	free(key.labels);
	return (ssize_t)(*found)->index;
}

/* --- answers --- */

/* The kinds of one piece come one after the other, each kind of all pieces of a series at once */
static struct piece *find_piece(struct reading *r, size_t series, int64_t at_ms)
{
	struct piece *piece;

	if (r->nr_pieces == MAX_VALUES) {
		log_error("more than %d values of %s: choose hosts with --match, or a shorter time with --since",
			  MAX_VALUES, text_shown(r->selector));
		return NULL;
	}
	piece = array_add(&r->pieces, &r->nr_pieces, sizeof(*piece));
	if (piece)
		*piece = (struct piece){
			.series = (uint32_t)series, .from_ms = at_ms - r->step_ms, .to_ms = at_ms,
			.min = UINT64_MAX,
		};
	return piece;
}

static int take(void *ctx, const struct prometheus_series *from, int64_t at_ms, double value)
{
	struct reading *r = ctx;
	struct piece *piece;

	if (from->number != r->last_number) {
		const char *kind = json_string_value(json_object_get(from->labels, KIND_LABEL));
		ssize_t series = find_series(r, from->labels);

		if (series < 0)
			return (int)series;
		r->last_series = (size_t)series;
		r->last_number = from->number;
		r->last_kind = kind ? *kind : '\0';
	}
	if (!(value >= 0 && value <= MAX_COUNT && floor(value) == value)) {
		log_error("%s has the value %g, which is no count: is it another metric of this name?",
			  text_shown(r->selector), value);
		return -EBADMSG;
	}
	piece = find_piece(r, r->last_series, at_ms);
	if (!piece)
		return r->nr_pieces == MAX_VALUES ? -ENOSPC : -ENOMEM;
	if (r->last_kind == 'r')
		piece->has_resets = value > 0;
	else if (r->last_kind == 'm')
		piece->min = (uint64_t)value;
	else
		piece->max = (uint64_t)value;
	return 0;
}

static int by_series_and_time(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->series != y->series)
		return x->series < y->series ? -1 : 1;
	if (x->to_ms != y->to_ms)
		return x->to_ms < y->to_ms ? -1 : 1;
	return x->from_ms < y->from_ms ? -1 : x->from_ms > y->from_ms;
}

/* What came as three values becomes one piece */
static void join(struct reading *r)
{
	size_t to = r->begin;

	qsort(r->pieces + r->begin, r->nr_pieces - r->begin, sizeof(*r->pieces), by_series_and_time);
	for (size_t i = r->begin; i < r->nr_pieces; i++) {
		struct piece *last = to > r->begin ? &r->pieces[to - 1] : NULL, *now = &r->pieces[i];

		if (!last || by_series_and_time(last, now)) {
			r->pieces[to++] = *now;
			continue;
		}
		last->has_resets |= now->has_resets;
		last->min = now->min < last->min ? now->min : last->min;
		last->max = now->max > last->max ? now->max : last->max;
	}
	r->nr_pieces = to;
}

/* True if nothing happened in @now, which comes after @last */
static bool is_same(const struct piece *last, const struct piece *now)
{
	return last->series == now->series && !now->has_resets && !last->has_resets &&
	       now->min == now->max && now->max == last->max;
}

/* Recoveries are rare: mostly one piece in a query is left of each series */
static void drop_same(struct reading *r)
{
	size_t to = r->begin;

	for (size_t i = r->begin; i < r->nr_pieces; i++) {
		struct piece *last = to > r->begin ? &r->pieces[to - 1] : NULL;

		if (!last || !is_same(last, &r->pieces[i]))
			r->pieces[to++] = r->pieces[i];
	}
	r->nr_pieces = to;
}

/* Pieces of @step_ms, the first of which ends at @first_ms */
static int ask(struct reading *r, int64_t first_ms, int64_t last_ms, int64_t step_ms)
{
	const char *s = r->selector;
	char *query;
	int err;

	/* Most series are 0 all the time, and need not be sent */
	if (asprintf(&query,
		     "label_replace(max_over_time(%s[%" PRId64 "ms])>0,\"" KIND_LABEL "\",\"highest\",\"\",\"\")"
		     " or label_replace(min_over_time(%s[%" PRId64 "ms]) and max_over_time(%s[%" PRId64 "ms])>0,\""
		     KIND_LABEL "\",\"min\",\"\",\"\")"
		     " or label_replace(resets(%s[%" PRId64 "ms])>0,\"" KIND_LABEL "\",\"resets\",\"\",\"\")",
		     s, step_ms, s, step_ms, s, step_ms, s, step_ms) < 0)
		return -ENOMEM;
	r->step_ms = step_ms;
	r->begin = r->nr_pieces;
	err = prometheus_range(r->p, query, first_ms, last_ms, step_ms, take, r);
	free(query);
	if (!err) {
		join(r);
		drop_same(r);
	}
	return err;
}

/* What they had before the window, as a piece that ends where it begins */
static int ask_base(struct reading *r, int64_t since_ms)
{
	char *query;
	int err;

	if (asprintf(&query, "last_over_time(%s[%lldms])>0", r->selector, BASE_MS) < 0)
		return -ENOMEM;
	r->step_ms = 0;
	err = prometheus_range(r->p, query, since_ms, since_ms, 1000, take, r);
	free(query);
	return err;
}

/* --- pieces with a reset are cut into smaller ones --- */

static int read_window(struct reading *r, int64_t from_ms, int64_t to_ms);

static int by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Where pieces since @begin with a reset end, in order, each once */
static int64_t *times_with_resets(const struct reading *r, size_t begin, size_t *nr)
{
	int64_t *times;
	size_t to = 0;

	*nr = 0;
	for (size_t i = begin; i < r->nr_pieces; i++)
		*nr += r->pieces[i].has_resets;
	times = calloc(*nr + 1, sizeof(*times));
	*nr = 0;
	for (size_t i = begin; times && i < r->nr_pieces; i++)
		if (r->pieces[i].has_resets)
			times[(*nr)++] = r->pieces[i].to_ms;
	if (!times)
		return NULL;
	qsort(times, *nr, sizeof(*times), by_time);
	for (size_t i = 0; i < *nr; i++)
		if (!to || times[to - 1] != times[i])
			times[to++] = times[i];
	*nr = to;
	return times;
}

/*
 * Of the series that have a reset in the piece that ends at @to_ms, the new pieces from @fresh on count;
 * of the others the old one.
 */
static int replace(struct reading *r, size_t begin, size_t end, size_t fresh, int64_t to_ms)
{
	size_t nr = r->ret->nr, to = fresh;
	uint8_t *cut = calloc(nr + 1, 1);

	if (!cut)
		return -ENOMEM;
	for (size_t i = begin; i < end; i++)
		if (r->pieces[i].to_ms == to_ms && r->pieces[i].has_resets) {
			cut[r->pieces[i].series] = 1;
			/* Nothing of it is left to count */
			r->pieces[i].has_resets = 0;
			r->pieces[i].min = r->pieces[i].max = UINT64_MAX;
		}
	for (size_t i = fresh; i < r->nr_pieces; i++)
		if (cut[r->pieces[i].series])
			r->pieces[to++] = r->pieces[i];
	r->nr_pieces = to;
	free(cut);
	return 0;
}

static int cut_resets(struct reading *r, size_t begin, int64_t step_ms)
{
	size_t nr, end = r->nr_pieces;
	int64_t *times = times_with_resets(r, begin, &nr);
	int err = times ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < nr; i++) {
		size_t fresh = r->nr_pieces;

		err = read_window(r, times[i] - step_ms, times[i]);
		if (!err)
			err = replace(r, begin, end, fresh, times[i]);
	}
	free(times);
	return err;
}

static int read_window(struct reading *r, int64_t from_ms, int64_t to_ms)
{
	int64_t length = to_ms - from_ms, pieces = length / MIN_PIECE_MS, step;
	size_t begin = r->nr_pieces;
	int err;

	pieces = pieces > MAX_PIECES ? MAX_PIECES : pieces < 1 ? 1 : pieces;
	step = length / pieces;
	err = ask(r, to_ms - (pieces - 1) * step, to_ms, step);
	if (!err && step >= 2 * MIN_PIECE_MS)
		err = cut_resets(r, begin, step);
	return err;
}

/* --- what it adds up to --- */

static void increase_by(struct counter *c, const struct piece *piece, uint64_t by)
{
	if (!by)
		return;
	if (!c->increase)
		c->first_ms = piece->from_ms;
	c->last_ms = piece->to_ms;
	c->increase += by;
}

/* @last is the value at the end of what came before */
static void add_piece(struct counter *c, const struct piece *piece, uint64_t *last)
{
	if (piece->max == UINT64_MAX)	/* it was replaced by smaller ones */
		return;
	if (piece->from_ms == piece->to_ms) {
		*last = piece->max;
		return;
	}
	if (!piece->has_resets) {
		bool fell = piece->min < *last;

		c->resets += fell;
		increase_by(c, piece, fell ? piece->max : piece->max - *last);
		*last = piece->max;
		return;
	}
	/* Within one minute: up to the largest value before, and from 0 to the smallest after */
	c->resets++;
	increase_by(c, piece, (piece->max > *last ? piece->max - *last : 0) + piece->min);
	*last = piece->min;
}

static void add_up(struct reading *r)
{
	uint64_t last = 0;

	qsort(r->pieces, r->nr_pieces, sizeof(*r->pieces), by_series_and_time);
	for (size_t i = 0; i < r->nr_pieces; i++) {
		struct piece *piece = &r->pieces[i];

		if (!i || piece->series != piece[-1].series)
			last = 0;
		/* Without its smallest value nothing fell */
		if (piece->min == UINT64_MAX)
			piece->min = piece->max;
		add_piece(&r->ret->c[piece->series], piece, &last);
	}
}

int counters_read(struct counters *ret, struct prometheus *p, const char *selector,
		  const struct counter_window *window)
{
	struct reading r = { .p = p, .selector = selector, .ret = ret };
	int err;

	*ret = (struct counters){ 0 };
	err = ask_base(&r, window->since_ms);
	if (!err)
		err = read_window(&r, window->since_ms, window->until_ms);
	if (!err)
		add_up(&r);
	tdestroy(r.tree, free);
	free(r.pieces);
	return err;
}

void counters_free(struct counters *c)
{
	for (size_t i = 0; i < c->nr; i++)
		free(c->c[i].labels);
	free(c->c);
	*c = (struct counters){ 0 };
}
