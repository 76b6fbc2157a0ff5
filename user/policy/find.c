// SPDX-License-Identifier: GPL-2.0
/* Where policies are */
#define _GNU_SOURCE	/* secure_getenv() */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "policy-abi.h"
#include "policy/find.h"

#define LOCAL_DIR	"/etc/zrec/policies.d"

void policy_dirs(struct policy_dir ret[POLICY_NR_DIRS])
{
	/* The built tree, for the tests */
	const char *tree = secure_getenv("ZREC_POLICY_DIR");

	if (!tree || !*tree)
		tree = ZREC_POLICY_DIR;
	ret[0].tier = "stable";
	ret[1].tier = "testing";
	ret[2].tier = "local";
	snprintf(ret[0].path, sizeof(ret[0].path), "%s/stable", tree);
	snprintf(ret[1].path, sizeof(ret[1].path), "%s/testing", tree);
	snprintf(ret[2].path, sizeof(ret[2].path), "%s", LOCAL_DIR);
}

bool policy_name_valid(const char *name)
{
	size_t len = strlen(name);

	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			return false;
	return len && len < ZPCI_POLICY_NAME_LEN;
}

/* In search order */
static const char *const suffixes[] = { ".conf", ".bpf.o" };

size_t policy_suffix(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t end = strlen(suffixes[i]);

		if (len > end && !strcmp(name + len - end, suffixes[i]))
			return end;
	}
	return 0;
}

static bool is_path(const char *what)
{
	size_t len = strlen(what);

	return strchr(what, '/') || (len > 2 && !strcmp(what + len - 2, ".o")) ||
	       (len > 5 && !strcmp(what + len - 5, ".conf"));
}

int policy_find(const char *what, char path[PATH_MAX])
{
	struct policy_dir dirs[POLICY_NR_DIRS];

	if (is_path(what)) {
		if (snprintf(path, PATH_MAX, "%s", what) >= PATH_MAX)
			return -ENAMETOOLONG;
		return access(path, F_OK) < 0 ? -errno : 0;
	}
	policy_dirs(dirs);
	/* What is local goes before what is installed, as elsewhere in /etc */
	for (size_t n = 0; n < POLICY_NR_DIRS; n++) {
		size_t i = (n + POLICY_NR_DIRS - 1) % POLICY_NR_DIRS;

		for (size_t j = 0; j < ARRAY_SIZE(suffixes); j++) {
			int len = snprintf(path, PATH_MAX, "%s/%s%s", dirs[i].path, what,
					   suffixes[j]);

			if (len < PATH_MAX && !access(path, F_OK))
				return 0;
		}
	}
	return -ENOENT;
}
