/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ops.h - struct_ops maps of policies, as the kernel has them
 *
 * A link needs a map that is ready: one that has its value. libbpf gives a map its value
 * only when it attaches it itself, and can update only links that it made, not pinned
 * ones. So this file builds the value from the object and the kernel's type information.
 */
#ifndef ZREC_POLICY_OPS_H
#define ZREC_POLICY_OPS_H

#include <stdint.h>

#include "policy/object.h"
#include "policy/sysfs.h"

struct policy_ops;

/* -EOPNOTSUPP: this kernel has no policies */
int policy_ops_open(struct policy_ops **ret);
void policy_ops_close(struct policy_ops *ops);

/* The loaded policy's own map gets its value. Returns 0 or a negative errno */
int policy_ops_ready(const struct policy_ops *ops, struct policy *policy);

/*
 * One more map with the same programs, and so the same data, in another mode.
 * Returns its file descriptor, ready, or a negative errno.
 */
int policy_ops_twin(const struct policy_ops *ops, struct policy *policy, bool shadow);

/* The name of the policy in a map that is ready; 0 or a negative errno */
int policy_ops_name(const struct policy_ops *ops, int map_fd, char name[ZPCI_POLICY_NAME_LEN]);

/*
 * What policy.h put into the object of a map that is ready, as it was loaded.
 * -ENOENT: made without policy.h, or for another zrec. -EPERM: needs CAP_SYS_ADMIN
 */
int policy_ops_setup(const struct policy_ops *ops, int map_fd, struct zpci_policy_setup *ret);

/*
 * The rules of a rule file in a map that is ready, in their canonical form, to be freed.
 * -ENOENT: it is not of a rule file, or of another zrec. -EPERM: needs CAP_SYS_ADMIN
 */
int policy_ops_text(const struct policy_ops *ops, int map_fd, char **ret);

/* Of a map, and of what a struct_ops link has in force, 0: nothing. 0 or a negative errno */
int policy_map_id(int map_fd, uint32_t *ret);
int policy_link_map_id(int link_fd, uint32_t *ret);

#endif /* ZREC_POLICY_OPS_H */
