/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sysfs.h - what the kernel reports about its policies
 *
 * The files below /sys/kernel/zpci_recovery have one "name value" a line.
 */
#ifndef ZREC_POLICY_SYSFS_H
#define ZREC_POLICY_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zpci.h"

#define POLICY_SYSFS		"/sys/kernel/zpci_recovery"
#define POLICY_WORD_LEN		16
#define POLICY_NR_SHADOWS	4
#define POLICY_MAX_ROWS		64

/* How often a member's verdict differed from what the kernel does by itself */
struct policy_disagreement {
	char member[POLICY_WORD_LEN];
	char dflt[POLICY_WORD_LEN];
	char verdict[POLICY_WORD_LEN];
	uint64_t count;
};

/* One of the places that a policy can have */
struct policy_slot {
	char name[ZPCI_POLICY_NAME_LEN];	/* "": the slot is free */
	uint64_t since_ns;		/* CLOCK_MONOTONIC */
	uint64_t decisions;
	uint64_t disagreements;
	uint64_t clamps;
	uint64_t isolations;		/* in the window that runs, as the next two */
	uint64_t failures;
	uint64_t isolations_left;
	uint64_t clamps_left;
	uint64_t failures_left;
	uint64_t window_s;
	bool ejected;			/* still there, but not asked any more */
	struct policy_disagreement rows[POLICY_MAX_ROWS];
	size_t nr_rows;
	size_t unlisted;		/* rows that found no room here */
};

/* A verdict that the kernel replaced by the default, since boot */
struct policy_clamp {
	char member[POLICY_WORD_LEN];
	char verdict[POLICY_WORD_LEN];
	uint64_t count;
};

/* How the policy that ended last did so */
struct policy_end {
	char policy[ZPCI_POLICY_NAME_LEN];	/* "": none has yet */
	char kind[POLICY_WORD_LEN];	/* detached, replaced, budget, killed */
	uint64_t code;
	uint64_t at_ns;			/* CLOCK_MONOTONIC */
	char text[128];
};

struct policy_state {
	bool enabled;			/* the kill switch is not thrown */
	struct policy_slot enforced;
	struct policy_slot shadow[POLICY_NR_SHADOWS];
	struct policy_clamp clamps[POLICY_MAX_ROWS];
	size_t nr_clamps;
	struct policy_end exit;
};

/*
 * Reads all of @dir, NULL: POLICY_SYSFS. Returns 0, -EOPNOTSUPP if the kernel
 * has no policies, or another negative errno. Skips lines of a later kernel that this
 * version does not know.
 */
int policy_sysfs_read(struct policy_state *ret, const char *dir);

/* The slot of a policy, enforced or shadow; NULL if the kernel has none of this name */
const struct policy_slot *policy_sysfs_find(const struct policy_state *state, const char *name,
					    bool shadow);

#endif /* ZREC_POLICY_SYSFS_H */
