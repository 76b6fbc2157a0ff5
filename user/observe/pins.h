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

#include "base/bpffs.h"

/* A clean observe-new/ with its directories, under the lock */
int pins_stage(const char *root);

/* observe-new/ becomes observe/ */
int pins_publish(const char *root);

/* Removes everything of ours. Returns how many pins went, or a negative errno */
int pins_remove(const char *root);

/* Removes observe-new/ only; likewise */
int pins_remove_staged(const char *root);

/* Puts "root/observe/..." or, staged, "root/observe-new/..." together */
void pins_path(char path[BPFFS_PATH_LEN], const char *root, bool staged, const char *dir,
	       const char *name);

#endif /* ZREC_PINS_H */
