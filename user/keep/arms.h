/* SPDX-License-Identifier: GPL-2.0 */
/*
 * arms.h - who is in which arm of an experiment
 *
 * A salted hash decides: the same experiment puts the same function of the same host into
 * the same arm, whenever and wherever that is worked out, and another experiment draws
 * anew. What shares a fate shares an arm: all functions of a PCHID (one adapter), or of a
 * host.
 */
#ifndef ZREC_KEEP_ARMS_H
#define ZREC_KEEP_ARMS_H

#include <stddef.h>
#include <stdint.h>

#include "keep/record.h"
#include "stats/stats.h"

struct experiment_arm {
	char name[HISTORY_NAME_LEN];
	char policy[ZPCI_POLICY_NAME_LEN];	/* as the kernel knows it; "": the kernel's default */
	uint32_t percent;			/* those of all arms add up to 100 */
};

/* @host is its machine ID; @unit is a PCHID or a FID, see arms_unit(), or 0: the whole host */
size_t arms_choose(const struct experiment_arm *arms, size_t nr, const char *experiment,
		   const char *host, uint64_t unit);

/* A function without a PCHID is on its own */
uint64_t arms_unit(uint16_t pchid, uint32_t fid);

#endif /* ZREC_KEEP_ARMS_H */
