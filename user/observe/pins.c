// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bpffs.h"
#include "base/log.h"
#include "observe/pins.h"

#define LIVE		"observe"
#define STAGED		"observe-new"

void pins_path(char path[BPFFS_PATH_LEN], const char *root, bool staged, const char *dir,
	       const char *name)
{
	snprintf(path, BPFFS_PATH_LEN, "%s/%s%s%s%s%s", root, staged ? STAGED : LIVE,
		 *dir ? "/" : "", dir, *name ? "/" : "", name);
}

int pins_remove_staged(const char *root)
{
	char path[BPFFS_PATH_LEN];

	pins_path(path, root, true, "", "");
	return bpffs_remove_tree(path);
}

int pins_stage(const char *root)
{
	static const struct {
		const char *name;
		mode_t mode;
	} dirs[] = { { "", 0750 }, { "maps", 0750 }, { "links", 0700 }, { "reader", 0700 } };
	char path[BPFFS_PATH_LEN];
	int n;

	n = pins_remove_staged(root);
	if (n > 0)
		log_info("removed %d pins that an interrupted start left behind", n);
	else if (n < 0 && n != -ENOENT)
		return n;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		pins_path(path, root, true, dirs[i].name, "");
		n = bpffs_make_dir(path, dirs[i].mode);
		if (n)
			return n;
	}
	return 0;
}

int pins_publish(const char *root)
{
	char from[BPFFS_PATH_LEN], to[BPFFS_PATH_LEN];

	pins_path(from, root, true, "", "");
	pins_path(to, root, false, "", "");
	return rename(from, to) < 0 ? -errno : 0;
}

int pins_remove(const char *root)
{
	char path[BPFFS_PATH_LEN];
	int live, staged;

	pins_path(path, root, false, "", "");
	live = bpffs_remove_tree(path);
	if (live < 0 && live != -ENOENT)
		return live;
	staged = pins_remove_staged(root);
	if (staged < 0 && staged != -ENOENT)
		return staged;
	/* Policies may live beside us: then it is not empty and stays */
	if (rmdir(root) < 0 && errno != ENOTEMPTY)
		return -errno;
	return (live > 0 ? live : 0) + (staged > 0 ? staged : 0);
}
