/* SPDX-License-Identifier: GPL-2.0 */
/*
 * installed.h - the policies that are installed, by the names that commands want
 */
#ifndef ZREC_POLICY_INSTALLED_H
#define ZREC_POLICY_INSTALLED_H

#include <stdbool.h>
#include <stdio.h>

#include "base/output.h"
#include "policy/object.h"

/* What the kernel does with a policy of that name now */
enum policy_use_now {
	POLICY_UNUSED,
	POLICY_IS_SHADOW,
	POLICY_IS_ENFORCED,
	POLICY_IS_EJECTED,	/* enforced, until the kernel ended it */
};

struct policy_file {
	char *file;				/* what commands want: the name without .conf or .bpf.o */
	char *hidden_by;			/* the file that this name means; NULL: this one */
	const char *tier;
	char name[ZPCI_POLICY_NAME_LEN];	/* what the kernel knows it by */
	char description[ZPCI_POLICY_TEXT_LEN];
	bool is_rules;
	enum policy_use_now use;		/* by its name ... */
	bool sure;				/* ... and no other file can be meant */
	bool differs;				/* the rules in force have its name but are not these */
	json_t *about;
};

struct policy_installed {
	struct policy_file *files;
	size_t nr;
};

/*
 * All of them; a file that is not a policy is named on stderr and left out. 0 or -ENOMEM.
 * To be freed in every case.
 */
int policy_installed_read(struct policy_installed *ret);
void policy_installed_free(struct policy_installed *installed);

void policy_installed_print(FILE *f, const struct policy_installed *installed);
/* Into an open document; what an output function returns */
int policy_installed_put(struct output *o, const struct policy_installed *installed);

#endif /* ZREC_POLICY_INSTALLED_H */
