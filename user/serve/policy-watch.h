/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy-watch.h - which policies began, for the history
 *
 * How a policy ended comes through the ring buffer. That one began is seen in what the
 * kernel reports, at each commit, and at once if zrec pinned it.
 */
#ifndef ZREC_POLICY_WATCH_H
#define ZREC_POLICY_WATCH_H

#include "keep/writer.h"
#include "policy/sysfs.h"

struct policy_place_name {
	char name[ZPCI_POLICY_NAME_LEN];	/* "": none */
	uint64_t since_ns;
};

#define POLICY_WATCH_PLACES	(1 + POLICY_NR_SHADOWS)

struct policy_watch {
	int fd;				/* inotify; negative: changes show at the next commit */
	bool changed;			/* since the last commit */
	int error;			/* why the kernel's policies could not be read; 0: they could */
	struct policy_place_name known[POLICY_WATCH_PLACES];	/* in the file */
	struct policy_place_name now[POLICY_WATCH_PLACES];	/* in the batch */
};

void policy_watch_begin(struct policy_watch *w);
void policy_watch_end(struct policy_watch *w);

/* When w->fd polls readable, and before a batch: looks for changes of pins */
void policy_watch_look(struct policy_watch *w);

/*
 * Writes those that began since the last commit. A kernel without policies has none, and one
 * that does not say is warned of once. 0, or a negative errno of the writer.
 */
int policy_watch_record(struct policy_watch *w, struct writer *writer,
			const struct history_boot *boot);
/* True if the policy at this place of w->now was there at the last commit */
bool policy_watch_is_known(const struct policy_watch *w, int place);
/* They were committed */
void policy_watch_recorded(struct policy_watch *w);

#endif /* ZREC_POLICY_WATCH_H */
