/* SPDX-License-Identifier: GPL-2.0 */
/*
 * state.h - which policies the kernel has, in messages and documents
 */
#ifndef ZREC_POLICY_STATE_H
#define ZREC_POLICY_STATE_H

#include <jansson.h>

#include "policy/sysfs.h"

/* What the kernel has. 0 or a negative errno; says on stderr why not. */
int policy_state_read(struct policy_state *state);

/* [{"name": "flapping", "mode": "enforced", "ejected": false}, ...]; NULL: out of memory */
json_t *policy_state_to_json(const struct policy_state *state);

#endif /* ZREC_POLICY_STATE_H */
