/* SPDX-License-Identifier: GPL-2.0 */
/*
 * snapshot.h - all that a scrape says, read at one moment
 *
 * It is kept from one scrape to the next: rows stay where they are, so which functions have
 * labels of their own does not change, and no memory is allocated anew. What it holds is
 * bounded, whatever drivers, functions and PECs a kernel comes up with.
 */
#ifndef ZREC_EXPORTER_SNAPSHOT_H
#define ZREC_EXPORTER_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "exporter/buckets.h"
#include "exporter/requests.h"
#include "observe/hooks.h"
#include "policy/sysfs.h"
#include "record/function.h"
#include "serve/action.h"
#include "zrec.h"

#define SNAPSHOT_DRIVERS	16	/* with one for all others */
#define SNAPSHOT_OTHER_PECS	16	/* beside those that have a name, likewise */
#define SNAPSHOT_PECS		48
#define SNAPSHOT_PAIRS		32	/* (PEC, outcome) of a function, likewise */
#define SNAPSHOT_ARMS		256
#define SNAPSHOT_EXPERIMENTS	16	/* arms that were counted, of all experiments */
#define SNAPSHOT_PCHIDS		256	/* ... and what was put into them as one */
#define SNAPSHOT_GAPS		16
#define SNAPSHOT_WISHES		16
#define SNAPSHOT_NAME_LEN	(4 * ZPCI_DRIVER_LEN + 1)
#define SNAPSHOT_TEXT_LEN	128
#define SNAPSHOT_ID_LEN		20
#define SNAPSHOT_COUNTED_OUTCOMES 4	/* recovered, failed, isolated, abandoned: what counts in an arm */

#define SNAPSHOT_OTHER		"other"

enum observation_state {
	OBSERVATION_NONE,
	OBSERVATION_OBSERVING,
	OBSERVATION_TAKING_OVER,	/* its sums are not complete yet */
	OBSERVATION_OTHER_VERSION,
	OBSERVATION_NO_PERMISSION,
	OBSERVATION_UNREADABLE,
	NR_OBSERVATION_STATES
};

enum snapshot_source {
	SOURCE_OBSERVATION,
	SOURCE_FUNCTIONS,
	SOURCE_POLICIES,
	SOURCE_POLICY_CONF,
	SOURCE_RECORDER,
	SOURCE_ACTIONS,
	NR_SOURCES
};

struct snapshot_pair {
	uint64_t count;
	uint16_t pec;
	uint8_t outcome;
};

struct snapshot_open {
	uint64_t age_ns;		/* 0: none is open */
	uint64_t step_age_ns;
	uint64_t deadline_left_ns;
	uint8_t step;
	bool has_deadline;
};

struct snapshot_function {
	uint32_t fid;
	bool here;			/* this host has it now */
	bool counted;			/* the observation has something about it */
	struct function f;		/* if it is here */
	uint64_t outcome[ZPCI_NR_OUTCOMES];
	uint64_t other_pairs[ZPCI_NR_OUTCOMES];
	uint64_t count, sum_ns;
	struct snapshot_open open;
	unsigned int nr_pairs;
	struct snapshot_pair pair[SNAPSHOT_PAIRS];
};

struct snapshot_driver {
	char name[SNAPSHOT_NAME_LEN];
	bool here;			/* it is bound to a function, or counted */
	struct buckets total;
	struct buckets step[ZREC_NR_STEPS];
};

struct snapshot_pec {
	uint16_t pec;
	bool other;			/* it stands for all that found no room */
	uint64_t outcome[ZPCI_NR_OUTCOMES];
	struct buckets total;
};

struct snapshot_arm {
	uint32_t fid;
	char experiment[SNAPSHOT_TEXT_LEN];
	char arm[SNAPSHOT_TEXT_LEN];
};

/* A policy that policy.conf wants in the kernel */
struct snapshot_wish {
	char name[SNAPSHOT_TEXT_LEN];
	bool shadow;
};

/* What came of an arm, as the recorder counts it */
struct snapshot_experiment {
	char experiment[SNAPSHOT_TEXT_LEN];
	char arm[SNAPSHOT_TEXT_LEN];
	struct buckets times;		/* of recoveries that succeeded */
};

