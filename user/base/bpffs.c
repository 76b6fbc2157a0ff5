// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* strchrnul() */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bpffs.h"

#define GROUP_NAME	"zrec"

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

/* The mount point in one line of mountinfo, if a bpffs is mounted there */
static const char *bpffs_of(char *line)
{
	char *rest = strstr(line, " - bpf ");
	char *point = line;

	if (!rest)
		return NULL;
	for (int field = 1; field < 5; field++) {
		point = strchr(point, ' ');
		if (!point)
			return NULL;
		point++;
	}
	*strchrnul(point, ' ') = '\0';
	unescape(point);
	return point;
}

int bpffs_root(char root[BPFFS_PATH_LEN])
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int err = -ENOENT;
	char *line = NULL;
	size_t size = 0;

	if (!f)
		return -errno;
	while (err && getline(&line, &size, f) > 0) {
		const char *point = bpffs_of(line);

		if (point && snprintf(root, BPFFS_PATH_LEN, "%s/zrec", point) < BPFFS_PATH_LEN / 2)
			err = 0;
	}
	free(line);
	fclose(f);
	return err;
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
static int share(const char *path, mode_t mode)
{
	gid_t group;

	if (find_group(&group) && !chown(path, (uid_t)-1, group))
		return chmod(path, mode) < 0 ? -errno : 0;
	return chmod(path, mode & ~077) < 0 ? -errno : 0;
}

int bpffs_share(const char *path)
{
	return share(path, 0640);
}

int bpffs_make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, 0700) < 0)
		return -errno;
	return share(path, mode);
}

int bpffs_lock(const char *root, bool create)
{
	struct stat ours, theirs;
	int fd, err;

	for (;;) {
		if (create) {
			err = bpffs_make_dir(root, 0750);
			if (err && err != -EEXIST)
				return err;
		}
		fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		while ((err = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
			;
		if (err < 0) {
			err = -errno;
			close(fd);
			return err;
		}
		/* Who had it before us may have removed the directory */
		if (!fstat(fd, &ours) && !stat(root, &theirs) && ours.st_ino == theirs.st_ino)
			return fd;
		close(fd);
		if (!create)
			return -ENOENT;
	}
}

/* Removes @path and all below, returns how many files (pins) there were */
int bpffs_remove_tree(const char *path)
{
	char child[BPFFS_PATH_LEN];
	struct dirent *entry;
	int count = 0, n;
	DIR *dir;

	if (!unlink(path))
		return 1;
	if (errno != EISDIR)
		return -errno;
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (snprintf(child, sizeof(child), "%s/%s", path, entry->d_name) >=
		    (int)sizeof(child))
			n = -ENAMETOOLONG;
		else
			n = bpffs_remove_tree(child);
		if (n < 0) {
			closedir(dir);
			return n;
		}
		count += n;
		/* Removing moves what follows; begin again */
		rewinddir(dir);
	}
	closedir(dir);
	return rmdir(path) < 0 ? -errno : count;
}
