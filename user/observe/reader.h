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
	int dir;		/* whoever has its lock is the reader; it goes when the observation ends */
	int end;		/* inotify: something beside dir was removed, or the directory above moved */
	int wait;		/* epoll of end and the ring buffer */
	bool moved;		/* the observation ends, or a newer zrec takes over */
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
