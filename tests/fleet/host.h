/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host.h - one simulated host: a recording, played into the snapshot of an exporter
 *
 * What a kernel would count is counted here; what is open, listed. From the snapshot on all is
 * the exporter's own code.
 */
#ifndef FLEET_HOST_H
#define FLEET_HOST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "exporter/requests.h"
#include "exporter/snapshot.h"

struct host_opts {
	unsigned int number;		/* from 0 on */
	unsigned int seed;		/* of the recordings, to which its number is added */
	unsigned int functions;
	unsigned int recoveries;	/* in its recording */
	unsigned int speed;		/* seconds of the recording in one of the clock */
	bool policies;			/* one enforced, one in shadow, an experiment */
};

/* A recovery, at its time since the recording began */
struct played {
	uint64_t begin_ns, end_ns;
	bool counted;
	struct zrec_full_span full;
};

struct host {
	struct host_opts opts;
	struct snapshot snapshot;
	struct requests requests;
	struct played *played;		/* by begin_ns */
	size_t nr, first_open, begun;
	uint64_t counted;
	/* Told from outside while it is scraped */
	atomic_ullong play_ns;		/* CLOCK_MONOTONIC: when its recording begins; 0: not yet */
	atomic_bool blind, ejected, unruled;
	atomic_uint failures, losses;	/* that are to be counted at the next scrape */
};

/* 0 or -ENOMEM; to be freed in any case */
int host_init(struct host *h, const struct host_opts *opts);
void host_free(struct host *h);

/* Its recording begins now */
void host_play(struct host *h);

/* Its recording as far as it was played by now, in h->snapshot; 0 or -ENOMEM */
int host_collect(struct host *h);

#endif /* FLEET_HOST_H */
