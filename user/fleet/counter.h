/* SPDX-License-Identifier: GPL-2.0 */
/*
 * counter.h - by how much counters increased, to the unit
 *
 * PromQL's increase() extrapolates to the ends of its window, so that 7 recoveries may be 7.3.
 * Here time is cut into pieces, of which the server says the largest and smallest value and
 * the resets. Between resets a counter does not fall, so these are the last and the first value,
 * and differences are exact. A piece with a reset is cut again, down to a minute. A series that
 * begins in the window began at 0; a host that was gone for a while misses nothing.
 */
#ifndef ZREC_FLEET_COUNTER_H
#define ZREC_FLEET_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include "fleet/prometheus.h"

struct counter {
	char *labels;			/* JSON with sorted keys: text that is the same is the same series */
	uint64_t increase;
	uint32_t resets;
	int64_t first_ms, last_ms;	/* between them it increased, if it did */
};

struct counters {
	struct counter *c;
	size_t nr;
};

struct counter_window {
	int64_t since_ms, until_ms;
};

/*
 * All series of @selector (NAME{...}) that were above 0 in the window. 0, or a negative errno after
 * its message, or -ENOMEM without one. To be freed in any case
 */
int counters_read(struct counters *ret, struct prometheus *p, const char *selector,
		  const struct counter_window *window);
void counters_free(struct counters *c);

#endif /* ZREC_FLEET_COUNTER_H */
