/* SPDX-License-Identifier: GPL-2.0 */
/*
 * action.h - [action NAME] of zrec.conf: which command runs for what, see zrec.conf(5)
 */
#ifndef ZREC_SERVE_ACTION_H
#define ZREC_SERVE_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bucket.h"
#include "base/conf.h"
#include "record/span.h"
#include "zrec.h"

#define ACTIONS_MAX		32
#define ACTION_AT_ONCE_MAX	8
#define ACTION_QUEUE_MAX	256

enum action_event {
	ACTION_RECOVERY,		/* one has ended */
	ACTION_OPEN,			/* one has been open for long */
	ACTION_POLICY_END,
	ACTION_POLICY_EJECTED,		/* which is an end, too */
	ACTION_NR_EVENTS
};

/* How a command ended */
enum action_end {
	ACTION_SUCCEEDED,
	ACTION_FAILED,			/* another exit code than 0, or a signal */
	ACTION_TIMED_OUT,
	ACTION_NOT_STARTED,
	ACTION_STOPPED,			/* while it ran, since zrec actions ended */
	ACTION_NR_ENDS
};

/* Why none was run */
enum action_drop {
	ACTION_QUEUE_FULL,
	ACTION_RATE,			/* over burst and per-minute */
	ACTION_REMOVED,			/* while it waited: from the configuration, or with the service */
	ACTION_NO_MEMORY,
	ACTION_NR_DROPS
};

struct action {
	char name[CONF_NAME_LEN];
	char **argv;			/* ended by NULL, in one piece of memory */
	uint32_t events;		/* a bit each; 0: not said, which means ACTION_RECOVERY */
	struct span_filter filter;
	int priority;			/* of syslog(3): so severe, or more */
	uint32_t timeout_s;
	uint32_t at_once;
	uint32_t queue;
	struct bucket_limits limits;
};

struct actions_config {
	struct action *action;
	size_t nr;
};

/* For config.c: the keys, the action of this name, which is made if there is none, and the end */
extern const struct conf_key config_action_keys[];
void *actions_config_find(struct actions_config *c, const char *name);
void actions_config_free(struct actions_config *c);
/* After all files: says what is wrong with an action as a whole. @file is for messages. 0 or -EINVAL */
int actions_config_check(struct actions_config *c, const char *file, FILE *errors);

void action_free(struct action *a);

/* "recovery": what ZREC_EVENT is */
const char *action_event_name(enum action_event event);
const char *action_end_name(enum action_end end);
const char *action_drop_name(enum action_drop drop);

/* True if the command is to be run for it */
bool action_wants_recovery(const struct action *a, const struct zrec_span *s);
bool action_wants_open(const struct action *a, const struct zrec_open *open);
bool action_wants_exit(const struct action *a, const struct zrec_policy_exit *exit);

#endif /* ZREC_SERVE_ACTION_H */
