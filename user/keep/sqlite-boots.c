// SPDX-License-Identifier: GPL-2.0
/*
 * Recoveries boot by boot. In a merged file the hosts lie one after the other: the index by
 * time, which has all that is needed for it, is read once to find which rows are of which
 * boot, and then each boot's rows lie close together.
 */
#define _GNU_SOURCE	/* tdestroy(), reallocarray() */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "keep/boot.h"
#include "keep/db.h"
#include "keep/filter.h"
#include "keep/sqlite-int.h"
#include "keep/sqlite.h"
#include "record/span.h"

/* Read, and then shown when SQLite has let go of the file */
#define PAGE	64

static const char row_sql[] = "SELECT " BRIEF_COLUMNS MORE_COLUMNS " FROM recovery WHERE id = ?1";
static const char begin_sql[] = "SELECT begin_ns FROM recovery WHERE id = ?1";

/* The rows of a boot, eight bytes each: a fleet has tens of millions */
struct rows {
	const struct history_boot *boot;
	int64_t *row;
	size_t nr;
	uint64_t last_begin_ns;
	bool unordered;			/* the wall clock was set back */
};

struct boots {
	struct sqlite_history *h;
	const struct history_filter *filter;
	void *tree;			/* tsearch() of struct rows, by their boot's address */
	struct rows **all;
	size_t nr;
	int64_t data_version;
	sqlite3_stmt *st;
	struct history_recovery *recovery;
	size_t nr_recoveries;
};

/* --- which rows are of which boot --- */

static int compare_addresses(const void *a, const void *b)
{
	const struct rows *x = a, *y = b;

	return (x->boot > y->boot) - (x->boot < y->boot);
}

static struct rows *find_rows(struct boots *b, const struct history_boot *boot)
{
	const struct rows key = { .boot = boot };
	struct rows **found = tfind(&key, &b->tree, compare_addresses), **place, *rows;

	if (found)
		return *found;
	rows = malloc(sizeof(*rows));
	place = rows ? array_add(&b->all, &b->nr, sizeof(*place)) : NULL;
	if (!place) {
		free(rows);
		return NULL;
	}
	*rows = key;
	*place = rows;
	return tsearch(rows, &b->tree, compare_addresses) ? rows : NULL;
}

static int add_row(void *ctx, const struct history_recovery *r)
{
	struct rows *rows = find_rows(ctx, r->boot);
	int64_t *row = rows ? array_add(&rows->row, &rows->nr, sizeof(*row)) : NULL;

	if (!row)
		return -ENOMEM;
	*row = r->row;
	rows->unordered |= r->full.span.begin_ns < rows->last_begin_ns;
	rows->last_begin_ns = r->full.span.begin_ns;
	return 0;
}

static int compare_boots(const void *a, const void *b)
{
	return history_boot_compare((*(struct rows *const *)a)->boot,
				    (*(struct rows *const *)b)->boot);
}

/* A host that was called otherwise meanwhile has more than one row for its boot */
static int join(struct rows *to, struct rows *from)
{
	int64_t *row = reallocarray(to->row, to->nr + from->nr, sizeof(*row));

	if (!row)
		return -ENOMEM;
	memcpy(row + to->nr, from->row, from->nr * sizeof(*row));
	to->row = row;
	to->nr += from->nr;
	to->unordered = true;
	from->nr = 0;
	return 0;
}

static int find_boots(struct boots *b)
{
	struct history_filter brief = *b->filter;
	int err;

	/* Who decided is not in the index: each_row() looks at that */
	brief.span.nr_policies = 0;
	err = sqlite_history_each_brief(b->h, &brief, add_row, b);
	if (b->nr)
		qsort(b->all, b->nr, sizeof(*b->all), compare_boots);
	for (size_t i = b->nr; !err && i-- > 1;)
		if (!compare_boots(&b->all[i - 1], &b->all[i]))
			err = join(b->all[i - 1], b->all[i]);
	return err;
}

/* --- in the order of the kernel's clock --- */

struct moment {
	uint64_t begin_ns;
	int64_t row;
};

static int compare_moments(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->begin_ns != y->begin_ns)
		return x->begin_ns < y->begin_ns ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

