/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pins.h - where an observation lives when no process does: bpffs
 *
 *	<bpffs>/zrec/			the flock() on it guards every change below
 *	<bpffs>/zrec/observe/maps/	complete as soon as it is there at all,
 *	<bpffs>/zrec/observe/links/	because it is made under another name,
 *	<bpffs>/zrec/observe/reader/	observe-new; whoever reads the ring buffer
 *					holds the flock() on reader
 */
#ifndef ZREC_PINS_H
#define ZREC_PINS_H

#include <stdbool.h>
#include <sys/types.h>

#define PINS_PATH_LEN	512

/* The directory zrec/ of the first bpffs that is mounted; -ENOENT: none is */
int pins_root(char root[PINS_PATH_LEN]);

/*
 * Waits for the lock; made first if @create. Returns a file descriptor that
 * holds it until closed, or a negative errno.
 */
int pins_lock(const char *root, bool create);

/* A clean observe-new/ with its directories, under the lock */
int pins_stage(const char *root);

/* observe-new/ becomes observe/ */
int pins_publish(const char *root);

/* Modes of a map that the zrec group may read, and of all else */
int pins_share(const char *path);

/* Removes everything of ours. Returns how many pins went, or a negative errno */
int pins_remove(const char *root);

/* Removes observe-new/ only; likewise */
int pins_remove_staged(const char *root);

/* Puts "root/observe/..." or, staged, "root/observe-new/..." together */
void pins_path(char path[PINS_PATH_LEN], const char *root, bool staged, const char *dir,
	       const char *name);

#endif /* ZREC_PINS_H */
