// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>

#include "base/array.h"
#include "base/heap.h"

static bool is_before(const struct heap_item *a, const struct heap_item *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void swap(struct heap_item *a, struct heap_item *b)
{
	struct heap_item old = *a;

	*a = *b;
	*b = old;
}

int heap_push(struct heap *h, uint64_t at, void *what, size_t which)
{
	struct heap_item *item = array_add(&h->item, &h->nr, sizeof(*item));
	size_t nr = h->nr - 1;

	if (!item)
		return -ENOMEM;
	*item = (struct heap_item){ .at = at, .seq = h->added++, .what = what, .which = which };
	for (; nr && is_before(&h->item[nr], &h->item[(nr - 1) / 2]); nr = (nr - 1) / 2)
		swap(&h->item[nr], &h->item[(nr - 1) / 2]);
	return 0;
}

struct heap_item heap_pop(struct heap *h)
{
	struct heap_item first = h->item[0];
	size_t nr = 0;

	h->item[0] = h->item[--h->nr];
	for (;;) {
		size_t child = 2 * nr + 1;

		if (child >= h->nr)
			return first;
		if (child + 1 < h->nr && is_before(&h->item[child + 1], &h->item[child]))
			child++;
		if (!is_before(&h->item[child], &h->item[nr]))
			return first;
		swap(&h->item[nr], &h->item[child]);
		nr = child;
	}
}
