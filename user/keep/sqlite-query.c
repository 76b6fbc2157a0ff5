// SPDX-License-Identifier: GPL-2.0
/*
 * A filter as SQL. What SQL can tell from the index goes there, so that rows that nobody
 * wants cost little; span_match() says the last word on all others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keep/sqlite-int.h"
#include "keep/sqlite.h"
#include "record/names.h"

/* Beyond so many values of a kind SQL does not filter by it */
#define VALUES_MAX	100

/* " AND COLUMN IN (...?,?,?...)"; nothing if there are too many */
static bool put_list(FILE *f, const char *before, const char *each, size_t nr, const char *after)
{
	if (!nr || nr > VALUES_MAX)
		return false;
	fputs(before, f);
	for (size_t i = 0; i < nr; i++)
		fprintf(f, "%s%s", i ? ", " : "", each);
	fputs(after, f);
	return true;
}

static bool is_ascii(const char *s)
{
	while (*s > 0)
		s++;
	return !*s;
}

static bool are_ascii(char **texts, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!is_ascii(texts[i]))
			return false;
	return true;
}

static bool only_fids(const struct span_filter *f)
{
	for (size_t i = 0; i < f->nr_functions; i++)
		if (f->functions[i].kind != FUNCTION_BY_FID)
			return false;
	return true;
}

struct terms {
	bool fids, functions, pecs, drivers;
};

static struct terms put_terms(FILE *f, const struct span_filter *s)
{
	struct terms t;

	t.fids = put_list(f, " AND life IN (SELECT id FROM life WHERE fid IN (", "?", s->nr_fids, "))");
	t.functions = only_fids(s) &&
		put_list(f, " AND life IN (SELECT id FROM life WHERE fid IN (", "?", s->nr_functions, "))");
	t.pecs = put_list(f, " AND pec IN (", "?", s->nr_pecs, ")");
	/* As span_match() compares them: cut to what a span has room for */
	t.drivers = are_ascii(s->drivers, s->nr_drivers) &&
		put_list(f, " AND driver IN (SELECT id FROM name WHERE substr(name, 1, 23) IN (",
			 "substr(?, 1, 23)", s->nr_drivers, "))");
	if (s->outcomes) {
		fputs(" AND outcome IN (SELECT id FROM name WHERE name IN (''", f);
		for (unsigned int i = 0; i < ZPCI_NR_OUTCOMES; i++)
			if (s->outcomes >> i & 1)
				fprintf(f, ", '%s'", name_outcome(i));
		fputs("))", f);
	}
	return t;
}

static void bind_terms(sqlite3_stmt *st, const struct span_filter *s, const struct terms *t)
{
	int i = 3;

	for (size_t n = 0; t->fids && n < s->nr_fids; n++)
		sqlite3_bind_int64(st, i++, s->fids[n]);
	for (size_t n = 0; t->functions && n < s->nr_functions; n++)
		sqlite3_bind_int64(st, i++, s->functions[n].fid);
	for (size_t n = 0; t->pecs && n < s->nr_pecs; n++)
		sqlite3_bind_int64(st, i++, s->pecs[n]);
	for (size_t n = 0; t->drivers && n < s->nr_drivers; n++)
		sqlite3_bind_text(st, i++, s->drivers[n], -1, SQLITE_TRANSIENT);
}

int recovery_query(struct sqlite_history *h, const struct history_filter *filter,
		   enum history_order order, bool brief, unsigned int limit, sqlite3_stmt **ret)
{
	bool newest = order == HISTORY_NEWEST_FIRST;
	struct terms terms;
	char *sql = NULL;
	size_t len;
	FILE *f = open_memstream(&sql, &len);
	int err;

	if (!f)
		return -ENOMEM;
	h->work = 0;
	fprintf(f, "SELECT " BRIEF_COLUMNS "%s FROM recovery WHERE (wall_ns, id) %s (?1, ?2)",
		brief ? "" : MORE_COLUMNS, newest ? "<" : ">");
	terms = put_terms(f, &filter->span);
	if (filter->since_ns)
		fprintf(f, " AND wall_ns >= %lld", (long long)filter->since_ns);
	if (filter->until_ns)
		fprintf(f, " AND wall_ns < %lld", (long long)filter->until_ns);
	if (filter->row)
		fprintf(f, " AND id = %lld", (long long)filter->row);
	fprintf(f, newest ? " ORDER BY wall_ns DESC, id DESC" : " ORDER BY wall_ns, id");
	if (limit)
		fprintf(f, " LIMIT %u", limit);
	err = fclose(f) ? -ENOMEM : sqlite_prepare(h, sql, ret);
	free(sql);
	if (!err)
		bind_terms(*ret, &filter->span, &terms);
	return err;
}
