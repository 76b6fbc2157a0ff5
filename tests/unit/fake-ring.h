/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fake-ring.h - a ring buffer as the kernel lays it out, written by a test
 */
#ifndef FAKE_RING_H
#define FAKE_RING_H

#include <stdint.h>

#include "observe/ring.h"

/* End with ring_close() */
void fake_ring_make(struct ring *ring);
/* As the kernel does: the header with @bits, the data, and then the position */
void fake_ring_put(struct ring *ring, const void *data, uint32_t size, uint32_t bits);
/* The header of the first record */
uint32_t *fake_ring_header(struct ring *ring);

#endif /* FAKE_RING_H */
