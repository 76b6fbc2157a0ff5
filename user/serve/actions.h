/* SPDX-License-Identifier: GPL-2.0 */
/*
 * actions.h - the commands that run, those that wait, and what became of all others
 *
 * Each action has its own limits, so one that hangs is in nobody's way. Every event that an
 * action wants is counted once: it runs, waits, has ended in one way or another, or was dropped.
 */
#ifndef ZREC_SERVE_ACTIONS_H
#define ZREC_SERVE_ACTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/action.h"

struct action_stats {
	uint64_t events;
	uint64_t ended[ACTION_NR_ENDS];
	uint64_t dropped[ACTION_NR_DROPS];
};

struct actions;

/* NULL: after its message */
struct actions *actions_new(void);
/* What still runs is left to the process that waits for it, which ends it */
void actions_free(struct actions *a);

/*
 * From now on these, which become ours. One that had the name before goes on with its counts
 * and with what waits. 0 or -ENOMEM, then all is as it was.
 */
int actions_use(struct actions *a, struct actions_config *c);
size_t actions_nr(const struct actions *a);

/* Runs, or has wait, the commands of those that want it */
void actions_recovery(struct actions *a, const struct zrec_span *s, int64_t tai_offset_ns);
void actions_open(struct actions *a, const struct zrec_open *open, int64_t tai_offset_ns);
void actions_exit(struct actions *a, const struct zrec_policy_exit *exit, int64_t tai_offset_ns);

/* Polls readable when a command has ended; then call actions_work() */
int actions_fd(const struct actions *a);
void actions_work(struct actions *a);

/* No more are started, and what waits is dropped */
void actions_close(struct actions *a);
/* SIGTERM to those that run, and SIGKILL soon after */
void actions_stop(struct actions *a);
size_t actions_running(const struct actions *a);

/* Changes with every count */
uint64_t actions_version(const struct actions *a);
/* [{"action": "page", ...}], see docs/abi.md. NULL: no memory */
json_t *actions_to_json(const struct actions *a);
/* NULL: there is none of this name */
const struct action_stats *actions_stats(const struct actions *a, const char *name);

#endif /* ZREC_SERVE_ACTIONS_H */
