/* SPDX-License-Identifier: GPL-2.0 */
/*
 * announced.h - recoveries whose event was read and whose end was not
 *
 * The ring buffer has a record of each event. From its time a reader knows when the
 * recovery will have been open for long. It sets a timer, and looks into the table of open
 * recoveries when that is due, so nothing polls. A recovery that is not in the table then
 * has joined another one, or its end was lost, or is still to be read.
 */
#ifndef ZREC_ANNOUNCED_H
#define ZREC_ANNOUNCED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "observe/observer.h"

struct announced {
	uint64_t id;
	uint64_t begin_ns;	/* CLOCK_MONOTONIC */
	bool reported;		/* it has been open for long, and was passed on */
};

/* Zero-initialise, free with announced_free() */
struct announced_list {
	struct announced *a;
	size_t nr;
	size_t room;
};

/*
 * 0 or -ENOMEM; one that is there already stays as it is. Before the list grows, it is
 * rid of what is not open any more, so it stays below four times the open recoveries.
 */
int announced_add(struct announced_list *l, struct observer *observer,
		  const struct zrec_event *event);
/* Adds all that are open now: another reader may have read their events. 0 or -errno */
int announced_begin(struct announced_list *l, struct observer *observer);
/* Its end was read */
void announced_remove(struct announced_list *l, uint64_t id);
void announced_free(struct announced_list *l);

/*
 * How long until a recovery has been open for @after_ns, in ms and rounded up; -1 if
 * there is none to wait for.
 */
int announced_timeout_ms(const struct announced_list *l, uint64_t after_ns);

/*
 * Calls @fn once for each recovery that has been open for @after_ns. Forgets those that
 * have had the time and are not open. Returns 0, what @fn returned first other than 0, or
 * a negative errno.
 */
int announced_report(struct announced_list *l, struct observer *observer, uint64_t after_ns,
		     observer_open_fn fn, void *ctx);

#endif /* ZREC_ANNOUNCED_H */
