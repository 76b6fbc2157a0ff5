/* SPDX-License-Identifier: GPL-2.0 */
/*
 * status.h - the policies in the kernel, with what zrec knows of those it pinned
 */
#ifndef ZREC_POLICY_STATUS_H
#define ZREC_POLICY_STATUS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/output.h"
#include "policy/canary.h"
#include "policy/pins.h"
#include "policy/state.h"

struct policy_status {
	struct policy_state state;
	struct policy_place ours[POLICY_NR_SHADOWS];
	char canary[POLICY_NR_SHADOWS][POLICY_CANARY_LEN];	/* of each of ours, "": all functions */
	int nr_ours;			/* negative: there are none, or they cannot be read */
	bool blind;			/* the pins are not ours to look at */
	bool pinned;			/* something is enforced through our link */
	char enforced_canary[POLICY_CANARY_LEN];
	char previous[ZPCI_POLICY_NAME_LEN];	/* "": nothing to roll back to */
};

/* 0 or a negative errno; says on stderr why not */
int policy_status_read(struct policy_status *status);

void policy_status_print(FILE *f, const struct policy_status *status);
/* Into an open document; what an output function returns */
int policy_status_put(struct output *o, const struct policy_status *status);

#endif /* ZREC_POLICY_STATUS_H */
