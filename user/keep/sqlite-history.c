// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keep/filter.h"
#include "keep/sqlite-int.h"
#include "keep/sqlite.h"
#include "record/span.h"

/*
 * Recoveries are read a page at a time and shown when SQLite has let go of the file: who
 * leaves the output in a pager keeps nobody's write-ahead log from shrinking
 */
#define PAGE	64

struct place {
	int64_t wall_ns, row;
};

struct page {
	struct sqlite_history *h;
	const struct history_filter *filter;
	enum history_order order;
	sqlite3_stmt *st;
	struct place at;		/* of the row that was read last */
	struct history_recovery *recovery;
	size_t nr;
	bool end;
};

static struct place first_place(enum history_order order)
{
	if (order == HISTORY_NEWEST_FIRST)
		return (struct place){ INT64_MAX, INT64_MAX };
	return (struct place){ INT64_MIN, INT64_MIN };
}

static int out_of_order(struct sqlite_history *h, int64_t row)
{
	return sqlite_fail(h, -EUCLEAN, "it is damaged: recovery %lld is out of order", (long long)row);
}

/* A damaged tree can lead back to where we were, for ever */
static int go_on(struct page *p, const struct history_recovery *r)
{
	bool later = r->wall_ns > p->at.wall_ns ||
		     (r->wall_ns == p->at.wall_ns && r->row > p->at.row);
	bool earlier = r->wall_ns < p->at.wall_ns ||
		       (r->wall_ns == p->at.wall_ns && r->row < p->at.row);

	if (p->order == HISTORY_NEWEST_FIRST ? !earlier : !later)
		return out_of_order(p->h, r->row);
	p->at = (struct place){ r->wall_ns, r->row };
	return 0;
}

/* Returns 1 if the recovery is one of those that are wanted, 0 if not, or a negative errno */
static int read_one(struct page *p, struct history_recovery *ret)
{
	int n = recovery_read(p->h, p->st, p->filter, ret), err;

	if (n < 0)
		return n;
	err = go_on(p, ret);
	return err ? err : n;
}

static int read_page(struct page *p)
{
	unsigned int rows = 0;
	int n;

	p->nr = 0;
	sqlite3_bind_int64(p->st, 1, p->at.wall_ns);
	sqlite3_bind_int64(p->st, 2, p->at.row);
	while ((n = sqlite_step(p->h, p->st)) > 0) {
		rows++;
		n = read_one(p, &p->recovery[p->nr]);
		if (n < 0)
			break;
		p->nr += (size_t)n;
	}
	sqlite3_reset(p->st);
	p->end = rows < PAGE;
	return n;
}

static int each_page(struct page *p, history_recovery_fn fn, void *ctx)
{
	int n = 0;

	while (!n && !p->end) {
		n = read_page(p);
		for (size_t i = 0; !n && i < p->nr; i++)
			n = fn(ctx, &p->recovery[i]);
	}
	return n;
}

int sqlite_history_each(struct sqlite_history *h, const struct history_filter *filter,
			enum history_order order, history_recovery_fn fn, void *ctx)
{
	struct page p = {
		.h = h, .filter = filter, .order = order,
		.at = first_place(order),
		.recovery = calloc(PAGE, sizeof(*p.recovery)),
	};
	int n = p.recovery ? recovery_query(h, filter, order, false, PAGE, &p.st) : -ENOMEM;

	if (!n)
		n = each_page(&p, fn, ctx);
	sqlite3_finalize(p.st);
	free(p.recovery);
	return n;
}

/* True if the index has all that the filter asks for */
static bool is_brief(const struct history_filter *filter)
{
	return !filter->span.nr_policies;
}

static int each_brief(struct page *p, history_recovery_fn fn, void *ctx)
{
	int n;

	sqlite3_bind_int64(p->st, 1, p->at.wall_ns);
	sqlite3_bind_int64(p->st, 2, p->at.row);
	while ((n = sqlite_step(p->h, p->st)) > 0) {
		struct row r = { .h = p->h, .st = p->st };

		memset(p->recovery->full.span.driver, 0, ZPCI_DRIVER_LEN);
		recovery_read_brief(&r, p->recovery);
		n = row_end(&r, "recovery", p->recovery->row);
		if (!n)
			n = go_on(p, p->recovery);
		if (!n && history_filter_has_host(p->filter, p->recovery->boot) &&
		    span_match(&p->filter->span, &p->recovery->full.span))
			n = fn(ctx, p->recovery);
		if (n)
			break;
	}
	return n;
}

int sqlite_history_each_brief(struct sqlite_history *h, const struct history_filter *filter,
			      history_recovery_fn fn, void *ctx)
{
	struct history_recovery recovery = { 0 };
	struct page p = {
		.h = h, .filter = filter, .order = HISTORY_OLDEST_FIRST,
		.at = first_place(HISTORY_OLDEST_FIRST), .recovery = &recovery,
	};
	int n;

	if (!is_brief(filter))
		return sqlite_history_each(h, filter, HISTORY_OLDEST_FIRST, fn, ctx);
	n = recovery_query(h, filter, HISTORY_OLDEST_FIRST, true, 0, &p.st);
	if (!n)
		n = each_brief(&p, fn, ctx);
	sqlite3_finalize(p.st);
	return n;
}

/*
 * By row, so that the file is read from its beginning to its end: in a merged one the hosts
 * come one after the other, and each row of the index by time would lead to another page
 */
static const char arm_sql[] =
	"SELECT " BRIEF_COLUMNS ", experiment, arm FROM recovery NOT INDEXED ORDER BY id";

static int each_arm(struct sqlite_history *h, sqlite3_stmt *st, history_recovery_fn fn, void *ctx)
{
	int64_t last = 0;
	int n;

	while ((n = sqlite_step(h, st)) > 0) {
		struct history_recovery recovery = { 0 };
		struct row r = { .h = h, .st = st };

		recovery_read_brief(&r, &recovery);
		recovery_read_arm(&r, NR_BRIEF_COLUMNS, &recovery);
		n = row_end(&r, "recovery", recovery.row);
		if (!n && recovery.row <= last)
			n = out_of_order(h, recovery.row);
		last = recovery.row;
		if (!n)
			n = fn(ctx, &recovery);
		if (n)
			break;
	}
	return n;
}

int sqlite_history_each_arm(struct sqlite_history *h, history_recovery_fn fn, void *ctx)
{
	sqlite3_stmt *st = NULL;
	int n = sqlite_prepare(h, arm_sql, &st);

	h->work = 0;
	if (!n)
		n = each_arm(h, st, fn, ctx);
	sqlite3_finalize(st);
	return n;
}
