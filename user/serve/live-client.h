/* SPDX-License-Identifier: GPL-2.0 */
/*
 * live-client.h - look on while a recorder reads, see live-protocol.h
 */
#ifndef ZREC_LIVE_CLIENT_H
#define ZREC_LIVE_CLIENT_H

#include <jansson.h>
#include <stdint.h>
#include <sys/types.h>

#include "observe/ring.h"
#include "zrec.h"

typedef int (*live_client_open_fn)(void *ctx, const struct zrec_open *open);

struct live_client {
	int fd;			/* -1: not connected; polls readable when a record is there */
	live_client_open_fn open;
	pid_t pid;		/* of the recorder */
	uint64_t missed;	/* records, as the recorder has said */
};

#define LIVE_CLIENT_CLOSED	((struct live_client){ .fd = -1 })

/*
 * Becomes a client for records. Returns 0, -ENOENT: no recorder runs; -EACCES: it is not
 * for us; -EPROTO: it is another version's; -EUCLEAN: who listens there is not root; -EBUSY:
 * it has too many clients; other negative errno. Silent.
 */
int live_client_open(struct live_client *c);
/*
 * The same at the socket @path, and live_client_read() also calls @open, with the ctx that it
 * has, for each recovery that has been open for long
 */
int live_client_open_too(struct live_client *c, const char *path, live_client_open_fn open);
void live_client_close(struct live_client *c);

/*
 * Hands the records that wait to @fn, which knows each as whole. Does not wait. Returns how
 * many, -ESHUTDOWN when the recorder has ended, or what @fn returned other than 0.
 */
typedef int (*live_client_fn)(void *ctx, const struct ring_record *record);
int live_client_read(struct live_client *c, live_client_fn fn, void *ctx);

/* What the recorder says of itself, to be freed. As live_client_open() */
int live_client_status(json_t **ret);

/*
 * Has the recorder run this process's own command line, "zrec history ...", on its history,
 * with our standard output and standard error. Returns its exit code, or as
 * live_client_open(); then nothing was written.
 */
int live_client_run(void);

#endif /* ZREC_LIVE_CLIENT_H */
