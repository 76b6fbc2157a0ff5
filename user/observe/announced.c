// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* reallocarray() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "observe/announced.h"

#define ROOM_MIN	16

static int grow(struct announced_list *l)
{
	size_t room = l->room ? 2 * l->room : ROOM_MIN;
	struct announced *bigger = reallocarray(l->a, room, sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	l->a = bigger;
	l->room = room;
	return 0;
}

static int add(struct announced_list *l, uint64_t id, uint64_t begin_ns)
{
	int err = 0;

	for (size_t i = l->nr; i--;)
		if (l->a[i].id == id)
			return 0;
	if (l->nr == l->room)
		err = grow(l);
	if (!err)
		l->a[l->nr++] = (struct announced){ .id = id, .begin_ns = begin_ns };
	return err;
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
		if (!l->a[i].reported && l->a[i].begin_ns + after_ns < first)
			first = l->a[i].begin_ns + after_ns;
	if (first == UINT64_MAX)
		return -1;
	if (first <= now)
		return 0;
	/* An hour is as good as for ever: whoever waits asks again */
	first = (first - now) / NSEC_PER_MSEC + 1;
	return first < 3600000 ? (int)first : 3600000;
}

/* One look into the table of open recoveries */
struct look {
	struct announced_list *l;
	uint64_t due_ns;	/* begun before that, it has been open for long */
	bool *open;		/* of each in the list */
	observer_open_fn fn;	/* for each that is due; NULL: for none */
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
		if (!look->fn || a->reported || a->begin_ns > look->due_ns)
			return 0;
		a->reported = true;
		return look->fn(look->ctx, open);
	}
	return 0;
}

/* Forgets those that began until @until_ns and are not open */
static int look(struct look *look, struct observer *observer, uint64_t until_ns)
{
	struct announced_list *l = look->l;
	int err;

	look->open = calloc(l->nr, sizeof(*look->open));
	if (!look->open)
		return -ENOMEM;
	err = observer_each_open(observer, look_at, look);
	for (size_t i = l->nr; !err && i--;)
		if (!look->open[i] && l->a[i].begin_ns <= until_ns)
			forget(l, i);
	free(look->open);
	return err;
}

int announced_add(struct announced_list *l, struct observer *observer,
		  const struct zrec_event *event)
{
	struct look all = { .l = l };

	/* While no timer is due, those pile up here whose ends are lost, or that joined others */
	if (l->nr && l->nr == l->room) {
		int err = look(&all, observer, UINT64_MAX);

		if (!err && l->nr > l->room / 2)
			err = grow(l);
		if (err)
			return err;
	}
	return add(l, event->id, event->begin_ns);
}

int announced_report(struct announced_list *l, struct observer *observer, uint64_t after_ns,
		     observer_open_fn fn, void *ctx)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	struct look due = { .l = l, .fn = fn, .ctx = ctx };

	if (announced_timeout_ms(l, after_ns))
		return 0;
	due.due_ns = now > after_ns ? now - after_ns : 0;
	return look(&due, observer, due.due_ns);
}
