/* SPDX-License-Identifier: GPL-2.0 */
/*
 * experiment-read.h - the recoveries of one experiment, from any number of recordings
 */
#ifndef ZREC_KEEP_EXPERIMENT_READ_H
#define ZREC_KEEP_EXPERIMENT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keep/record.h"
#include "stats/stats.h"

#define EXPERIMENT_NO_ARM	0xff

/* An error of any function, as all of them tell what is a relapse */
struct experiment_row {
	int64_t wall_ns;
	uint64_t total_ns;
	uint32_t host;			/* index into hosts */
	uint32_t fid;
	uint16_t pchid;
	uint8_t arm;			/* index into arms, or EXPERIMENT_NO_ARM */
	uint8_t success;		/* enum stats_answer; unknown: no policy decides there */
	uint8_t relapse;
	uint8_t pad[3];
};

_Static_assert(sizeof(struct experiment_row) == 32, "there may be millions of them");

struct experiment_host {
	char key[HISTORY_HOST_LEN];	/* its machine ID, or its name if there is none */
	int64_t first_ns, last_ns;	/* when its recoveries of the experiment began, and ended */
	uint32_t number;		/* in the order of reading */
	uint8_t arms;			/* a bit for each that it has recoveries of */
};

struct experiment_gap {
	uint32_t host;
	struct history_gap gap;
};

/* The kernel ended a policy of the experiment: its arm has done harm there */
struct experiment_end {
	char host[HISTORY_HOST_LEN];
	char policy[ZPCI_POLICY_NAME_LEN];
	char what[32];			/* name_exit() */
	char text[ZPCI_EXIT_TEXT_LEN];
	int64_t wall_ns;
};

typedef char experiment_name[HISTORY_NAME_LEN];

/* A policy that is known to have been in shadow only */
struct experiment_shadow {
	uint32_t host;
	char policy[ZPCI_POLICY_NAME_LEN];
};

struct experiment_data {
	experiment_name name;
	bool named;			/* by the caller; else it is the only one */
	experiment_name *others;	/* experiments that are not this one */
	size_t nr_others;
	experiment_name *arms;
	size_t nr_arms;
	struct experiment_shadow *shadows;
	size_t nr_shadows;
	struct experiment_host *hosts;
	size_t nr_hosts;
	struct experiment_row *rows;
	size_t nr_rows;
	struct experiment_end *ends;
	size_t nr_ends;
	int64_t from_ns, to_ns;		/* first and last recovery of the experiment */
	int64_t end_ns;			/* no recording has anything after this */
	struct experiment_gap *gaps;
	size_t nr_gaps;
	uint64_t missing;		/* recoveries that are in them */
	uint64_t doubles;		/* that were in two recordings */
	uint32_t *slots;		/* hash table of hosts: index + 1, 0: free */
	size_t nr_slots;
	size_t last_host;		/* the one looked for last */
};

/* @name: NULL: the only one that there is. Frees with experiment_data_free() in any case */
void experiment_data_init(struct experiment_data *data, const char *name);
/*
 * Reads one recording. 0, or a negative errno, after its message: that of history_open(),
 * -E2BIG: more than STATS_MAX_ARMS arms
 */
int experiment_data_add(struct experiment_data *data, const char *path);
/*
 * When all are read: drops what is there twice, and finds relapses within @within_ns.
 * @control, NULL: "default" or "control" or the first by name, becomes the first arm;
 * -ENOENT: there is none such.
 */
int experiment_data_finish(struct experiment_data *data, uint64_t within_ns, const char *control);
/* The part of it that puts the control first, for data from elsewhere */
int experiment_data_order_arms(struct experiment_data *data, const char *control);
void experiment_data_free(struct experiment_data *data);

/* True if whole hosts are in an arm, so that a host is the unit and not a PCHID */
bool experiment_by_host(const struct experiment_data *data);

#endif /* ZREC_KEEP_EXPERIMENT_READ_H */
