/* SPDX-License-Identifier: GPL-2.0 */
/*
 * batch.h - a BPF object answers many recorded calls in one system call
 *
 * Each batch is the object loaded anew, so with maps of its own. Objects that were made
 * with a policy.h before ZPCI_REPLAY_MAP answer one call a system call.
 */
#ifndef ZREC_POLICY_BATCH_H
#define ZREC_POLICY_BATCH_H

#include <stddef.h>
#include <stdio.h>

#include "policy/object.h"

struct policy_batch;

#define POLICY_BATCH_ROOM	512

/*
 * @policy is not loaded itself; its canary is that of the batch. Says on @errors what is
 * wrong, and returns what policy_load() does.
 */
int policy_batch_open(struct policy_batch **ret, const struct policy *policy, FILE *errors);
void policy_batch_close(struct policy_batch *batch);

/* Room for POLICY_BATCH_ROOM calls, to be filled before policy_batch_run() */
struct zpci_replay *policy_batch_calls(struct policy_batch *batch);
/* Makes the first @nr of them, in their order; each has its verdict then. 0 or a negative errno */
int policy_batch_run(struct policy_batch *batch, size_t nr);

#endif /* ZREC_POLICY_BATCH_H */
