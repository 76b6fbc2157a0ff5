// SPDX-License-Identifier: GPL-2.0
/* Whatever kind of recording it is */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keep/history.h"
#include "keep/sqlite-history.h"

struct history {
	struct sqlite_history *sqlite;
};

int history_open(struct history **ret, const char *path)
{
	struct history *h = calloc(1, sizeof(*h));
	int err;

	*ret = h;
	if (!h)
		return -ENOMEM;
	err = sqlite_history_open(&h->sqlite, path);
	if (err == -ENOMEM) {
		history_close(h);
		*ret = NULL;
	}
	return err;
}

void history_close(struct history *h)
{
	if (h)
		sqlite_history_close(h->sqlite);
	free(h);
}

const char *history_error(const struct history *h)
{
	return sqlite_history_error(h->sqlite);
}

const char *history_unknown_name(const struct history *h)
{
	return sqlite_history_unknown_name(h->sqlite);
}

int history_each(struct history *h, const struct history_filter *filter, enum history_order order,
		 history_recovery_fn fn, void *ctx)
{
	return sqlite_history_each(h->sqlite, filter, order, fn, ctx);
}

int history_each_brief(struct history *h, const struct history_filter *filter,
		       history_recovery_fn fn, void *ctx)
{
	return sqlite_history_each_brief(h->sqlite, filter, fn, ctx);
}

int history_each_gap(struct history *h, const struct history_filter *filter, history_gap_fn fn,
		     void *ctx)
{
	return sqlite_history_each_gap(h->sqlite, filter, fn, ctx);
}

int history_each_policy_event(struct history *h, const struct history_filter *filter,
			      history_policy_fn fn, void *ctx)
{
	return sqlite_history_each_policy_event(h->sqlite, filter, fn, ctx);
}
