// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/module.h"

static bool exists(const char *root, const char *dir, const char *name, const char *file)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s%s/%s%s", root, dir, name, file) <
	       (int)sizeof(path) && !access(path, F_OK);
}

/* "kernel/drivers/vfio/pci/vfio-pci-core.ko.xz": file names may have "-" for "_" */
static bool is_module(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;

	for (; *name; name++, file++)
		if (*file != *name && !(*name == '_' && *file == '-'))
			return false;
	return !strncmp(file, ".ko", 3);
}

/* 1 if one of depmod's lists has it, 0 if not, -1 if there are no lists */
static int is_listed(const char *root, const char *release, const char *list, const char *name)
{
	char path[PATH_MAX], *line = NULL;
	size_t size = 0;
	int found = 0;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/lib/modules/%s/%s", root, release, list) >=
	    (int)sizeof(path))
		return -1;
	f = fopen(path, "re");
	if (!f)
		return -1;
	while (!found && getline(&line, &size, f) > 0) {
		/* modules.dep: "FILE: DEPENDENCIES" */
		line[strcspn(line, ":\n")] = '\0';
		found = is_module(line, name);
	}
	free(line);
	fclose(f);
	return found;
}

enum module_state module_find(const char *root, const char *release, const char *name)
{
	int built_in, installed;

	/* Only what was loaded has a state there */
	if (exists(root, "/sys/module", name, "/initstate"))
		return exists(root, "/sys/kernel/btf", name, "") ? MODULE_LOADED : MODULE_NO_BTF;
	built_in = is_listed(root, release, "modules.builtin", name);
	if (built_in > 0 || exists(root, "/sys/module", name, ""))
		return MODULE_BUILT_IN;
	installed = is_listed(root, release, "modules.dep", name);
	if (installed > 0)
		return MODULE_NOT_LOADED;
	return built_in < 0 || installed < 0 ? MODULE_UNKNOWN : MODULE_ABSENT;
}
