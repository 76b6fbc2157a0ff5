/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpffs.h - the directory zrec/ in the BPF file system, where all pins are
 *
 * "mount -t bpf" makes bpffs writable for everybody, so anything in it may be a trap.
 * Each directory is opened once, without following a symbolic link, and used only if it
 * is in bpffs, belongs to root (or to the user we are), and nobody else can write to it.
 * From there on everything goes by the descriptor of a directory and one name in it: no
 * path is walked that others can change.
 *
 * bpf(2) wants a path. "/proc/self/fd/N/NAME" is one that means the same, on every
 * kernel; BPF_F_PATH_FD needs Linux 6.5. zrec needs /proc anyway:
 * mountinfo says where bpffs is.
 */
#ifndef ZREC_BPFFS_H
#define ZREC_BPFFS_H

#include <stdbool.h>
#include <sys/types.h>

#define BPFFS_PATH_LEN	512

/* What to do where no bpffs is mounted, for messages */
#define BPFFS_MOUNT	"mount -t bpf -o mode=0700 bpf /sys/fs/bpf"

struct bpffs {
	int mount;			/* the top of the file system; -1: not open */
	int dir;			/* zrec/ in it; -1: not open */
	int lock;			/* zrec/lock/, locked; -1: it is not */
	char path[BPFFS_PATH_LEN];	/* of zrec/, for people only; "": no bpffs is mounted */
};

#define BPFFS_CLOSED	((struct bpffs){ .mount = -1, .dir = -1, .lock = -1 })

/*
 * Opens zrec/ of the first bpffs that has one: of that at /sys/fs/bpf, then of the
 * others in the order of mounting. Returns 0, or
 * -ENOMEDIUM: no bpffs is mounted;
 * -ENOENT: none has a zrec/; @ret->path is where it would be;
 * -EUCLEAN: it is not to be trusted, and stderr says why;
 * -EACCES: no permission; other negative errno.
 */
int bpffs_open(struct bpffs *ret);

/* Releases the lock, if it is held; removes directories that are empty then */
void bpffs_close(struct bpffs *fs);

/*
 * Opens zrec/, making it first if @create, and waits for the lock that guards every
 * change below. Says on stderr for whom it waits. What bpffs_open() returns, and
 * -ETIMEDOUT: somebody kept the lock for too long, and stderr says who.
 */
int bpffs_lock(struct bpffs *fs, bool create);

/*
 * Opens a directory below another one; @path may have several components. Returns a
 * descriptor for the functions below, or a negative errno; -EUCLEAN as above.
 */
int bpffs_open_dir(int dir, const char *path);

/* Makes a directory for us and, where @mode allows it, for the group zrec. -EEXIST too */
int bpffs_make_dir(int dir, const char *name, mode_t mode);

/* Opens what is pinned; a file descriptor or a negative errno */
int bpffs_get(int dir, const char *name, unsigned int file_flags);

/* Pins; @mode 0640 is for the group zrec, too. 0 or a negative errno */
int bpffs_pin(int dir, const char *name, int fd, mode_t mode);

/*
 * Calls @fn for each name in a directory, and again from the start after it has
 * returned 1, so it may remove the name. A negative return ends it and is returned.
 */
int bpffs_each(int dir, int (*fn)(void *ctx, const char *name), void *ctx);

/* Removes a directory. What is in it stays and is named on stderr; then -ENOTEMPTY */
int bpffs_remove_dir(int dir, const char *name);

/* True if a BPF object is of this kind, "map", "link" or "prog": bpf(2) does not say */
bool bpffs_is(int fd, const char *kind);

/* Closes what is a descriptor, not an errno */
void bpffs_put(int fd);

/* For bpffs-lock.c: zrec/ itself. 0 or a negative errno */
int bpffs_make_root(struct bpffs *fs);
int bpffs_remove_root(struct bpffs *fs);

#endif /* ZREC_BPFFS_H */
