/* SPDX-License-Identifier: GPL-2.0 */
/*
 * life.h - how the recorder is, said to a service manager
 *
 * A manager that wants a sign of life gets one when a heartbeat has come from a program in the
 * kernel through the ring buffer to the recorder, and no link of the observation has been
 * removed since the recorder began. While the history cannot be written, records
 * stay in the ring, and a heartbeat would take room from recoveries: then it is enough that
 * the recorder comes around.
 */
#ifndef ZREC_LIFE_H
#define ZREC_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "serve/recorder.h"

struct life {
	struct recorder *recorder;
	const char *path;		/* of the history */
	uint64_t every_ns;		/* 0: nobody wants a sign of life */
	uint64_t due_ns;		/* CLOCK_MONOTONIC: of the next */
	uint64_t beat_to;		/* where in the ring a heartbeat ended that is on its way, 0: none */
	uint64_t last_ns;		/* CLOCK_REALTIME of the last sign of life, 0: none */
	int missing;			/* tracepoints without a link when it began */
	int said_error;			/* of the recorder, in the last status */
	bool said_silent;
};

/* It is ready: says so, and what it does */
void life_begin(struct life *l, struct recorder *recorder, const char *path);
/* After each recorder_work() */
void life_work(struct life *l);
/* -1: without limit */
int life_timeout_ms(const struct life *l);
/* Around a reload, and at the end */
void life_reloading(struct life *l);
void life_reloaded(struct life *l);
void life_stopping(void);

#endif /* ZREC_LIFE_H */
