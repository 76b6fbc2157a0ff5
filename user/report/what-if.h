/* SPDX-License-Identifier: GPL-2.0 */
/*
 * what-if.h - policies over a recording, side by side, as one page
 *
 * The page is made as that of report.h is. It has no recovery but examples, so it is as
 * large as policies and what they differ in, however many recoveries there are.
 */
#ifndef ZREC_REPORT_WHAT_IF_H
#define ZREC_REPORT_WHAT_IF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "replay/replay.h"

struct what_if_about {
	int64_t since_ns, until_ns;	/* what was asked for; 0: no bound */
	bool filtered;			/* there is more in this time */
	const char *canary;		/* which functions the policies are for; NULL: all */
	int64_t made_ns;		/* CLOCK_REALTIME */
};

/* After replay_end(), of two policies at least, into memory: 0 or -ENOMEM */
int what_if_write(const struct replay *r, const struct what_if_about *about, FILE *f);

#endif /* ZREC_REPORT_WHAT_IF_H */
