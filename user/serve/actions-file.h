/* SPDX-License-Identifier: GPL-2.0 */
/*
 * actions-file.h - how zrec actions is, in a file that it replaces: /run/zrec-actions/actions.json
 *
 * For zrec status and the exporter. As the recorder's status file, it is replaced when something
 * has changed, at most once a second, and goes when zrec actions ends. docs/abi.md has the keys.
 */
#ifndef ZREC_SERVE_ACTIONS_FILE_H
#define ZREC_SERVE_ACTIONS_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "serve/actions-status.h"
#include "serve/actions.h"
#include "serve/feed.h"

struct actions_file {
	int dir;			/* negative: it is not written */
	int64_t started_ns;		/* CLOCK_REALTIME */
	uint64_t next_ns;		/* CLOCK_MONOTONIC: not before */
	bool written, said;
	uint64_t seen_version, seen_missed;	/* what it was written of */
	bool seen_connected;
};

/* In this directory, which is made if that can be. Never fails: without it commands run */
void actions_file_open(struct actions_file *f, const char *dir);
void actions_file_work(struct actions_file *f, const struct actions *a, const struct feed *feed);
/* Until a change is written that had to wait; -1: there is none */
int actions_file_timeout_ms(const struct actions_file *f, const struct actions *a,
			    const struct feed *feed);
void actions_file_close(struct actions_file *f);

#endif /* ZREC_SERVE_ACTIONS_FILE_H */
