// SPDX-License-Identifier: GPL-2.0
/* Where policies are, and which functions a canary is */
#define _GNU_SOURCE	/* secure_getenv() */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "names.h"
#include "policy-object.h"

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

static bool is_path(const char *what)
{
	size_t len = strlen(what);

	return strchr(what, '/') || (len > 2 && !strcmp(what + len - 2, ".o")) ||
	       (len > 5 && !strcmp(what + len - 5, ".conf"));
}

int policy_find(const char *what, char path[PATH_MAX])
{
	static const char *const suffixes[] = { "conf", "bpf.o" };
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

		for (size_t j = 0; j < sizeof(suffixes) / sizeof(suffixes[0]); j++) {
			int len = snprintf(path, PATH_MAX, "%s/%s.%s", dirs[i].path, what,
					   suffixes[j]);

			if (len < PATH_MAX && !access(path, F_OK))
				return 0;
		}
	}
	return -ENOENT;
}

static int parse_fids(const char *s, struct policy_canary *ret)
{
	char *list = strdup(s), *rest = list, *fid;
	int err = list ? 0 : -ENOMEM;

	while (!err && (fid = strsep(&rest, ","))) {
		if (ret->nr_fids == ZPCI_CANARY_FIDS_MAX)
			err = -E2BIG;
		else if (name_parse_u32(fid, &ret->fid[ret->nr_fids++]))
			err = -EINVAL;
	}
	free(list);
	return err;
}

int policy_parse_canary(const char *s, struct policy_canary *ret)
{
	char number[8];
	size_t len = strlen(s);

	memset(ret, 0, sizeof(*ret));
	if (!strncmp(s, "fid=", 4)) {
		ret->kind = ZPCI_CANARY_FIDS;
		return parse_fids(s + 4, ret);
	}
	ret->kind = ZPCI_CANARY_PERCENT;
	if (len && s[len - 1] == '%')
		len--;
	if (!len || len >= sizeof(number))
		return -EINVAL;
	memcpy(number, s, len);
	number[len] = '\0';
	if (name_parse_u32(number, &ret->percent) || ret->percent > 100)
		return -EINVAL;
	return 0;
}

void policy_format_canary(const struct zpci_policy_setup *setup, char ret[POLICY_CANARY_LEN])
{
	int at;

	ret[0] = '\0';
	if (setup->canary == ZPCI_CANARY_PERCENT)
		snprintf(ret, POLICY_CANARY_LEN, "%u%%", setup->percent);
	if (setup->canary != ZPCI_CANARY_FIDS)
		return;
	at = sprintf(ret, "fid=");
	for (uint32_t i = 0; i < setup->nr_fids && i < ZPCI_CANARY_FIDS_MAX; i++)
		at += sprintf(ret + at, "%s0x%x", i ? "," : "", setup->fid[i]);
}

bool policy_canary_has(const struct policy_canary *canary, uint32_t fid)
{
	switch (canary->kind) {
	case ZPCI_CANARY_OFF:
		return true;
	case ZPCI_CANARY_PERCENT:
		return zpci_canary_hash(fid) < canary->percent;
	case ZPCI_CANARY_FIDS:
		break;
	}
	for (size_t i = 0; i < canary->nr_fids; i++)
		if (canary->fid[i] == fid)
			return true;
	return false;
}
