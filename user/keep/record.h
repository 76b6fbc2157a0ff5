/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record.h - what the history keeps, in memory: the nouns that writer.h takes and
 * history.h gives back
 */
#ifndef ZREC_KEEP_RECORD_H
#define ZREC_KEEP_RECORD_H

#include <stdint.h>

#include "zrec.h"

#define HISTORY_ID_LEN		37	/* a UUID as text, or 32 hex digits of a machine-id */
#define HISTORY_HOST_LEN	65	/* HOST_NAME_MAX and a NUL */
#define HISTORY_NAME_LEN	64

/* Where a recovery happened: one kernel, from its start to its end */
struct history_boot {
	char machine_id[HISTORY_ID_LEN];	/* "": not known; not that of /etc, see boot.h */
	char host[HISTORY_HOST_LEN];
	char boot_id[HISTORY_ID_LEN];		/* /proc/sys/kernel/random/boot_id */
};

/* Since when zrec observed a boot, and how */
struct history_observation {
	const struct history_boot *boot;
	uint64_t since_ns;		/* CLOCK_MONOTONIC; with the boot, its identity */
	int64_t since_wall_ns;		/* CLOCK_REALTIME */
	uint8_t tier;			/* enum zrec_tier */
	char version[sizeof(((struct zrec_info *)0)->version) + 1];	/* of the zrec that began it */
};

/*
 * One recovery. wall_ns is CLOCK_REALTIME of its error event; in full.span, tai_ns is
 * that too, so that span_to_json() and its like take a TAI offset of 0.
 */
struct history_recovery {
	int64_t row;			/* in this file; grows with time of recording */
	int64_t wall_ns;
	const struct history_boot *boot;
	uint64_t observation_ns;	/* zrec_info.since_ns of its observation */
	const struct history_observation *observation;	/* NULL: the recording does not have more of it */
	uint64_t position;		/* in the ring buffer of that observation; its key in the file */
	char experiment[HISTORY_NAME_LEN];	/* "": in none */
	char arm[HISTORY_NAME_LEN];
	struct zrec_full_span full;	/* full.policy only with ZREC_SPAN_POLICY */
};

/* Why recoveries are missing from the history. The file has the names, not the numbers */
enum history_gap_reason {
	HISTORY_GAP_NO_SLOT,		/* enum zrec_lost, in its order */
	HISTORY_GAP_RING_FULL,
	HISTORY_GAP_UNSEEN,
	HISTORY_GAP_UPGRADE,
	HISTORY_GAP_OTHER_READER,	/* read by a zrec watch, while no recorder ran */
	HISTORY_GAP_UNREADABLE,		/* a record that this version does not understand */
	HISTORY_GAP_TOO_SLOW,		/* records that zrec record did not take from zrec run in time */
	HISTORY_NR_GAP_REASONS
};

/* So many recoveries are missing, somewhere between two moments of CLOCK_REALTIME */
struct history_gap {
	enum history_gap_reason reason;
	uint64_t recoveries;
	int64_t from_ns;
	int64_t to_ns;
};

/* What became of a policy, in the order in which it was noticed */
struct history_policy_event {
	int64_t wall_ns;		/* CLOCK_REALTIME */
	uint64_t at_ns;			/* CLOCK_MONOTONIC, 0: not known */
	char policy[ZPCI_POLICY_NAME_LEN];
	char what[32];			/* "enforced", "shadow", or how it ended: name_exit() */
	uint32_t code;			/* of its end */
	char text[ZPCI_EXIT_TEXT_LEN];	/* of its end */
	const struct history_boot *boot;
};

#endif /* ZREC_KEEP_RECORD_H */
