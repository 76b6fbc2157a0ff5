/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pins.h - policies outlive the process that attached them: they are pinned in bpffs
 *
 *	<bpffs>/zrec/lock/			guards all of it, see bpffs.h
 *	<bpffs>/zrec/policy/enforced/link	while it exists, the policy is in force
 *	<bpffs>/zrec/policy/enforced/map	struct_ops map that the link has in force
 *	<bpffs>/zrec/policy/previous/map	the one before, for rollback
 *	<bpffs>/zrec/policy/shadow-NAME/link, map
 *	<bpffs>/zrec/policy/shadow-NAME/enforce	the same programs, to be enforced
 *
 * Each change has one moment at which it happens, in the kernel: a link is
 * pinned (the first policy), updated (a swap) or detached. The link says what is in
 * force, and the names follow it. So a command that is killed in between leaves the
 * old state or the new one, and perhaps names to put right; the next
 * policy_pins_open() does that.
 */
#ifndef ZREC_POLICY_PINS_H
#define ZREC_POLICY_PINS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bpffs.h"
#include "policy/sysfs.h"

struct policy_pins {
	struct bpffs fs;
	int dir;			/* zrec/policy/; -1: not open */
};

#define POLICY_PINS_CLOSED	((struct policy_pins){ .fs = BPFFS_CLOSED, .dir = -1 })

/* One that has a name of its own below the directory: enforced or shadow-NAME */
#define POLICY_PLACE_LEN	(sizeof("shadow-") + ZPCI_POLICY_NAME_LEN)
#define POLICY_ENFORCED		"enforced"

struct policy_place {
	char name[POLICY_PLACE_LEN];
};

/*
 * Waits for the lock and puts right what an interrupted command left. What
 * bpffs_lock() returns; without @create, -ENOENT if there are no policies of ours.
 * To be closed in any case.
 *
 * Whatever cannot be read is an error, here and below, and changes nothing: only
 * -ENOENT means that something is not there. What is wrong with a policy in shadow is
 * reported on stderr, and keeps nobody from changing the others.
 */
int policy_pins_open(struct policy_pins *pins, bool create);

/* To look only: waits for nobody, and puts nothing right */
int policy_pins_look(struct policy_pins *pins);

/* Removes directories that are empty, if it was opened to change something */
void policy_pins_close(struct policy_pins *pins);
void policy_place_shadow(struct policy_place *place, const char *name);

/* The names of our policies in shadow; how many, at most @max, or a negative errno */
int policy_pins_shadows(const struct policy_pins *pins, struct policy_place *ret, int max);

/*
 * File descriptors of what is pinned, "map", "enforce" or "link"; -ENOENT.
 * The previous policy is in the place "previous".
 */
int policy_pins_get(const struct policy_pins *pins, const char *place, const char *what);

/*
 * Puts one place in order. Opening does that too, but goes on without what is wrong with a
 * policy in shadow. 0 or a negative errno
 */
int policy_pins_settle(const struct policy_pins *pins, const char *place);

/*
 * Put a map that is ready into a place, atomically instead of the one that is
 * there. @enforce_fd is the other map of a policy in shadow, else -1. What is
 * taken out of enforced/ becomes the previous one.
 */
int policy_pins_install(const struct policy_pins *pins, const char *place, int map_fd, int enforce_fd);

/*
 * The previous policy and the enforced one change places; one of them may be
 * missing, which is the default. -ENOENT: there is neither.
 */
int policy_pins_rollback(const struct policy_pins *pins);

/*
 * Ends a policy; that of enforced/ becomes the previous one. -ENOENT: none there;
 * -ENOTEMPTY: it has ended, but there are pins beside it that are not ours.
 */
int policy_pins_detach(const struct policy_pins *pins, const char *place);

/* The previous policy is not needed any more. -ENOENT: there is none */
int policy_pins_forget(const struct policy_pins *pins);

#endif /* ZREC_POLICY_PINS_H */
