/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reader.h - the one reader of an observation's ring buffer
 */
#ifndef ZREC_READER_H
#define ZREC_READER_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#include "base/bpffs.h"

struct reader {
	int dir;		/* has the lock that makes us the reader, and goes with the observation */
	int end;		/* inotify: something beside it was removed, or what it is in moved */
	int wait;		/* epoll of that and the ring buffer */
	bool moved;		/* by a detach that was interrupted, or by a newer zrec */
	struct ring_buffer *ring;	/* NULL: not open */
};

#define READER_CLOSED	((struct reader){ .dir = -1, .end = -1, .wait = -1 })

/* 0, -EBUSY when another process reads, -ENOENT when the observation has ended, or -errno */
int reader_open(struct reader *r, const struct bpffs *fs, int ring_map, ring_buffer_sample_fn fn,
		void *ctx);
void reader_close(struct reader *r);

/* How many records were handed over, -ESHUTDOWN after the end of the observation, or -errno */
int reader_poll(struct reader *r, int timeout_ms);

#endif /* ZREC_READER_H */
