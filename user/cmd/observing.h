/* SPDX-License-Identifier: GPL-2.0 */
/*
 * observing.h - options of the commands that begin an observation
 *
 * Their arguments begin with the struct observer_opts.
 */
#ifndef ZREC_OBSERVING_H
#define ZREC_OBSERVING_H

#include "serve/config.h"

int parse_room(void *args, const char *value);
int parse_ring_size(void *args, const char *value);

#define CLI_ROOM								\
	{ 0, "room", "FUNCTIONS",						\
	  "When this begins the observation, make room in the sums for this many functions, and for " \
	  "as many to come (default: those present)",				\
	  .parse = parse_room, .wants = CONFIG_WANTS_ROOM }

#define CLI_RING_SIZE								\
	{ 'r', "ring-size", "BYTES",						\
	  "Room for recoveries that nobody has read yet, when this begins the observation " \
	  "(default 262144: 468 recoveries, or 204 in which policies were asked)", \
	  .parse = parse_ring_size, .wants = CONFIG_WANTS_RING_SIZE }

#endif /* ZREC_OBSERVING_H */
