/* SPDX-License-Identifier: GPL-2.0 */
/*
 * jsonl-history.h - what history.h promises, for a file of JSON lines
 *
 * The file is read once to check every line and to know their order, and again for
 * what is asked. What cannot be read twice (a pipe) is copied into a temporary file.
 */
#ifndef ZREC_KEEP_JSONL_HISTORY_H
#define ZREC_KEEP_JSONL_HISTORY_H

#include "keep/history.h"

struct jsonl_history;

/*
 * Reads all of @f, which is @h's then, also after an error, which jsonl_history_error()
 * explains, unless *ret is NULL: -ENOMEM.
 */
int jsonl_history_open(struct jsonl_history **ret, FILE *f, const char *name);
void jsonl_history_close(struct jsonl_history *h);
/* "FILE:LINE: TEXT" or "FILE: TEXT"; NULL: nothing went wrong but for memory */
const char *jsonl_history_error(const struct jsonl_history *h);

int jsonl_history_each(struct jsonl_history *h, const struct history_filter *filter,
		       enum history_order order, history_recovery_fn fn, void *ctx);
int jsonl_history_each_by_boot(struct jsonl_history *h, const struct history_filter *filter,
			       history_recovery_fn fn, void *ctx);
int jsonl_history_each_gap(struct jsonl_history *h, const struct history_filter *filter,
			   history_gap_fn fn, void *ctx);
int jsonl_history_each_policy_event(struct jsonl_history *h, const struct history_filter *filter,
				    history_policy_fn fn, void *ctx);

#endif /* ZREC_KEEP_JSONL_HISTORY_H */