/* 1, or 0 if the row is gone: the recorder may remove it meanwhile, but nobody else */
static int find_row(struct boots *b, sqlite3_stmt *st, int64_t row)
{
	int64_t version = 0;
	int n;

	sqlite3_bind_int64(st, 1, row);
	n = sqlite_step(b->h, st);
	if (n)
		return n;
	n = db_value(b->h->db, "PRAGMA data_version", &version);
	if (n)
		return sqlite_failed(b->h, n);
	return version != b->data_version ? 0 :
	       sqlite_fail(b->h, -EUCLEAN, "it is damaged: recovery %lld is only in the index",
			   (long long)row);
}

static int read_moments(struct boots *b, const struct rows *rows, struct moment *moment, size_t *nr)
{
	sqlite3_stmt *st = NULL;
	int n = sqlite_prepare(b->h, begin_sql, &st);

	for (size_t i = 0; n >= 0 && i < rows->nr; i++) {
		struct row r = { .h = b->h, .st = st };

		n = find_row(b, st, rows->row[i]);
		if (n <= 0)
			continue;
		moment[(*nr)++] = (struct moment){ row_u64(&r, 0), rows->row[i] };
		n = row_end(&r, "recovery", rows->row[i]);
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	return n < 0 ? n : 0;
}

static int sort_rows(struct boots *b, struct rows *rows)
{
	struct moment *moment = calloc(rows->nr, sizeof(*moment));
	size_t nr = 0;
	int err = moment ? read_moments(b, rows, moment, &nr) : -ENOMEM;

	if (!err)
		qsort(moment, nr, sizeof(*moment), compare_moments);
	for (size_t i = 0; !err && i < nr; i++)
		rows->row[i] = moment[i].row;
	rows->nr = err ? 0 : nr;
	free(moment);
	return err;
}

/* --- reading them --- */

static int read_row(struct boots *b, int64_t row, uint64_t *last_begin_ns)
{
	struct history_recovery *recovery = &b->recovery[b->nr_recoveries];
	int n = find_row(b, b->st, row);

	if (n > 0)
		n = recovery_read(b->h, b->st, b->filter, recovery);
	if (n > 0 && recovery->full.span.begin_ns < *last_begin_ns)
		n = sqlite_fail(b->h, -EUCLEAN, "it is damaged: recovery %lld is out of order", (long long)row);
	if (n > 0) {
		*last_begin_ns = recovery->full.span.begin_ns;
		b->nr_recoveries++;
	}
	sqlite3_reset(b->st);
	return n < 0 ? n : 0;
}

/* In one transaction, or SQLite would lock the file for each statement */
static int read_page(struct boots *b, const int64_t *row, size_t nr, uint64_t *last_begin_ns)
{
	int err = db_exec(b->h->db, "BEGIN");

	if (err)
		return sqlite_failed(b->h, err);
	b->nr_recoveries = 0;
	for (size_t i = 0; !err && i < nr; i++)
		err = read_row(b, row[i], last_begin_ns);
	db_exec(b->h->db, "COMMIT");
	return err;
}

static int each_of_boot(struct boots *b, struct rows *rows, history_recovery_fn fn, void *ctx)
{
	uint64_t last_begin_ns = 0;
	int err = rows->unordered ? sort_rows(b, rows) : 0;

	for (size_t at = 0; !err && at < rows->nr; at += PAGE) {
		size_t left = rows->nr - at;

		err = read_page(b, rows->row + at, left < PAGE ? left : PAGE, &last_begin_ns);
		for (size_t i = 0; !err && i < b->nr_recoveries; i++)
			err = fn(ctx, &b->recovery[i]);
	}
	free(rows->row);
	rows->row = NULL;
	return err;
}

static void release(struct boots *b)
{
	sqlite3_finalize(b->st);
	free(b->recovery);
	for (size_t i = 0; i < b->nr; i++)
		free(b->all[i]->row);
	free(b->all);
	tdestroy(b->tree, free);
}

int sqlite_history_each_by_boot(struct sqlite_history *h, const struct history_filter *filter,
				history_recovery_fn fn, void *ctx)
{
	struct boots b = {
		.h = h, .filter = filter, .recovery = calloc(PAGE, sizeof(*b.recovery)),
	};
	int err = b.recovery ? db_value(h->db, "PRAGMA data_version", &b.data_version) : -ENOMEM;

	if (err && b.recovery)
		err = sqlite_failed(h, err);
	if (!err)
		err = find_boots(&b);
	h->work = 0;
	if (!err)
		err = sqlite_prepare(h, row_sql, &b.st);
	for (size_t i = 0; !err && i < b.nr; i++)
		err = each_of_boot(&b, b.all[i], fn, ctx);
	release(&b);
	return err;
}
