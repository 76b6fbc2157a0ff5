/* SPDX-License-Identifier: GPL-2.0 */
/*
 * status-file.h - how the recorder is, in a file that it replaces: /run/zrec/recorder.json
 *
 * For who has no rights to ask through the socket, or must not wait: an exporter of metrics.
 * One JSON document, complete at any moment, for root and the group zrec. It is replaced at
 * each sign of life, and when something has changed, but at most once a second; it goes when the recorder ends.
 * docs/abi.md has the keys.
 */
#ifndef ZREC_STATUS_FILE_H
#define ZREC_STATUS_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "serve/life.h"
#include "serve/live.h"
#include "serve/recorder.h"

struct experiment_host_state;

#define STATUS_FILE_NAME	"recorder.json"

/* What it was written of, to see what has changed */
struct status_file_seen {
	uint64_t commits, clients, missed, refused, ejections;
	unsigned int running;		/* experiments */
	long long experiments_ns;	/* when their file was written */
	int64_t life_ns;
	int error;
};

struct status_file {
	int dir;			/* -1: it is not written */
	int64_t started_ns;		/* CLOCK_REALTIME */
	uint64_t next_ns;		/* CLOCK_MONOTONIC: not before */
	bool written, said;
	struct status_file_seen seen;
};

/* In this directory, which has to be there. Never fails: without it the recorder records */
void status_file_open(struct status_file *f, const char *dir);
/* After each turn; @live and @life may be NULL */
void status_file_work(struct status_file *f, struct recorder *r, const struct live *live,
		      const struct life *life, const char *history);
/* Until a change is written that had to wait; -1: there is none */
int status_file_timeout_ms(const struct status_file *f, struct recorder *r,
			   const struct live *live, const struct life *life);
void status_file_close(struct status_file *f);

/* Which function is in which arm, of those experiments that run */
json_t *status_file_arms(const struct experiment_host_state *experiments);

#endif /* ZREC_STATUS_FILE_H */
