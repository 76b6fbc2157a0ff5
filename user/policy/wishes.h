/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wishes.h - /etc/zrec/policy.conf: which policies are to be in the kernel after each boot
 */
#ifndef ZREC_POLICY_WISHES_H
#define ZREC_POLICY_WISHES_H

#include <stdbool.h>
#include <stdio.h>

#include "base/conf.h"
#include "policy/canary.h"
#include "rules/rules.h"

#define WISHES_FILE	"/etc/zrec/policy.conf"

/* A section */
struct policy_wish {
	char name[CONF_NAME_LEN];
	char *file;			/* NULL: found by its name */
	enum policy_mode mode;
	bool has_canary;		/* else it is for all functions */
	struct policy_canary canary;
};

struct policy_wishes {
	struct policy_wish *wish;
	size_t nr;
};

/*
 * Says on @errors what is wrong, line by line; also if more than one is to be enforced, for the
 * kernel follows one. 0, -EINVAL, or another negative errno; then @w is empty.
 */
int policy_wishes_parse(struct policy_wishes *w, const char *file, const char *text, size_t len,
			FILE *errors);
int policy_wishes_read(struct policy_wishes *w, const char *path, FILE *errors);
void policy_wishes_free(struct policy_wishes *w);

#endif /* ZREC_POLICY_WISHES_H */