struct snapshot_pchid {
	unsigned int arm;		/* index of a snapshot_experiment */
	char pchid[SNAPSHOT_ID_LEN];
	uint64_t outcome[ZPCI_NR_OUTCOMES];
	uint64_t relapsed;
};

/* A value that the recorder may not have said */
struct snapshot_value {
	bool known;
	uint64_t n;			/* a moment: ns since 1970; an age: ns */
};

/* What became of entries for the journal */
enum journal_result {
	JOURNAL_WRITTEN,
	JOURNAL_HELD_BACK,
	JOURNAL_LOST,
	NR_JOURNAL_RESULTS
};

struct snapshot_recorder {
	bool up;
	bool recording;
	char error[SNAPSHOT_TEXT_LEN];	/* "": none */
	struct snapshot_value started, status_age, life_age, recorded, missing, commits,
			      last_commit, lag, file, wal, clients, clients_missed,
			      clients_refused;
	uint64_t ejections;
	bool journal_known;
	uint64_t journal[NR_JOURNAL_RESULTS];
	struct {
		char reason[SNAPSHOT_TEXT_LEN];
		uint64_t count;
	} gap[SNAPSHOT_GAPS];
	unsigned int nr_gaps;
	uint64_t removed;		/* a bit for each hook whose link is gone */
};

struct snapshot_action {
	char name[CONF_NAME_LEN];
	uint64_t running, queued;
	uint64_t ended[ACTION_NR_ENDS], dropped[ACTION_NR_DROPS];
};

struct snapshot_actions {
	bool up, connected;
	uint64_t missed;
	unsigned int nr;
	struct snapshot_action action[ACTIONS_MAX];
};

struct snapshot {
	int64_t wall_ns;
	int64_t monotonic_offset_ns;	/* CLOCK_REALTIME less CLOCK_MONOTONIC, in tenths of a second */
	unsigned int max_functions;
	int source[NR_SOURCES];		/* 0 or why it could not be read */

	enum observation_state state;
	struct zrec_info info;		/* while observing, as all up to recorder */
	int64_t since_wall_ns;
	uint64_t attached;
	struct zrec_stats stats;
	uint64_t open[ZREC_NR_STEPS];
	uint64_t oldest_ns;

	struct function_list list;	/* of this host, as it was read last */
	struct snapshot_function *function;
	unsigned int nr_functions;
	struct snapshot_function others;
	unsigned int here, unlabelled;
	struct snapshot_driver *driver[SNAPSHOT_DRIVERS];
	unsigned int nr_drivers;
	struct snapshot_pec pec[SNAPSHOT_PECS];
	unsigned int nr_pecs;

	bool policies_supported;
	struct policy_state policies;
	struct snapshot_wish wish[SNAPSHOT_WISHES];
	unsigned int nr_wishes;
	struct snapshot_recorder recorder;
	struct snapshot_actions actions;
	const struct requests *requests;	/* NULL: nobody asks */
	struct snapshot_arm *arm;
	struct snapshot_experiment *experiment;
	struct snapshot_pchid *pchid;
	unsigned int nr_arms, nr_experiments, nr_pchids;
};

/* 0 or -ENOMEM; to be freed in any case */
int snapshot_init(struct snapshot *s, unsigned int max_functions);
void snapshot_free(struct snapshot *s);

/* Sets all counts to 0, and forgets the rows if @since_ns is another observation's */
void snapshot_begin(struct snapshot *s, uint64_t since_ns);

/* The row, which is made if there is none; the last one when there are too many. NULL: no memory */
struct snapshot_function *snapshot_function(struct snapshot *s, uint32_t fid);
struct snapshot_driver *snapshot_driver(struct snapshot *s, const char *name, size_t len);
struct snapshot_pec *snapshot_pec(struct snapshot *s, uint16_t pec);
void snapshot_count(struct snapshot *s, struct snapshot_function *f, uint16_t pec,
		    unsigned int outcome, uint64_t count);

const char *observation_state_name(enum observation_state state);
const char *snapshot_source_name(enum snapshot_source source);
/* "held_back", as the recorder calls it */
const char *journal_result_name(enum journal_result result);

/* How many series there can be, at the most */
unsigned int snapshot_max_series(unsigned int max_functions);

#endif /* ZREC_EXPORTER_SNAPSHOT_H */
