/* SPDX-License-Identifier: GPL-2.0 */
/*
 * maps.h - read the pinned maps of the observation into a snapshot
 *
 * Each time anew, from the pins: the maps of an observation that has ended are of no use.
 * Value by value into one small buffer, for the tables can have many megabytes. Nothing is
 * written, nothing is locked, and the programs do not notice.
 */
#ifndef ZREC_EXPORTER_MAPS_H
#define ZREC_EXPORTER_MAPS_H

#include "exporter/snapshot.h"


/*
 * Sets @s->state and all that belongs to the observation; begins the snapshot. Returns 0, also
 * if nothing is observed, or the negative errno that kept it from reading.
 */
int maps_read(struct snapshot *s);

/* For each value of a map: @fn returns 0 or a negative errno, which ends it */
typedef int (*maps_value_fn)(struct snapshot *s, const void *value, size_t size);

/* What maps_read() does with the values of each table, for the tests */
int maps_add_driver(struct snapshot *s, const void *value, size_t size);
int maps_add_pec(struct snapshot *s, const void *value, size_t size);
int maps_add_function(struct snapshot *s, const void *value, size_t size);
int maps_add_open(struct snapshot *s, const struct zrec_open *open, uint64_t now_ns);

#endif /* ZREC_EXPORTER_MAPS_H */
