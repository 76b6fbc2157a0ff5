// SPDX-License-Identifier: GPL-2.0
/* Whatever kind of recording it is: one of these reads it */
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keep/history.h"
#include "keep/jsonl-history.h"
#include "keep/sqlite-history.h"

struct history {
	struct sqlite_history *sqlite;
	struct jsonl_history *jsonl;
	char *error;			/* of neither */
};

static int open_file(struct history *h, const char *path)
{
	/* A FIFO that nobody writes is empty: it must not keep us for ever */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), first, err;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f) {
		err = -errno;
		if (asprintf(&h->error, "%s: %s", path, strerror(errno)) < 0)
			return -ENOMEM;
		return err;
	}
	fcntl(fd, F_SETFL, 0);
	first = getc(f);
	/* As the magic of SQLite begins, and no JSON */
	if (first == SQLITE_MAGIC[0]) {
		fclose(f);
		return sqlite_history_open(&h->sqlite, path);
	}
	if (first != EOF)
		ungetc(first, f);
	return jsonl_history_open(&h->jsonl, f, path);
}

int history_open(struct history **ret, const char *path)
{
	struct history *h = calloc(1, sizeof(*h));
	FILE *f;
	int err;

	*ret = h;
	if (!h)
		return -ENOMEM;
	if (strcmp(path, "-")) {
		err = open_file(h, path);
	} else {
		f = fdopen(dup(STDIN_FILENO), "r");
		err = f ? jsonl_history_open(&h->jsonl, f, "<stdin>") : -ENOMEM;
	}
	if (err == -ENOMEM) {
		history_close(h);
		*ret = NULL;
	}
	return err;
}

void history_close(struct history *h)
{
	if (!h)
		return;
	sqlite_history_close(h->sqlite);
	jsonl_history_close(h->jsonl);
	free(h->error);
	free(h);
}

const char *history_error(const struct history *h)
{
	if (h->error)
		return h->error;
	return h->jsonl ? jsonl_history_error(h->jsonl) : sqlite_history_error(h->sqlite);
}

const char *history_unknown_name(const struct history *h)
{
	return h->jsonl ? NULL : sqlite_history_unknown_name(h->sqlite);
}

int history_each(struct history *h, const struct history_filter *filter, enum history_order order,
		 history_recovery_fn fn, void *ctx)
{
	return h->jsonl ? jsonl_history_each(h->jsonl, filter, order, fn, ctx) :
	       sqlite_history_each(h->sqlite, filter, order, fn, ctx);
}

int history_each_by_boot(struct history *h, const struct history_filter *filter,
			 history_recovery_fn fn, void *ctx)
{
	return h->jsonl ? jsonl_history_each_by_boot(h->jsonl, filter, fn, ctx) :
	       sqlite_history_each_by_boot(h->sqlite, filter, fn, ctx);
}

int history_each_brief(struct history *h, const struct history_filter *filter,
		       history_recovery_fn fn, void *ctx)
{
	return h->jsonl ? jsonl_history_each(h->jsonl, filter, HISTORY_OLDEST_FIRST, fn, ctx) :
	       sqlite_history_each_brief(h->sqlite, filter, fn, ctx);
}

int history_each_arm(struct history *h, history_recovery_fn fn, void *ctx)
{
	const struct history_filter all = { 0 };

	return h->jsonl ? jsonl_history_each(h->jsonl, &all, HISTORY_OLDEST_FIRST, fn, ctx) :
	       sqlite_history_each_arm(h->sqlite, fn, ctx);
}

int history_each_gap(struct history *h, const struct history_filter *filter, history_gap_fn fn,
		     void *ctx)
{
	return h->jsonl ? jsonl_history_each_gap(h->jsonl, filter, fn, ctx) :
	       sqlite_history_each_gap(h->sqlite, filter, fn, ctx);
}

int history_each_policy_event(struct history *h, const struct history_filter *filter,
			      history_policy_fn fn, void *ctx)
{
	return h->jsonl ? jsonl_history_each_policy_event(h->jsonl, filter, fn, ctx) :
	       sqlite_history_each_policy_event(h->sqlite, filter, fn, ctx);
}
