/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ring.h - the records of a BPF ring buffer, by their positions
 *
 * Reading and letting go are apart: a record stays in the ring, with its position, until
 * ring_release() gives its room back to the kernel. libbpf's reader lets go as soon as its
 * callback returns, so a record that is still on its way to the disk would be lost with
 * the process.
 *
 * Positions count bytes from the first record on and only grow. The kernel wakes a reader
 * up when it has let go of all before: who holds records back looks again by itself.
 */
#ifndef ZREC_RING_H
#define ZREC_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring {
	unsigned long *read;		/* a page with the reader's position */
	const unsigned long *written;	/* a page with the kernel's, and the data behind it */
	size_t page;
	size_t bytes;			/* of data; a power of two. 0: not open */
	char *torn;			/* the last record that begins at the end of the data */
};

#define RING_CLOSED	((struct ring){ 0 })

struct ring_record {
	uint64_t position;	/* where it begins */
	uint64_t end;		/* where the next one begins */
	const void *data;	/* until it is released, or the next one is asked for */
	size_t size;		/* of data */
};

enum ring_access {
	RING_LOOK,		/* the map may be open for reading only */
	RING_READ,		/* whoever is the reader: ring_release() works */
};

/* 0 or a negative errno, -EPROTO: not a ring buffer. The map's fd can be closed afterwards */
int ring_open(struct ring *r, int map_fd, enum ring_access access);
void ring_close(struct ring *r);

/* How far the reader has let go, and the kernel has written */
uint64_t ring_released(const struct ring *r);
uint64_t ring_written(const struct ring *r);

/*
 * The data is mapped once. The kernel offers it twice, one after the other, so that no record
 * is torn, but each page of it counts as ours, twice.
 *
 * The first record at or after @*at, which must be the position of a record not released
 * yet; *at is then behind it. Returns 1, 0: there is none yet, or it is still being
 * written; -ERANGE: that position has been released and overwritten; -EPROTO: what stands
 * there is no record; -ENOMEM.
 */
int ring_next(struct ring *r, uint64_t *at, struct ring_record *ret);

/* Gives the room of all before @to back to the kernel */
void ring_release(struct ring *r, uint64_t to);

#endif /* ZREC_RING_H */
