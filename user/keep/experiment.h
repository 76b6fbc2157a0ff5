/* SPDX-License-Identifier: GPL-2.0 */
/*
 * experiment.h - the experiments of this host
 *
 * /var/lib/zrec/experiments.json has a list of them, which has one element at most while
 * the kernel follows one policy at a time. Commands write it, under the lock of the
 * policies; the recorder reads it. The file says what was meant. What holds is what the
 * kernel says: a recovery counts only while the experiment's policy was asked, so one that
 * was ejected, rolled back, replaced, switched off, or ended with its kernel is over, in
 * all arms at the same moment, whatever the file says.
 */
#ifndef ZREC_KEEP_EXPERIMENT_H
#define ZREC_KEEP_EXPERIMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/output.h"
#include "keep/arms.h"
#include "policy/sysfs.h"
#include "record/function.h"

#define EXPERIMENTS_PATH	"/var/lib/zrec/experiments.json"

struct experiment_function {
	uint32_t fid;
	uint16_t pchid;
	uint8_t arm;
};

struct experiment {
	char name[HISTORY_NAME_LEN];
	char boot_id[HISTORY_ID_LEN];	/* of the kernel that it began in */
	int64_t wall_ns;		/* when it began */
	uint64_t started_ns;		/* in CLOCK_MONOTONIC: since when its policy is enforced */
	bool complete;			/* its policy was put in force; else that was interrupted */
	bool by_host;			/* all functions are in host_arm, also those that come later */
	uint8_t host_arm;
	struct experiment_arm arms[STATS_MAX_ARMS];
	size_t nr_arms;
	struct experiment_function *functions;	/* else these, and no others */
	size_t nr_functions;
};

struct experiments {
	struct experiment *list;
	size_t nr;
};

/*
 * Reads the file, @path NULL: the usual one, and believes only what zrec wrote: a regular
 * file of root's (or ours) that nobody else can write, with each key and no other. 0, also
 * if there is none, or a negative errno after its message; -EUCLEAN: not to be trusted.
 * To be freed in every case.
 */
int experiments_read(struct experiments *ret, const char *path);
/* Replaces the file in one step; an empty list removes it. 0, or a negative errno after its message */
int experiments_write(const struct experiments *experiments, const char *path);
void experiments_free(struct experiments *experiments);

/* Name, boot and time, and who is in which arm; the arms are set. 0 or a negative errno */
int experiment_begin(struct experiment *e, const struct function_list *functions);

/* The policy that this host needs, "": none; there is one arm at most that has one */
const char *experiment_policy_here(const struct experiment *e);

enum experiment_state {
	EXPERIMENT_RUNS,
	EXPERIMENT_INTERRUPTED,	/* the command that began it was, so nothing counts */
	EXPERIMENT_REBOOTED,	/* another kernel runs now */
	EXPERIMENT_EJECTED,	/* the kernel ended its policy: the arm has done harm */
	EXPERIMENT_ENDED,	/* the policy is not in force, for another reason */
	EXPERIMENT_NR_STATES
};

/* Of the kernel that runs; "" if it cannot be read */
void experiment_boot_id(char ret[HISTORY_ID_LEN]);

/* What the kernel says of it */
enum experiment_state experiment_state(const struct experiment *e, const struct policy_state *kernel);
const char *name_experiment_state(enum experiment_state state);

void experiments_print(FILE *f, const struct experiments *experiments,
		       const struct policy_state *kernel);
/* Into an open document; what an output function returns */
int experiments_put(struct output *o, const struct experiments *experiments,
		    const struct policy_state *kernel);

#endif /* ZREC_KEEP_EXPERIMENT_H */
