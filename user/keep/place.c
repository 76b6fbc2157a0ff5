// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "keep/place.h"

/* What a user namespace shows of all users that it does not have */
#define OVERFLOW_UID	65534

/* True if that number is not somebody's here: what a container sees of the host's root */
static bool is_nobodys(uid_t uid)
{
	unsigned int from, to, nr;
	bool is_mapped = false;
	FILE *f;

	if (uid != OVERFLOW_UID)
		return false;
	f = fopen("/proc/self/uid_map", "re");
	if (!f)
		return false;
	while (!is_mapped && fscanf(f, "%u %u %u", &from, &to, &nr) == 3)
		is_mapped = uid >= from && uid - from < nr;
	fclose(f);
	return !is_mapped;
}

static bool is_trusted(const struct stat *st)
{
	return !st->st_uid || st->st_uid == geteuid();
}

static bool others_write(const struct stat *st)
{
	bool is_our_group = !st->st_gid || (geteuid() && st->st_gid == getegid());

	return st->st_mode & S_IWOTH || (st->st_mode & S_IWGRP && !is_our_group);
}

/* Up to the root: whoever can rename one of these has another in its place. 0, or -EOTHERS */
static int check_above(int dir)
{
	struct stat here, above;
	int fd = fcntl(dir, F_DUPFD_CLOEXEC, 0), up, err = 0;

	while (fd >= 0 && !err) {
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (up < 0 || fstat(fd, &here) || fstat(up, &above)) {
			err = -errno;
		} else if (here.st_dev == above.st_dev && here.st_ino == above.st_ino) {
			close(up);
			break;
		} else if ((!is_trusted(&above) && !is_nobodys(above.st_uid)) ||
			   (others_write(&above) && !(above.st_mode & S_ISVTX))) {
			err = -EOTHERS;
		}
		close(fd);
		fd = up;
	}
	if (fd >= 0)
		close(fd);
	return fd < 0 && !err ? -errno : err;
}

/* What SQLite opens without being told */
static int check_beside(int dir, const char *name)
{
	static const char *const suffixes[] = { "-wal", "-shm", "-journal" };
	char beside[NAME_MAX + 16];
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(beside, sizeof(beside), "%s%s", name, suffixes[i]);
		if (fstatat(dir, beside, &st, AT_SYMLINK_NOFOLLOW)) {
			if (errno != ENOENT)
				return -errno;
		} else if (!S_ISREG(st.st_mode) || st.st_nlink != 1) {
			return -EBESIDE;
		} else if (!is_trusted(&st)) {
			return -EOTHERS;
		}
	}
	return 0;
}

static int check(const struct place *place)
{
	struct stat st;
	int err;

	if (fstat(place->dir, &st))
		return -errno;
	if (!is_trusted(&st) || others_write(&st))
		return -EOTHERS;
	err = check_above(place->dir);
	return err ? err : check_beside(place->dir, place->name);
}

/* The name of the directory as it is now; nobody else can change that once it was checked */
static int find_path(struct place *place)
{
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", place->dir);
	len = readlink(link, place->path, sizeof(place->path));
	if (len < 0)
		return -errno;
	if (len + 1 + strlen(place->name) >= sizeof(place->path))
		return -ENAMETOOLONG;
	sprintf(place->path + len, "%s%s", len > 1 ? "/" : "", place->name);
	return 0;
}

int place_open(struct place *place, const char *path)
{
	const char *slash = strrchr(path, '/');
	char copy[PATH_MAX];
	int err;

	place->name = slash ? slash + 1 : path;
	if (!*place->name)
		return *path ? -EISDIR : -ENOENT;
	if (strlen(place->name) > NAME_MAX || strlen(path) >= sizeof(copy))
		return -ENAMETOOLONG;
	strcpy(copy, path);
	place->dir = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place->dir < 0)
		return -errno;
	err = check(place);
	if (!err)
		err = find_path(place);
	if (err)
		place_close(place);
	return err;
}

void place_close(struct place *place)
{
	close(place->dir);
	place->dir = -1;
}

const char *place_problem(int err)
{
	switch (err) {
	case -EOTHERS:
		return "others could put files beside it, or replace it: name a file in a directory that "
		       "only you can write to";
	case -EBESIDE:
		return "its -wal, -shm or -journal beside it is a link, or no file: remove that";
	default:
		return strerror(-err);
	}
}

int place_check(const char *path)
{
	struct place place;
	int err = place_open(&place, path);

	if (!err)
		place_close(&place);
	return err;
}
