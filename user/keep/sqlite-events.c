// SPDX-License-Identifier: GPL-2.0
/* Gaps and what became of policies, of an SQLite file */
#include <errno.h>
#include <string.h>

#include "keep/filter.h"
#include "keep/sqlite-int.h"
#include "keep/sqlite.h"

static const char gap_sql[] =
	"SELECT gap.id, observation, reason, recoveries, from_ns, to_ns FROM gap"
	" WHERE to_ns >= ?1 AND from_ns < ?2 ORDER BY from_ns, id";

static const char event_sql[] =
	"SELECT id, boot, wall_ns, at_ns, policy, what, code, text FROM policy_event"
	" WHERE wall_ns >= ?1 AND wall_ns < ?2 ORDER BY wall_ns, id";

/* Calls @read for each row, which returns what @fn does, or a negative errno */
static int each_row(struct sqlite_history *h, const struct history_filter *filter, const char *sql,
		    int (*read)(struct row *r, const void *arg), const void *arg)
{
	sqlite3_stmt *st = NULL;
	int n = sqlite_prepare(h, sql, &st);

	h->work = 0;
	if (n)
		return n;
	sqlite3_bind_int64(st, 1, filter->since_ns ? filter->since_ns : INT64_MIN);
	sqlite3_bind_int64(st, 2, filter->until_ns ? filter->until_ns : INT64_MAX);
	while ((n = sqlite_step(h, st)) > 0) {
		struct row r = { .h = h, .st = st };

		n = read(&r, arg);
		if (n)
			break;
	}
	sqlite3_finalize(st);
	return n;
}

struct gap_arg {
	const struct history_filter *filter;
	history_gap_fn fn;
	void *ctx;
};

static int read_gap(struct row *r, const void *arg)
{
	const struct gap_arg *a = arg;
	const struct history_observation *observation = row_observation(r, 1);
	int64_t id = row_int(r, 0, INT64_MIN, INT64_MAX);
	const struct history_gap gap = {
		/* A reason of a newer zrec: why, we cannot say, but they are missing */
		.reason = (enum history_gap_reason)row_word(r, 2, WORD_GAP, 0, HISTORY_NR_GAP_REASONS - 1,
							    HISTORY_GAP_UNREADABLE),
		.recoveries = (uint64_t)row_s63(r, 3),
		.from_ns = row_s63(r, 4),
		.to_ns = row_s63(r, 5),
	};
	int err = row_end(r, "gap", id);

	if (err)
		return err;
	return history_filter_has_host(a->filter, observation->boot) ?
	       a->fn(a->ctx, observation->boot, &gap) : 0;
}

int sqlite_history_each_gap(struct sqlite_history *h, const struct history_filter *filter,
			    history_gap_fn fn, void *ctx)
{
	const struct gap_arg arg = { filter, fn, ctx };

	return each_row(h, filter, gap_sql, read_gap, &arg);
}

struct event_arg {
	const struct history_filter *filter;
	history_policy_fn fn;
	void *ctx;
};

static void get_name(struct row *r, int col, char *ret, size_t size)
{
	const struct cached_word *word = row_name(r, col);

	if (!word)
		return;
	if (strlen(word->text) >= size && !r->bad)
		r->bad = sqlite3_column_name(r->st, col);
	memcpy(ret, word->text, strnlen(word->text, size - 1));
}

/* A boot does not last for 292 years: an import had to tell two of no known moment apart */
static uint64_t known_moment(uint64_t at_ns)
{
	return at_ns > INT64_MAX ? 0 : at_ns;
}

static int read_event(struct row *r, const void *arg)
{
	const struct event_arg *a = arg;
	struct history_policy_event event = {
		.boot = row_boot(r, 1),
		.wall_ns = row_s63(r, 2),
		.at_ns = known_moment(row_u64(r, 3)),
		.code = (uint32_t)row_int(r, 6, 0, UINT32_MAX),
	};
	int err;

	get_name(r, 4, event.policy, sizeof(event.policy));
	get_name(r, 5, event.what, sizeof(event.what));
	row_array(r, 7, event.text, sizeof(event.text));
	err = row_end(r, "policy_event", row_int(r, 0, INT64_MIN, INT64_MAX));
	if (err)
		return err;
	if (!history_filter_has_host(a->filter, event.boot) ||
	    !history_filter_has_policy(a->filter, event.policy))
		return 0;
	return a->fn(a->ctx, &event);
}

int sqlite_history_each_policy_event(struct sqlite_history *h, const struct history_filter *filter,
				     history_policy_fn fn, void *ctx)
{
	const struct event_arg arg = { filter, fn, ctx };

	return each_row(h, filter, event_sql, read_event, &arg);
}
