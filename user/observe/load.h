/* SPDX-License-Identifier: GPL-2.0 */
/*
 * load.h - bring the observer's programs into the kernel
 */
#ifndef ZREC_LOAD_H
#define ZREC_LOAD_H

#include "base/bpffs.h"
#include "observe/hooks.h"
#include "observe/map-pins.h"
#include "observe/observer.h"

/*
 * Loads, attaches and pins everything below the staged directory of @fs,
 * under its lock. Says on stderr why it failed; see observer_open() for what it
 * returns.
 */
int load_observer(const struct bpffs *fs, const struct observer_opts *opts,
		  const struct hooks *hooks);

/*
 * Checks that the kernel and our privileges allow it, without trying. Says on
 * stderr why not.
 */
int load_check(const struct hooks *hooks);

/* The size that a ring buffer gets when @opts asks for one */
unsigned int load_ring_bytes(const struct observer_opts *opts);

/* What the tables and the ring buffer of an observation need, in bytes */
size_t load_memory_bytes(const struct zrec_info *info);

/* What an observation that begins now would be like; 0 in @opts is the default */
void load_plan(struct zrec_info *ret, const struct observer_opts *opts);

/* A read-only file descriptor of the observer's, not to be closed, or a negative errno */
int observer_map_open(struct observer *observer, enum observer_map map);

#endif /* ZREC_LOAD_H */
