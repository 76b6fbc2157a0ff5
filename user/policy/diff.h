/* SPDX-License-Identifier: GPL-2.0 */
/*
 * diff.h - what is different between two policies: settings, then rules by name
 *
 * The order of rules decides which one wins. So a rule that stands elsewhere is a
 * difference: it is removed at one place and added at the other.
 */
#ifndef ZREC_POLICY_DIFF_H
#define ZREC_POLICY_DIFF_H

#include <stdbool.h>
#include <stdio.h>

#include "base/output.h"
#include "policy/object.h"

struct policy_diff;

/* From @a to @b, which have to stay open. 0 or -ENOMEM; to be freed */
int policy_diff_make(const struct policy *a, const struct policy *b, struct policy_diff **ret);
void policy_diff_free(struct policy_diff *diff);

/* False: the two decide alike */
bool policy_diff_any(const struct policy_diff *diff);

/* As diff -u has it, without what is the same */
void policy_diff_print(FILE *f, const struct policy_diff *diff);
/* Into an open document; what an output function returns */
int policy_diff_put(struct output *o, const struct policy_diff *diff);

#endif /* ZREC_POLICY_DIFF_H */
