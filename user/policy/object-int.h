/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZREC_POLICY_INT_H
#define ZREC_POLICY_INT_H

#include "policy/object.h"

struct policy {
	char path[PATH_MAX];
	struct rules *rules;			/* of a rule file */
	struct bpf_object *object;
	struct bpf_map *ops;			/* its struct zpci_recovery_ops */
	char *log;				/* of the verifier */
	struct zpci_policy_setup *setup;	/* NULL: made without policy.h */
};

#endif /* ZREC_POLICY_INT_H */
