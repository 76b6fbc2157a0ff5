/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.h - what was recorded, as one page to attach to a ticket
 *
 * The page is HTML with its style inside: it loads nothing, and runs nothing. What is in it
 * is bounded but for the hosts, functions and policies that it is about: of recoveries it
 * has the sums, those that did not end well and the slowest ones.
 */
#ifndef ZREC_REPORT_H
#define ZREC_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "keep/record.h"

struct report;

struct report_about {
	const char *source;		/* the recording; NULL: the history of this host */
	int64_t since_ns, until_ns;	/* what was asked for; 0: no bound */
	bool filtered;			/* there is more in this time */
	int64_t made_ns;		/* CLOCK_REALTIME */
	const char *kernel;		/* of this host, if it is about this host, or NULL */
};

/* NULL: no memory */
struct report *report_new(void);
void report_free(struct report *r);

/* In the order of time; 0 or -ENOMEM */
int report_add(struct report *r, const struct history_recovery *recovery);
int report_add_gap(struct report *r, const struct history_boot *boot,
		   const struct history_gap *gap);
int report_add_policy_event(struct report *r, const struct history_policy_event *event);

/* After all are added, into memory: 0 or -ENOMEM */
int report_write(struct report *r, const struct report_about *about, FILE *f);

#endif /* ZREC_REPORT_H */
