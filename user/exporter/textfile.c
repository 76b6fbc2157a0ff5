// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "exporter/textfile.h"

#define SUFFIX	".prom"

static bool has_suffix(const char *path)
{
	size_t len = strlen(path), suffix = strlen(SUFFIX);

	return len > suffix && path[len - suffix - 1] != '/' && !strcmp(path + len - suffix, SUFFIX);
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	/* node_exporter is another user */
	return fchmod(fd, 0644) < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int replace(const char *path, char *temporary, const char *text, size_t len)
{
	int fd = mkstemp(temporary), err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, text, len);
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && rename(temporary, path) < 0)
		err = -errno;
	if (err)
		unlink(temporary);
	return err;
}

int textfile_write(const char *path, const char *text, size_t len)
{
	char *temporary;
	int err;

	if (!has_suffix(path)) {
		log_error("%s: node_exporter reads only files whose names end with " SUFFIX, path);
		return -EINVAL;
	}
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	err = replace(path, temporary, text, len);
	if (err)
		log_error("cannot write %s: %s", path, strerror(-err));
	free(temporary);
	return err;
}
