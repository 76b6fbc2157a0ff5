/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpffs.h - the directory zrec/ in the BPF file system, in which all pins live
 */
#ifndef ZREC_BPFFS_H
#define ZREC_BPFFS_H

#include <stdbool.h>
#include <sys/types.h>

#define BPFFS_PATH_LEN	512

/* The directory zrec/ of the first bpffs that is mounted; -ENOENT: none is */
int bpffs_root(char root[BPFFS_PATH_LEN]);

/*
 * Waits for the lock of a directory; makes the directory first if @create.
 * Returns a file descriptor that holds it until closed, or a negative errno.
 */
int bpffs_lock(const char *root, bool create);

/* Makes a directory for us and the group zrec; 0 or a negative errno, -EEXIST too */
int bpffs_make_dir(const char *path, mode_t mode);

/* Lets the group zrec read a pinned map; 0 or a negative errno */
int bpffs_share(const char *path);

/* Removes @path and all below. Returns how many pins went, or a negative errno */
int bpffs_remove_tree(const char *path);

#endif /* ZREC_BPFFS_H */
