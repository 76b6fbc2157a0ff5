/* SPDX-License-Identifier: GPL-2.0 */
/*
 * experiment-count.h - for the recorder: its recoveries by arm, as metrics will have them
 *
 * The kernel's sums know no arm. What is counted here is what the report counts in
 * recordings, by the unit that was put into an arm: a PCHID, or a function without one.
 * Bounded, whatever a host has.
 */
#ifndef ZREC_KEEP_EXPERIMENT_COUNT_H
#define ZREC_KEEP_EXPERIMENT_COUNT_H

#include <jansson.h>
#include <stdint.h>

#include "keep/experiment-host.h"
#include "keep/writer.h"

#define EXPERIMENT_COUNT_UNITS	256	/* the last one is for all others */
#define EXPERIMENT_COUNT_ARMS	16
/* A metric cannot be asked for another time later */
#define EXPERIMENT_RELAPSE_NS	(300 * 1000000000ull)

struct experiment_counts;

/* NULL: no memory */
struct experiment_counts *experiment_counts_new(void);
void experiment_counts_free(struct experiment_counts *c);

/* So that each unit of an experiment that runs is there at 0 */
void experiment_counts_begin(struct experiment_counts *c, const struct experiment_host_state *state);

/* Each recovery once, in the order of the ring; @arm is NULL if it is in none */
void experiment_counts_add(struct experiment_counts *c, const struct zrec_span *span,
			   const struct writer_arm *arm);

/* The value of "experiments" in the recorder's status; NULL: no memory */
json_t *experiment_counts_to_json(const struct experiment_counts *c);

#endif /* ZREC_KEEP_EXPERIMENT_COUNT_H */
