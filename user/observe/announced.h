/* SPDX-License-Identifier: GPL-2.0 */
/*
 * announced.h - recoveries whose event was read and whose end was not
 *
 * The ring buffer has a record of each event, from which a reader knows when a
 * recovery has been open for long: it sets a timer and looks into the table of open
 * recoveries then, so that nothing polls. What is not in the table any more joined
 * another recovery, or its end is on the way.
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
	bool told;		/* that it is open for long */
};

/* Zero-initialise, free with announced_free() */
struct announced_list {
	struct announced *a;
	size_t nr;
	size_t room;
};

/* 0 or -ENOMEM; one that is there already stays as it is */
int announced_add(struct announced_list *l, const struct zrec_event *event);
/* Adds all that are open now, whose events somebody else may have read. 0 or -errno */
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
 * Calls @fn for each recovery that has been open for @after_ns and was not told of
 * yet; forgets those that should be open for so long and are not, as their ends may be
 * lost. Returns 0, what @fn returned first other than 0, or a negative errno.
 */
int announced_tell(struct announced_list *l, struct observer *observer, uint64_t after_ns,
		   observer_open_fn fn, void *ctx);

#endif /* ZREC_ANNOUNCED_H */
