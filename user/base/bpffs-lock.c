// SPDX-License-Identifier: GPL-2.0
/*
 * The lock of zrec/: a flock() on the directory zrec/lock/, which only its owner may
 * open. bpffs has no plain files, and zrec/ itself is open to the group zrec: a
 * reader could keep every command waiting. A lock elsewhere, in /run, would not be
 * the same one for everybody who sees this bpffs.
 */
#define _GNU_SOURCE	/* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/bpffs.h"
#include "base/clock.h"
#include "base/log.h"

#define LOCK_NAME	"lock"

#define STEP_NS		(50 * NSEC_PER_MSEC)
#define TELL_AFTER_NS	(1 * NSEC_PER_SEC)
#define GIVE_UP_NS	(10 * NSEC_PER_SEC)

/* "process 123 (zrec)", as far as it can be known */
static void describe_holder(int fd, char *buf, size_t len)
{
	char line[256], path[64], comm[32] = "";
	unsigned int major, minor;
	unsigned long long ino;
	int pid = 0, holder = 0;
	struct stat st;
	FILE *f;

	f = fstat(fd, &st) ? NULL : fopen("/proc/locks", "re");
	while (f && !holder && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%llu", &pid, &major, &minor, &ino) == 4 &&
		    makedev(major, minor) == st.st_dev && ino == st.st_ino)
			holder = pid;
	if (f)
		fclose(f);
	if (holder <= 0) {
		snprintf(buf, len, "another process");
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/comm", holder);
	f = fopen(path, "re");
	if (f) {
		if (fgets(comm, sizeof(comm), f))
			comm[strcspn(comm, "\n")] = '\0';
		fclose(f);
	}
	snprintf(buf, len, "process %d%s%s%s", holder, *comm ? " (" : "", comm, *comm ? ")" : "");
}

static int wait_for_lock(int fd, const char *path)
{
	const struct timespec step = { .tv_nsec = STEP_NS };
	int64_t begin = (int64_t)clock_ns(CLOCK_MONOTONIC);
	bool told = false;
	char holder[80];

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int64_t waited = (int64_t)clock_ns(CLOCK_MONOTONIC) - begin;

		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (waited >= GIVE_UP_NS) {
			describe_holder(fd, holder, sizeof(holder));
			log_error("gave up after %d s: %s holds the lock of %s; wait for it or end it, then try again",
				  (int)(GIVE_UP_NS / NSEC_PER_SEC), holder, path);
			return -ETIMEDOUT;
		}
		if (waited >= TELL_AFTER_NS && !told) {
			describe_holder(fd, holder, sizeof(holder));
			log_warn("waiting for %s, which holds the lock of %s", holder, path);
			told = true;
		}
		nanosleep(&step, NULL);
	}
	return 0;
}

/* -ESTALE: the holder before us has removed the directory; begin again */
static int take(struct bpffs *fs)
{
	struct stat ours, theirs;
	int fd, err;

	if (mkdirat(fs->dir, LOCK_NAME, 0700) < 0 && errno != EEXIST)
		return errno == ENOENT ? -ESTALE : -errno;
	fd = openat(fs->dir, LOCK_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESTALE : -errno;
	err = wait_for_lock(fd, fs->path);
	if (!err && (fstat(fd, &ours) || fstatat(fs->dir, LOCK_NAME, &theirs, AT_SYMLINK_NOFOLLOW) ||
		     ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino))
		err = -ESTALE;
	if (err)
		close(fd);
	else
		fs->lock = fd;
	if (!err)
		log_debug("locked %s", fs->path);
	return err;
}

int bpffs_lock(struct bpffs *fs, bool create)
{
	int err;

	do {
		err = bpffs_open(fs);
		if (err == -ENOENT && create) {
			err = bpffs_make_root(fs);
			if (!err)
				err = -ESTALE;
		} else if (!err) {
			err = take(fs);
		}
		if (err == -ESTALE)
			bpffs_close(fs);
	} while (err == -ESTALE);
	return err;
}

static int is_pin(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, LOCK_NAME) ? -ENOTEMPTY : 0;
}

void bpffs_close(struct bpffs *fs)
{
	if (fs->lock >= 0) {
		/* Whoever waits for the lock finds that it is gone, and begins again */
		if (!bpffs_each(fs->dir, is_pin, NULL) &&
		    !unlinkat(fs->dir, LOCK_NAME, AT_REMOVEDIR))
			bpffs_remove_root(fs);
		close(fs->lock);
	}
	bpffs_put(fs->dir);
	bpffs_put(fs->mount);
	fs->mount = fs->dir = fs->lock = -1;
}
