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

#include "log.h"
#include "pins.h"

#define GROUP_NAME	"zrec"
#define LIVE		"observe"
#define STAGED		"observe-new"

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

int pins_root(char root[PINS_PATH_LEN])
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int err = -ENOENT;
	char *line = NULL;
	size_t size = 0;

	if (!f)
		return -errno;
	while (err && getline(&line, &size, f) > 0) {
		const char *point = bpffs_of(line);

		if (point && snprintf(root, PINS_PATH_LEN, "%s/zrec", point) < PINS_PATH_LEN / 2)
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

int pins_share(const char *path)
{
	return share(path, 0640);
}

static int make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, 0700) < 0)
		return -errno;
	return share(path, mode);
}

int pins_lock(const char *root, bool create)
{
	struct stat ours, theirs;
	int fd, err;

	for (;;) {
		if (create) {
			err = make_dir(root, 0750);
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

void pins_path(char path[PINS_PATH_LEN], const char *root, bool staged, const char *dir,
	       const char *name)
{
	snprintf(path, PINS_PATH_LEN, "%s/%s%s%s%s%s", root, staged ? STAGED : LIVE,
		 *dir ? "/" : "", dir, *name ? "/" : "", name);
}

/* Removes @path and all below, returns how many files (pins) there were */
static int remove_tree(const char *path)
{
	char child[PINS_PATH_LEN];
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
			n = remove_tree(child);
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

int pins_remove_staged(const char *root)
{
	char path[PINS_PATH_LEN];

	pins_path(path, root, true, "", "");
	return remove_tree(path);
}

int pins_stage(const char *root)
{
	static const struct {
		const char *name;
		mode_t mode;
	} dirs[] = { { "", 0750 }, { "maps", 0750 }, { "links", 0700 }, { "reader", 0700 } };
	char path[PINS_PATH_LEN];
	int n;

	n = pins_remove_staged(root);
	if (n > 0)
		log_info("removed %d pins that an interrupted start left behind", n);
	else if (n < 0 && n != -ENOENT)
		return n;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		pins_path(path, root, true, dirs[i].name, "");
		n = make_dir(path, dirs[i].mode);
		if (n)
			return n;
	}
	return 0;
}

int pins_publish(const char *root)
{
	char from[PINS_PATH_LEN], to[PINS_PATH_LEN];

	pins_path(from, root, true, "", "");
	pins_path(to, root, false, "", "");
	return rename(from, to) < 0 ? -errno : 0;
}

int pins_remove(const char *root)
{
	char path[PINS_PATH_LEN];
	int live, staged;

	pins_path(path, root, false, "", "");
	live = remove_tree(path);
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
