/* SPDX-License-Identifier: GPL-2.0 */
/*
 * find.h - where policies are, and what their names mean
 */
#ifndef ZREC_POLICY_FIND_H
#define ZREC_POLICY_FIND_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Where policies are looked for by name, in this order */
struct policy_dir {
	const char *tier;	/* "stable", "testing", "local" */
	char path[PATH_MAX];
};

#define POLICY_NR_DIRS	3

/* Directories, existing or not. $ZREC_POLICY_DIR replaces the installed tree. */
void policy_dirs(struct policy_dir ret[POLICY_NR_DIRS]);

/* The length of the suffix of a policy's file, ".conf" or ".bpf.o"; 0: it is not a policy */
size_t policy_suffix(const char *name);

/* True if a policy can have this name here: letters, digits, "-" and "_" */
bool policy_name_valid(const char *name);

/*
 * The file that @what means: a path if it has a slash in it or ends in .conf or
 * .o, else a name, looked for as NAME.conf and NAME.bpf.o. -ENOENT if there is
 * none, or why it cannot be reached.
 */
int policy_find(const char *what, char path[PATH_MAX]);

#endif /* ZREC_POLICY_FIND_H */
