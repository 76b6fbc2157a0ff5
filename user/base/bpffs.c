// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* O_PATH */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bpffs.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mounts.h"

#define GROUP_NAME	"zrec"
#define ROOT_NAME	"zrec"
#define OTHERS_WRITE	(S_IWGRP | S_IWOTH)

void bpffs_put(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* root trusts only root; another user trusts itself and root */
static bool is_trusted(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

/* For people: where a name in an open directory is */
static const char *describe(char buf[PATH_MAX], int dir, const char *name)
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	len = readlink(link, buf, PATH_MAX - NAME_MAX - 2);
	snprintf(buf + (len < 0 ? 0 : len), NAME_MAX + 2, "/%s", name);
	return buf;
}

/* A directory that can be used; if not, says why */
static int check_dir(int fd, int dir, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	describe(path, dir, name);
	if (!mounts_is_bpffs(fd))
		log_error("%s is not in a BPF file system; zrec does not touch it", path);
	else if (!is_trusted(st.st_uid))
		log_error("%s belongs to user %u, so zrec does not touch it; remove it, and keep others out of its file system by 'chmod 0700' or " BPFFS_MOUNT,
			  path, st.st_uid);
	else if (st.st_mode & OTHERS_WRITE)
		log_error("%s can be written by others (mode %04o), so zrec does not touch it; look at what is in it, then 'chmod go-w' or remove it",
			  path, st.st_mode & 07777);
	else
		return 0;
	return -EUCLEAN;
}

/* One component */
static int open_one(int dir, const char *name)
{
	int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err;
	char path[PATH_MAX];

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
		log_error("%s is not a directory (perhaps a symbolic link), so zrec does not touch it; remove it",
			  describe(path, dir, name));
		return -EUCLEAN;
	}
	if (fd < 0)
		return -errno;
	err = check_dir(fd, dir, name);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int bpffs_open_dir(int dir, const char *path)
{
	char name[NAME_MAX + 1];
	int fd = -1, next;

	while (*path) {
		size_t len = strcspn(path, "/");

		if (len > NAME_MAX)
			next = -ENAMETOOLONG;
		else {
			snprintf(name, sizeof(name), "%.*s", (int)len, path);
			next = open_one(fd < 0 ? dir : fd, name);
		}
		bpffs_put(fd);
		if (next < 0)
			return next;
		fd = next;
		path += len + (path[len] == '/');
	}
	return fd;
}

struct search {
	struct bpffs *found;
	struct bpffs first;	/* where to make a zrec/, if there is none */
	int first_err;		/* why not to use that one */
};

/* 1 if this bpffs has a zrec/ to use, 0 to go on */
static int look_at(void *ctx, const char *point, int fd)
{
	struct search *s = ctx;
	struct bpffs fs = BPFFS_CLOSED;

	if (fd < 0 || snprintf(fs.path, sizeof(fs.path), "%s/" ROOT_NAME, point) >=
	    (int)sizeof(fs.path))
		return 0;
	fs.mount = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (fs.mount < 0)
		return -errno;
	fs.dir = open_one(fs.mount, ROOT_NAME);
	if (fs.dir >= 0) {
		*s->found = fs;
		return 1;
	}
	if (s->first.mount >= 0) {
		close(fs.mount);
		return 0;
	}
	s->first_err = fs.dir;
	fs.dir = -1;
	s->first = fs;
	return 0;
}

int bpffs_open(struct bpffs *ret)
{
	struct search s = { .found = ret, .first = BPFFS_CLOSED, .first_err = -ENOMEDIUM };
	int found;

	*ret = BPFFS_CLOSED;
	found = mounts_each_bpffs(look_at, &s);
	if (found > 0) {
		bpffs_put(s.first.mount);
		log_debug("found %s", ret->path);
		return 0;
	}
	*ret = s.first;
	return found < 0 ? found : s.first_err;
}

/* Not getgrnam(): a service group is local, and NSS would cost a megabyte */
static bool find_group(gid_t *ret)
{
	FILE *f = fopen("/etc/group", "re");
	struct group *group;
	bool found = false;

	if (!f)
		return false;
	while (!found && (group = fgetgrent(f))) {
		if (strcmp(group->gr_name, GROUP_NAME))
			continue;
		*ret = group->gr_gid;
		found = true;
	}
	fclose(f);
	return found;
}

/* To the group if there is one and we may, else it stays with its maker */
static int share(int dir, const char *name, mode_t mode)
{
	gid_t group;

	if (!(mode & 070) || !find_group(&group) ||
	    fchownat(dir, name, (uid_t)-1, group, AT_SYMLINK_NOFOLLOW) < 0)
		mode &= ~070;
	return fchmodat(dir, name, mode, 0) < 0 ? -errno : 0;
}

int bpffs_make_dir(int dir, const char *name, mode_t mode)
{
	if (mkdirat(dir, name, 0700) < 0)
		return -errno;
	return share(dir, name, mode);
}

int bpffs_make_root(struct bpffs *fs)
{
	struct stat st;
	int err;

	if (fstat(fs->mount, &st) < 0)
		return -errno;
	/* Whoever can rename zrec/ can put another one in its place */
	if (!is_trusted(st.st_uid) || (st.st_mode & OTHERS_WRITE && !(st.st_mode & S_ISVTX))) {
		log_error("others can rename what is beside %s (owner %u, mode %04o), so zrec makes nothing there; 'chmod 0700' that file system, or mount one of its own: " BPFFS_MOUNT,
			  fs->path, st.st_uid, st.st_mode & 07777);
		return -EUCLEAN;
	}
	err = bpffs_make_dir(fs->mount, ROOT_NAME, 0750);
	return err == -EEXIST ? 0 : err;
}

int bpffs_remove_root(struct bpffs *fs)
{
	return unlinkat(fs->mount, ROOT_NAME, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/* What bpf(2) understands as a name in a directory */
static int make_path(char path[PATH_MAX], int dir, const char *name)
{
	return snprintf(path, PATH_MAX, "/proc/self/fd/%d/%s", dir, name) < PATH_MAX ?
	       0 : -ENAMETOOLONG;
}

int bpffs_get(int dir, const char *name, unsigned int file_flags)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = file_flags);
	char path[PATH_MAX];
	int fd = fault_error("obj-get");

	if (!fd)
		fd = make_path(path, dir, name);
	if (fd)
		return fd;
	fd = bpf_obj_get_opts(path, &opts);
	return fd < 0 ? -errno : fd;
}

bool bpffs_is(int fd, const char *kind)
{
	char link[32], name[64] = "";

	/* "anon_inode:bpf-map" */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return readlink(link, name, sizeof(name) - 1) > 0 && strstr(name, "bpf") &&
	       strstr(name, kind);
}

int bpffs_pin(int dir, const char *name, int fd, mode_t mode)
{
	char path[PATH_MAX];
	int err = make_path(path, dir, name);

	if (err)
		return err;
	if (bpf_obj_pin(fd, path) < 0)
		return -errno;
	log_debug("pinned %s", name);
	return share(dir, name, mode);
}

int bpffs_each(int dir, int (*fn)(void *ctx, const char *name), void *ctx)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;
	struct dirent *entry;
	DIR *d;

	if (fd < 0)
		return -errno;
	d = fdopendir(fd);
	if (!d) {
		ret = -errno;
		close(fd);
		return ret;
	}
	while (ret >= 0 && (entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		ret = fn(ctx, entry->d_name);
		/* Removing moves what follows */
		if (ret == 1)
			rewinddir(d);
	}
	closedir(d);
	return ret < 0 ? ret : 0;
}

static int name_rest(void *ctx, const char *name)
{
	const int *dir = ctx;
	char path[PATH_MAX];

	log_warn("%s was not made by zrec, and stays", describe(path, *dir, name));
	return 0;
}

int bpffs_remove_dir(int dir, const char *name)
{
	int fd, err;

	if (!unlinkat(dir, name, AT_REMOVEDIR))
		return 0;
	err = -errno;
	if (err != -ENOTEMPTY)
		return err;
	fd = bpffs_open_dir(dir, name);
	if (fd < 0)
		return fd;
	bpffs_each(fd, name_rest, &fd);
	close(fd);
	return err;
}
