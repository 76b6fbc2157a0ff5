// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* asprintf(), O_TMPFILE */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/out-file.h"
#include "keep/place.h"

/* Names to try for the moment before a file is replaced */
#define NAME_TRIES	100

bool out_file_is_stdout(const struct out_file *o)
{
	return !o->to || !strcmp(o->to, "-");
}

bool out_file_is(const struct out_file *o, const char *read)
{
	struct stat to, from;

	return !out_file_is_stdout(o) && read && !stat(o->to, &to) && !stat(read, &from) &&
	       S_ISREG(to.st_mode) && to.st_dev == from.st_dev && to.st_ino == from.st_ino;
}

/* What a new file of this user may be */
static mode_t new_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

static bool is_trusted(const struct stat *st)
{
	return !st->st_uid || st->st_uid == geteuid();
}

/*
 * What is there and is no file, as a device or a FIFO, is written to as it is, but not if
 * somebody else has put it, or a link to it, there for us: -EOTHERS. -ENOENT: there is
 * nothing, or a file
 */
static int open_special(struct out_file *o)
{
	struct stat named, st;
	int fd;

	if (lstat(o->to, &named) || stat(o->to, &st) || S_ISREG(st.st_mode))
		return -ENOENT;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	/* Only root makes devices, whoever owns them then */
	if (!is_trusted(&named) && !S_ISCHR(named.st_mode) && !S_ISBLK(named.st_mode))
		return -EOTHERS;
	fd = open(o->to, O_WRONLY | O_CLOEXEC | O_NOCTTY | (S_ISLNK(named.st_mode) ? 0 : O_NOFOLLOW));
	o->f = fd < 0 ? NULL : fdopen(fd, "w");
	return o->f ? 0 : -errno;
}

/* Of a file system that has it: who is killed leaves nothing behind */
static int open_nameless(const struct out_file *o)
{
	char *path = strdup(o->to);
	int fd;

	if (!path)
		return -ENOMEM;
	fd = open(dirname(path), O_TMPFILE | O_WRONLY | O_CLOEXEC, new_mode());
	if (fd < 0)
		fd = -errno;
	free(path);
	return fd;
}

static int make_name(struct out_file *o)
{
	if (asprintf(&o->temporary, "%s.XXXXXX", o->to) >= 0)
		return 0;
	o->temporary = NULL;
	return -ENOMEM;
}

static int open_named(struct out_file *o)
{
	int err = make_name(o), fd;

	if (err)
		return err;
	fd = mkstemp(o->temporary);
	if (fd < 0) {
		err = -errno;
		free(o->temporary);
		o->temporary = NULL;
		return err;
	}
	fchmod(fd, new_mode());
	return fd;
}

/* What was there before stays until all is written */
static int open_it(struct out_file *o)
{
	int fd;

	if (out_file_is_stdout(o)) {
		o->f = stdout;
		return 0;
	}
	fd = open_special(o);
	if (fd != -ENOENT)
		return fd;
	o->is_file = true;
	fd = open_nameless(o);
	if (fd == -EOPNOTSUPP || fd == -EISDIR || fd == -EINVAL)
		fd = open_named(o);
	if (fd < 0)
		return fd;
	o->f = fdopen(fd, "w");
	if (o->f)
		return 0;
	close(fd);
	if (o->temporary)
		unlink(o->temporary);
	return -ENOMEM;
}

int out_file_open(struct out_file *o)
{
	int err = open_it(o);

	if (err)
		log_error("cannot write %s: %s", text_shown(o->to), err == -EOTHERS ?
			  "it is a link or a FIFO of another user" : strerror(-err));
	return err;
}

/* What has no name gets its own at once, or by way of another if there is a file already */
static int give_name(struct out_file *o)
{
	char self[64];
	int err;

	if (o->temporary)
		return 0;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fileno(o->f));
	if (!linkat(AT_FDCWD, self, AT_FDCWD, o->to, AT_SYMLINK_FOLLOW))
		return 0;
	if (errno != EEXIST)
		return -errno;
	err = make_name(o);
	for (int i = 0; !err && i < NAME_TRIES; i++) {
		snprintf(o->temporary, strlen(o->to) + sizeof(".XXXXXX"), "%s.%06x", o->to,
			 (unsigned int)(clock_ns(CLOCK_MONOTONIC) & 0xffffff));
		if (!linkat(AT_FDCWD, self, AT_FDCWD, o->temporary, AT_SYMLINK_FOLLOW))
			return 0;
		if (errno != EEXIST)
			break;
	}
	err = err ? err : -errno;
	free(o->temporary);
	o->temporary = NULL;
	return err;
}

int out_file_close(struct out_file *o, int err)
{
	if (out_file_is_stdout(o))
		return err;
	if (!err && o->is_file && fsync(fileno(o->f)))
		err = -errno;
	if (!err && o->is_file)
		err = give_name(o);
	if (fclose(o->f) && !err)
		err = -errno;
	if (!err && o->temporary && rename(o->temporary, o->to))
		err = -errno;
	if (err && o->temporary)
		unlink(o->temporary);
	free(o->temporary);
	o->temporary = NULL;
	o->f = NULL;
	return err;
}
