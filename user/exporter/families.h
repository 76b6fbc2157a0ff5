/* SPDX-License-Identifier: GPL-2.0 */
/*
 * families.h - every metric that zrec exports: the one table
 *
 * What emits takes name, type and labels from here, and docs/metrics.md is made of it.
 */
#ifndef ZREC_EXPORTER_FAMILIES_H
#define ZREC_EXPORTER_FAMILIES_H

#include <stdio.h>

enum family_type {
	FAMILY_COUNTER,		/* NAME_total */
	FAMILY_GAUGE,
	FAMILY_INFO,		/* NAME_info, always 1 */
	FAMILY_HISTOGRAM,
	FAMILY_SUMMARY,		/* NAME_count and NAME_sum, without quantiles */
};

enum family_id {
	/* the observation */
	F_OBSERVER_UP, F_OBSERVER_STATE, F_OBSERVATION, F_OBSERVATION_START, F_HOOK,
	F_EMITTED, F_DELIVERED, F_LOST, F_UNSUMMED, F_JOINED, F_EVENT_RECORDS_LOST,
	F_READ_FAILURES, F_MEDIATIONS_STARTED, F_MEDIATIONS_STOPPED,
	/* recoveries */
	F_RECOVERIES, F_FUNCTION_PEC, F_PEC_RECOVERIES, F_DURATION, F_PEC_DURATION,
	F_FUNCTION_DURATION, F_STEP_DURATION,
	F_OPEN, F_OPEN_OLDEST, F_OPEN_AGE, F_OPEN_STEP_AGE, F_OPEN_DEADLINE,
	/* functions */
	F_FUNCTION, F_FUNCTIONS, F_FUNCTIONS_UNLABELLED, F_MEDIATED, F_ERROR_EVENTS, F_PENDING,
	F_PENDING_OVERFLOW,
	/* policies */
	F_POLICY_SUPPORTED, F_POLICY_ENABLED, F_POLICIES, F_POLICY, F_POLICY_WANTED, F_POLICY_SINCE,
	F_POLICY_DECISIONS, F_POLICY_DISAGREEMENTS, F_POLICY_DISAGREEMENTS_BY, F_POLICY_CLAMPS,
	F_CLAMPS, F_POLICY_BUDGET, F_POLICY_WINDOW, F_POLICY_EJECTED, F_POLICY_EJECTIONS,
	F_POLICY_EXITS, F_POLICY_EXITS_LOST, F_POLICY_LAST_EXIT,
	/* experiments */
	F_EXPERIMENT_ARM, F_EXPERIMENT_RECOVERIES, F_EXPERIMENT_RELAPSES, F_EXPERIMENT_DURATION,
	/* the recorder */
	F_RECORDER_UP, F_RECORDER_START, F_RECORDER_STATUS_AGE, F_RECORDER_LIFE_AGE,
	F_RECORDER_RECORDING, F_RECORDER_ERROR, F_RECORDER_RECORDED, F_RECORDER_MISSING,
	F_RECORDER_GAPS, F_RECORDER_COMMITS, F_RECORDER_LAST_COMMIT,
	F_RECORDER_LAG, F_RECORDER_FILE, F_RECORDER_WAL, F_RECORDER_CLIENTS,
	F_RECORDER_CLIENTS_MISSED, F_RECORDER_CLIENTS_REFUSED, F_RECORDER_JOURNAL,
	/* commands of [action NAME] */
	F_ACTIONS_UP, F_ACTIONS_CONNECTED, F_ACTIONS_MISSED, F_ACTION_COMMANDS, F_ACTION_DROPS,
	F_ACTION_RUNNING, F_ACTION_QUEUED,
	/* the exporter */
	F_BUILD, F_COLLECTED, F_SOURCE, F_REQUESTS, F_PASSWORDS, F_SLOW,
	NR_FAMILIES
};

#define FAMILY_MAX_LABELS	5

struct family {
	const char *name;		/* without _total, _info */
	enum family_type type;
	const char *help;
	const char *labels[FAMILY_MAX_LABELS + 1];
};

const struct family *family_of(enum family_id id);
unsigned int family_nr_labels(const struct family *family);
/* "counter", as OpenMetrics calls it */
const char *family_type_name(enum family_type type);
/* "seconds", "bytes" or NULL: the last word of its name, as OpenMetrics wants it */
const char *family_unit(const struct family *family);
/* "_total", "_info" or "" */
const char *family_suffix(const struct family *family);

/* docs/metrics.md, all of it */
void families_print(FILE *f);

#endif /* ZREC_EXPORTER_FAMILIES_H */
