/* SPDX-License-Identifier: GPL-2.0 */
/*
 * heap.h - what is still to come, the next first
 */
#ifndef ZREC_HEAP_H
#define ZREC_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_item {
	uint64_t at;
	uint64_t seq;			/* of one moment, those added first come first */
	void *what;
	size_t which;
};

/* Zero-initialise; item[0] is the next one, if nr is not 0. Free item */
struct heap {
	struct heap_item *item;
	size_t nr;
	uint64_t added;
};

/* 0 or -ENOMEM */
int heap_push(struct heap *h, uint64_t at, void *what, size_t which);
/* There has to be one */
struct heap_item heap_pop(struct heap *h);

#endif /* ZREC_HEAP_H */
