/* SPDX-License-Identifier: GPL-2.0 */
/*
 * in-force.h - the policy that the kernel follows, as a policy to look at
 */
#ifndef ZREC_POLICY_IN_FORCE_H
#define ZREC_POLICY_IN_FORCE_H

#include "policy/object.h"

/* What commands call it, where others name a policy or a file */
#define POLICY_IN_FORCE		"enforced"

/*
 * The rules that zrec has enforced, read from the kernel, to be freed, in their
 * canonical form. -ENOENT: zrec has nothing enforced; -ENODATA: it is not a rule file;
 * -EPERM, -EACCES: reading it needs root; -EOPNOTSUPP: this kernel has no policies.
 */
int policy_in_force_text(char **ret);

/* The same as a policy, which cannot be loaded; says on @errors why not */
int policy_open_in_force(struct policy **ret, FILE *errors);

#endif /* ZREC_POLICY_IN_FORCE_H */
