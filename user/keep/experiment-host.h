/* SPDX-License-Identifier: GPL-2.0 */
/*
 * experiment-host.h - for the recorder: the arm of each recovery of this host
 */
#ifndef ZREC_KEEP_EXPERIMENT_HOST_H
#define ZREC_KEEP_EXPERIMENT_HOST_H

#include <stdbool.h>
#include <sys/types.h>

#include "keep/experiment.h"
#include "zrec.h"

/* The experiments as they run here; zero-initialise, then experiment_host_look() */
struct experiment_host_state {
	struct experiments experiments;
	uint64_t *ended_ns;		/* of each: CLOCK_MONOTONIC, UINT64_MAX: it runs */
	struct {
		dev_t dev;
		ino_t ino;
		long long mtime_ns;
	} file;				/* that was read */
	bool looked;
};

/*
 * Reads the file if it is another one than last time; costs one stat() otherwise. To be
 * called before a batch of records. 0, or a negative errno after its message (once for a
 * file): then no recovery is in an experiment.
 */
int experiment_host_look(struct experiment_host_state *state, const char *path);
void experiment_host_free(struct experiment_host_state *state);

/* A policy has ended, at its place among the spans: what comes later is in no experiment */
void experiment_host_exit(struct experiment_host_state *state, const struct zrec_policy_exit *exit);

/* True, with the names of experiment and arm, if the recovery is in one; else both are "" */
bool experiment_arm_of(const struct experiment_host_state *state, const struct zrec_span *span,
		       char experiment[HISTORY_NAME_LEN], char arm[HISTORY_NAME_LEN]);

#endif /* ZREC_KEEP_EXPERIMENT_HOST_H */
