/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mounts.h - where BPF file systems are mounted
 */
#ifndef ZREC_MOUNTS_H
#define ZREC_MOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

#define MOUNTS_USUAL	"/sys/fs/bpf"

/*
 * @fd is an O_PATH descriptor of the mount's top directory, which the callee must
 * not close. -1: another mount covers this one, or we may not go there.
 */
typedef int (*mounts_fn)(void *ctx, const char *point, int fd);

/*
 * Calls @fn for each bpffs that /proc/self/mountinfo lists: first for what is
 * mounted at the usual place, then for the rest, in the order of mounting. Ends when
 * @fn returns non-zero, and returns that; else 0, or a negative errno.
 */
int mounts_each_bpffs(mounts_fn fn, void *ctx);

/* True if this descriptor is in a BPF file system */
bool mounts_is_bpffs(int fd);

#endif /* ZREC_MOUNTS_H */
