// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json-file.h"

int json_file_replace(int dir, const char *name, const json_t *o)
{
	char fresh[64];
	int fd, err = 0;

	if (snprintf(fresh, sizeof(fresh), "%s.new", name) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	errno = 0;
	if (json_dumpfd(o, fd, JSON_COMPACT | JSON_PRESERVE_ORDER) || fchmod(fd, 0640) < 0)
		err = errno ? -errno : -ENOMEM;
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && renameat(dir, fresh, dir, name) < 0)
		err = -errno;
	if (err)
		unlinkat(dir, fresh, 0);
	return err;
}

int json_file_read(const char *path, size_t max, json_t **ret, int64_t *mtime_ns)
{
	/* Whatever is in its place: a FIFO would wait for somebody who writes */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), err = 0;
	struct stat st;
	json_t *o;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_size < 0 || (size_t)st.st_size > max)
		err = -EINVAL;
	o = err ? NULL : json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
	if (!err && !json_is_object(o))
		err = -EINVAL;
	close(fd);
	if (err) {
		json_decref(o);
		return err;
	}
	if (mtime_ns)
		*mtime_ns = st.st_mtim.tv_sec * NSEC_PER_SEC + st.st_mtim.tv_nsec;
	*ret = o;
	return 0;
}

bool json_file_writer_lives(uint64_t pid)
{
	/* EPERM: it is somebody else's */
	return pid && pid <= INT32_MAX && (!kill((pid_t)pid, 0) || errno == EPERM);
}
