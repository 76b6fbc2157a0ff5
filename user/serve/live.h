/* SPDX-License-Identifier: GPL-2.0 */
/*
 * live.h - the recorder's socket: each record to all who look on, see live-protocol.h
 */
#ifndef ZREC_LIVE_H
#define ZREC_LIVE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "observe/ring.h"
#include "zrec.h"

struct live;

struct live_answers {
	/* What LIVE_WANT_STATUS is answered with; NULL: out of memory */
	json_t *(*status)(void *ctx);
	/* Runs what LIVE_WANT_HISTORY asks for, see served_start() */
	int (*history)(void *ctx, int client);
	void *ctx;
};

/*
 * Listens at @path, in a directory that is made if it is not there; what an ended recorder
 * left there is replaced. Returns 0 or a negative errno after its message, -EBUSY: there is
 * a recorder already.
 */
int live_open(struct live **ret, const char *path, const struct live_answers *answers);
void live_close(struct live *l);

/* Polls readable when a client wants something; then call live_work(). 0 or a negative errno */
int live_fd(const struct live *l);
int live_work(struct live *l);

/* Sends a record to all who look on, and waits for none of them */
void live_send(struct live *l, const struct ring_record *record);
/* A recovery that has been open for long, to those who want such, too */
void live_send_open(struct live *l, const struct zrec_open *open);

struct live_stats {
	size_t clients;		/* that look on now */
	uint64_t missed;	/* records that a client had no room for, over all of them */
	uint64_t refused;	/* clients: too many, not permitted, or without sense */
};

struct live_stats live_stats(const struct live *l);

#endif /* ZREC_LIVE_H */
