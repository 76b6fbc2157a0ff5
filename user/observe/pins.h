/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pins.h - an observation outlives the process that began it: it is pinned in bpffs
 *
 *	<bpffs>/zrec/lock/		guards every change below, see bpffs.h
 *	<bpffs>/zrec/observe/maps/	complete as soon as it is there at all,
 *	<bpffs>/zrec/observe/links/	because it is made under another name,
 *	<bpffs>/zrec/observe/reader/	observe-new; whoever reads the ring buffer
 *					holds the flock() on reader
 *
 * It ends likewise: it is renamed to observe-ended/, and then removed.
 */
#ifndef ZREC_PINS_H
#define ZREC_PINS_H

#include <stdbool.h>

#include "base/bpffs.h"

/*
 * Where nothing observes: removes, under the lock, what commands left that were interrupted
 * while they began or ended an observation. -ENOTEMPTY: somebody else's pins are in the
 * way, and stderr names them.
 */
int pins_clean_up(const struct bpffs *fs);

/* Where nothing observes: true if there is something to clean up, or a command is at work */
bool pins_have_remains(const struct bpffs *fs);

/* Makes observe-new/ with its directories, under the lock. -ENOTEMPTY as above */
int pins_stage(const struct bpffs *fs);

/* Pins a map or a link in observe-new/; "maps" or "links" is @dir. Shared: with the group zrec */
int pins_put(const struct bpffs *fs, const char *dir, const char *name, int fd, bool shared);

/* observe-new/ becomes observe/ */
int pins_publish(const struct bpffs *fs);

/*
 * For who takes over from an older observation (takeover.h): observe-new/ becomes
 * observe/, and what that was becomes observe-old/.
 */
#define PINS_STAGED		"observe-new"
#define PINS_OLD		"observe-old"
#define PINS_TAKE_OVER		"take_over"	/* a program, in links/ */
#define PINS_TAKEOVER_ITEM	"takeover_item"	/* in maps/ */
#define PINS_TAKEOVER_BASE	"takeover_base"
int pins_replace(const struct bpffs *fs);
/* Its second step alone: what is observe-new/ becomes observe-old/ */
int pins_set_aside(const struct bpffs *fs);
/* A directory; -ENOENT: there is none */
int pins_open_old(const struct bpffs *fs);
bool pins_have_old(const struct bpffs *fs);
int pins_remove_old(const struct bpffs *fs);
/* Opens, or removes, a pin of observe/; "maps" or "links" is @dir */
int pins_get(const struct bpffs *fs, const char *dir, const char *name);
int pins_get_staged(const struct bpffs *fs, const char *dir, const char *name);
int pins_drop(const struct bpffs *fs, const char *dir, const char *name);

/* 1: observe/ has this link, 0: it has not, negative errno: that cannot be seen */
int pins_have_link(const struct bpffs *fs, const char *name);

/* Opens a map of observe/ */
int pins_get_map(const struct bpffs *fs, const char *name, unsigned int file_flags);

/* Opens observe/reader/, to lock it */
int pins_open_reader(const struct bpffs *fs);

/*
 * Removes what zrec made. Returns how many pins it removed, or a negative errno;
 * -ENOTEMPTY: what somebody else made stays, and stderr names it.
 */
int pins_remove(const struct bpffs *fs);

/* Removes observe-new/ only; likewise */
int pins_remove_staged(const struct bpffs *fs);

#endif /* ZREC_PINS_H */
