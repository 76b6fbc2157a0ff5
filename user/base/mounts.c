// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* strchrnul(), O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/mounts.h"

/* mountinfo writes space, tab, newline and backslash as three octal digits */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		unsigned int c;

		if (*s == '\\' && sscanf(s + 1, "%3o", &c) == 1) {
			*to++ = (char)c;
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* The mount point in one line of mountinfo and its device, if a bpffs is mounted there */
static const char *bpffs_of(char *line, dev_t *dev)
{
	char *rest = strstr(line, " - bpf ");
	unsigned int major, minor;
	char *point = line;

	if (!rest || sscanf(line, "%*d %*d %u:%u", &major, &minor) != 2)
		return NULL;
	for (int field = 1; field < 5; field++) {
		point = strchr(point, ' ');
		if (!point)
			return NULL;
		point++;
	}
	*strchrnul(point, ' ') = '\0';
	unescape(point);
	*dev = makedev(major, minor);
	return point;
}

bool mounts_is_bpffs(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == BPF_FS_MAGIC;
}

/* By its path, which another mount may cover or somebody else may lead elsewhere */
static int open_mount(const char *point, dev_t dev)
{
	int fd = open(point, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (!mounts_is_bpffs(fd) || fstat(fd, &st) || st.st_dev != dev) {
		close(fd);
		return -1;
	}
	return fd;
}

static int each(FILE *f, bool usual, mounts_fn fn, void *ctx)
{
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	while (!ret && getline(&line, &size, f) > 0) {
		const char *point;
		dev_t dev;
		int fd;

		point = bpffs_of(line, &dev);
		if (!point || !strcmp(point, MOUNTS_USUAL) != usual)
			continue;
		fd = open_mount(point, dev);
		ret = fn(ctx, point, fd);
		if (fd >= 0)
			close(fd);
	}
	free(line);
	return ret;
}

int mounts_each_bpffs(mounts_fn fn, void *ctx)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int ret;

	if (!f)
		return -errno;
	ret = each(f, true, fn, ctx);
	if (!ret) {
		rewind(f);
		ret = each(f, false, fn, ctx);
	}
	fclose(f);
	return ret;
}
