// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/ejections.h"
#include "policy/find.h"

#define BELOW	"ejected"

static int open_dir(const char *path, int make)
{
	int dir, below, err = 0;

	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	if (make && mkdirat(dir, BELOW, 0700) < 0 && errno != EEXIST)
		err = -errno;
	below = err ? -1 : openat(dir, BELOW, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (!err && below < 0)
		err = -errno;
	close(dir);
	return err ? err : below;
}

int ejections_add(const char *path, const char *policy, const char *why)
{
	int dir, fd, err = 0;

	/* The kernel has no such rule, and a name is a file here */
	if (!policy_name_valid(policy))
		return -EINVAL;
	dir = open_dir(path, 1);
	if (dir < 0)
		return dir;
	fd = openat(dir, policy, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	/* That it is there is what counts: a line that is cut says less, and no more */
	if (fd < 0 || dprintf(fd, "%s\n", why) < 0 || fsync(fd) < 0 || fsync(dir) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	close(dir);
	return err;
}

int ejections_find(const char *path, const char *policy, char why[EJECTION_TEXT_LEN])
{
	int dir, fd, err = 0;
	ssize_t len;

	if (!policy_name_valid(policy))
		return -ENOENT;
	dir = open_dir(path, 0);
	if (dir < 0)
		return dir;
	fd = openat(dir, policy, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		err = -errno;
	close(dir);
	if (err)
		return err;
	len = read(fd, why, EJECTION_TEXT_LEN - 1);
	close(fd);
	why[len > 0 ? len : 0] = '\0';
	why[strcspn(why, "\n")] = '\0';
	return 0;
}

int ejections_forget(const char *path, const char *policy)
{
	int dir, err = 0;

	if (!policy_name_valid(policy))
		return 0;
	dir = open_dir(path, 0);
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	if (unlinkat(dir, policy, 0) < 0 && errno != ENOENT)
		err = -errno;
	close(dir);
	return err;
}
