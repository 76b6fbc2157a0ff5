/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pages.h - the pages that are being sent
 *
 * A page is sent from its buffer, so it cannot change until every client has it. Who asks
 * while a page of the same format is younger than a second gets that one; a slow client
 * keeps its page, and others get another, of which there are few. The buffer that is used
 * most stays allocated, the others go when nobody needs them.
 */
#ifndef ZREC_EXPORTER_PAGES_H
#define ZREC_EXPORTER_PAGES_H

#include <stdint.h>

#include "exporter/emit.h"

#define PAGES_NR	4

/* Renders the page that is wanted now; 0 or a negative errno */
typedef int (*pages_render_fn)(void *ctx, struct emit *e, enum emit_format format);

struct page {
	struct emit emit;
	uint64_t at_ns;			/* CLOCK_MONOTONIC */
	unsigned int users;
};

struct pages {
	struct page page[PAGES_NR];
	pages_render_fn render;
	void *ctx;
};

/* 0, -EBUSY: slow clients have them all; or what render() returned */
int pages_get(struct pages *p, enum emit_format format, uint64_t now_ns, struct page **ret);
void pages_put(struct pages *p, struct page *page);
void pages_free(struct pages *p);

#endif /* ZREC_EXPORTER_PAGES_H */
