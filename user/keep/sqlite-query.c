// SPDX-License-Identifier: GPL-2.0
/*
 * A filter as SQL. What SQL can tell from the index goes there, so that rows that nobody
 * wants cost little; span_match() says the last word on all others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keep/db.h"
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

/* Which filters are of lives, and can be said in SQL */
struct of_life {
	bool fids, functions, hosts;
};

static void bind_of_life(sqlite3_stmt *st, const struct history_filter *filter, const struct of_life *is)
{
	const struct span_filter *s = &filter->span;
	int i = 1;

	for (size_t n = 0; is->fids && n < s->nr_fids; n++)
		sqlite3_bind_int64(st, i++, s->fids[n]);
	for (size_t n = 0; is->functions && n < s->nr_functions; n++)
		sqlite3_bind_int64(st, i++, s->functions[n].fid);
	/* By name, and by machine ID */
	for (size_t n = 0; is->hosts && n < 2 * filter->nr_hosts; n++)
		sqlite3_bind_text(st, i++, filter->hosts[n % filter->nr_hosts], -1, SQLITE_TRANSIENT);
}

/*
 * The lives of all FIDs and hosts that are asked for, once a query and not once a page: a
 * merged file has a hundred thousand. A table of this connection, in memory; the file stays
 * as it is.
 */
static int make_wanted(struct sqlite_history *h, const struct history_filter *filter,
		       const struct of_life *is)
{
	const struct span_filter *s = &filter->span;
	char *sql = NULL;
	size_t len;
	FILE *f = open_memstream(&sql, &len);
	sqlite3_stmt *st = NULL;
	int err;

	if (!f)
		return -ENOMEM;
	fprintf(f, "INSERT OR IGNORE INTO temp.wanted_%u SELECT id FROM main.life WHERE 1", h->nr_wanted);
	if (is->fids)
		put_list(f, " AND fid IN (", "?", s->nr_fids, ")");
	if (is->functions)
		put_list(f, " AND fid IN (", "?", s->nr_functions, ")");
	if (is->hosts) {
		put_list(f, " AND boot IN (SELECT boot.id FROM main.boot JOIN main.host ON host.id = boot.host"
			 " WHERE host.name IN (", "?", filter->nr_hosts, ")");
		put_list(f, " OR machine_id IN (", "?", filter->nr_hosts, "))");
	}
	err = fclose(f) ? -ENOMEM : sqlite_prepare(h, sql, &st);
	free(sql);
	if (!err) {
		bind_of_life(st, filter, is);
		err = sqlite_step(h, st);
	}
	sqlite3_finalize(st);
	return err;
}

/* 1: there is a table of lives now; 0: SQL cannot tell; or a negative errno */
static int find_wanted(struct sqlite_history *h, const struct history_filter *filter)
{
	const struct span_filter *s = &filter->span;
	const struct of_life is = {
		.fids = s->nr_fids && s->nr_fids <= VALUES_MAX,
		.functions = s->nr_functions && s->nr_functions <= VALUES_MAX && only_fids(s),
		.hosts = filter->nr_hosts && filter->nr_hosts <= VALUES_MAX,
	};
	char sql[128];
	int err;

	if (!is.fids && !is.functions && !is.hosts)
		return 0;
	snprintf(sql, sizeof(sql), "PRAGMA temp_store = MEMORY;"
		 "CREATE TEMP TABLE wanted_%u (id INTEGER PRIMARY KEY)", ++h->nr_wanted);
	err = db_exec(h->db, sql);
	if (err)
		return sqlite_failed(h, err);
	err = make_wanted(h, filter, &is);
	return err ? err : 1;
}

struct terms {
	bool pecs, drivers;
};

static struct terms put_terms(FILE *f, const struct span_filter *s)
{
	struct terms t;

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
	int wanted, err;
	FILE *f;

	h->work = 0;
	wanted = find_wanted(h, filter);
	f = wanted < 0 ? NULL : open_memstream(&sql, &len);
	if (!f)
		return wanted < 0 ? wanted : -ENOMEM;
	fprintf(f, "SELECT " BRIEF_COLUMNS "%s FROM recovery WHERE (wall_ns, id) %s (?1, ?2)",
		brief ? "" : MORE_COLUMNS, newest ? "<" : ">");
	if (wanted)
		fprintf(f, " AND life IN temp.wanted_%u", h->nr_wanted);
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
