// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* reallocarray() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "observe/announced.h"

int announced_add(struct announced_list *l, const struct zrec_event *event)
{
	if (l->nr == l->room) {
		size_t room = l->room ? 2 * l->room : 16;
		struct announced *bigger = reallocarray(l->a, room, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		l->a = bigger;
		l->room = room;
	}
	l->a[l->nr++] = (struct announced){ .id = event->id, .begin_ns = event->begin_ns };
	return 0;
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
	const struct announced_list *due;
	bool *open;		/* of each of them */
	observer_open_fn fn;
	void *ctx;
};

static int look_at(void *ctx, const struct zrec_open *open)
{
	const struct look *look = ctx;

	for (size_t i = 0; i < look->due->nr; i++) {
		if (look->due->a[i].id == open->id) {
			look->open[i] = true;
			return look->fn(look->ctx, open);
		}
	}
	return 0;
}

/* Those that have waited long enough, which then count as told */
static int take_due(struct announced_list *l, uint64_t after_ns, struct announced_list *due)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	int err = 0;

	for (size_t i = 0; !err && i < l->nr; i++) {
		struct zrec_event event = { .id = l->a[i].id, .begin_ns = l->a[i].begin_ns };

		if (l->a[i].told || event.begin_ns + after_ns > now)
			continue;
		l->a[i].told = true;
		err = announced_add(due, &event);
	}
	return err;
}

int announced_tell(struct announced_list *l, struct observer *observer, uint64_t after_ns,
		   observer_open_fn fn, void *ctx)
{
	struct announced_list due = { 0 };
	struct look look = { .due = &due, .fn = fn, .ctx = ctx };
	int err = take_due(l, after_ns, &due);

	if (err || !due.nr)
		goto out;
	look.open = calloc(due.nr, sizeof(*look.open));
	if (!look.open) {
		err = -ENOMEM;
		goto out;
	}
	err = observer_each_open(observer, look_at, &look);
	for (size_t i = 0; i < due.nr; i++)
		if (!look.open[i])
			announced_remove(l, due.a[i].id);
	free(look.open);
out:
	announced_free(&due);
	return err;
}
