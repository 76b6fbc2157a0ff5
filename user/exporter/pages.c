// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stddef.h>

#include "exporter/pages.h"

#define FRESH_NS	1000000000ull

static struct page *find_fresh(struct pages *p, enum emit_format format, uint64_t now_ns)
{
	for (unsigned int i = 0; i < PAGES_NR; i++) {
		struct page *page = &p->page[i];

		if (page->users && page->emit.format == format && now_ns - page->at_ns < FRESH_NS)
			return page;
	}
	return NULL;
}

static struct page *find_free(struct pages *p)
{
	for (unsigned int i = 0; i < PAGES_NR; i++)
		if (!p->page[i].users)
			return &p->page[i];
	return NULL;
}

int pages_get(struct pages *p, enum emit_format format, uint64_t now_ns, struct page **ret)
{
	struct page *page = find_fresh(p, format, now_ns);
	int err;

	if (!page) {
		page = find_free(p);
		if (!page)
			return -EBUSY;
		err = p->render(p->ctx, &page->emit, format);
		if (err)
			return err;
		page->at_ns = now_ns;
	}
	page->users++;
	*ret = page;
	return 0;
}

void pages_put(struct pages *p, struct page *page)
{
	if (!--page->users && page != &p->page[0])
		emit_free(&page->emit);
}

void pages_free(struct pages *p)
{
	for (unsigned int i = 0; i < PAGES_NR; i++)
		emit_free(&p->page[i].emit);
}
