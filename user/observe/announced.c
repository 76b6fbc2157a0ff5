// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* reallocarray() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "observe/announced.h"

static int add(struct announced_list *l, uint64_t id, uint64_t begin_ns)
{
	for (size_t i = l->nr; i--;)
		if (l->a[i].id == id)
			return 0;
	if (l->nr == l->room) {
		size_t room = l->room ? 2 * l->room : 16;
		struct announced *bigger = reallocarray(l->a, room, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		l->a = bigger;
		l->room = room;
	}
	l->a[l->nr++] = (struct announced){ .id = id, .begin_ns = begin_ns };
	return 0;
}

int announced_add(struct announced_list *l, const struct zrec_event *event)
{
	return add(l, event->id, event->begin_ns);
}

static int add_open(void *ctx, const struct zrec_open *open)
{
	return add(ctx, open->id, open->span.begin_ns);
}

int announced_begin(struct announced_list *l, struct observer *observer)
{
	return observer_each_open(observer, add_open, l);
}

static void forget(struct announced_list *l, size_t i)
{
	memmove(&l->a[i], &l->a[i + 1], (--l->nr - i) * sizeof(*l->a));
}

/* From the end: most recoveries are short */
void announced_remove(struct announced_list *l, uint64_t id)
{
	for (size_t i = l->nr; i--;) {
		if (l->a[i].id == id) {
			forget(l, i);
			return;
		}
	}
}

void announced_free(struct announced_list *l)
{
	free(l->a);
	*l = (struct announced_list){ 0 };
}

int announced_timeout_ms(const struct announced_list *l, uint64_t after_ns)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), first = UINT64_MAX;

	for (size_t i = 0; i < l->nr; i++)
		if (!l->a[i].told && l->a[i].begin_ns + after_ns < first)
			first = l->a[i].begin_ns + after_ns;
	if (first == UINT64_MAX)
		return -1;
	if (first <= now)
		return 0;
	/* An hour is as good as for ever: whoever waits asks again */
	first = (first - now) / NSEC_PER_MSEC + 1;
	return first < 3600000 ? (int)first : 3600000;
}

struct look {
	struct announced_list *l;
	uint64_t begun_ns;	/* before that, and it has been open for long */
	bool *open;		/* of each in the list */
	observer_open_fn fn;
	void *ctx;
};

static int look_at(void *ctx, const struct zrec_open *open)
{
	const struct look *look = ctx;

	for (size_t i = 0; i < look->l->nr; i++) {
		struct announced *a = &look->l->a[i];

		if (a->id != open->id)
			continue;
		look->open[i] = true;
		if (a->told || a->begin_ns > look->begun_ns)
			return 0;
		a->told = true;
		return look->fn(look->ctx, open);
	}
	return 0;
}

int announced_tell(struct announced_list *l, struct observer *observer, uint64_t after_ns,
		   observer_open_fn fn, void *ctx)
{
	struct look look = { .l = l, .fn = fn, .ctx = ctx };
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	int err;

	if (announced_timeout_ms(l, after_ns))
		return 0;
	look.begun_ns = now > after_ns ? now - after_ns : 0;
	look.open = calloc(l->nr, sizeof(*look.open));
	if (!look.open)
		return -ENOMEM;
	err = observer_each_open(observer, look_at, &look);
	for (size_t i = l->nr; !err && i--;)
		if (!look.open[i] && l->a[i].begin_ns <= look.begun_ns)
			forget(l, i);
	free(look.open);
	return err;
}
