// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* renameat2() */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bpf-abi.h"
#include "base/fault.h"
#include "base/log.h"
#include "policy/ops.h"
#include "policy/pins.h"

#define PREVIOUS	"previous"
#define SHADOW		"shadow-"

void policy_place_shadow(struct policy_place *place, const char *name)
{
	snprintf(place->name, sizeof(place->name), SHADOW "%s", name);
}

static bool is_enforced(const char *place)
{
	return !strcmp(place, POLICY_ENFORCED);
}

static int make_place(const struct policy_pins *pins, const char *place)
{
	int err = bpffs_make_dir(pins->dir, place, 0700);

	return err == -EEXIST ? 0 : err;
}

static int pin(const struct policy_pins *pins, const char *place, const char *what, int fd)
{
	int dir = bpffs_open_dir(pins->dir, place), err;

	if (dir < 0)
		return dir;
	err = bpffs_pin(dir, what, fd, 0600);
	close(dir);
	return err;
}

/* -ENOENT: it was not there */
static int unpin(const struct policy_pins *pins, const char *place, const char *what)
{
	int dir = bpffs_open_dir(pins->dir, place), err;

	if (dir < 0)
		return dir;
	err = unlinkat(dir, what, 0) < 0 ? -errno : 0;
	close(dir);
	return err;
}

static int move(const struct policy_pins *pins, const char *from_place, const char *from,
		const char *to_place, const char *to, unsigned int flags)
{
	int old = bpffs_open_dir(pins->dir, from_place), new = -1, err;

	if (old < 0)
		return old;
	new = bpffs_open_dir(pins->dir, to_place);
	err = new;
	if (new >= 0)
		err = renameat2(old, from, new, to, flags) < 0 ? -errno : 0;
	bpffs_put(new);
	close(old);
	return err;
}

int policy_pins_get(const struct policy_pins *pins, const char *place, const char *what)
{
	int dir = bpffs_open_dir(pins->dir, place), fd;

	if (dir < 0)
		return dir;
	fd = bpffs_get(dir, what, 0);
	close(dir);
	return fd;
}

/* The ID of a pinned map, 0 if there is none. A pin that cannot be read is an error */
static int map_id(const struct policy_pins *pins, const char *place, const char *what,
		  uint32_t *ret)
{
	int fd = policy_pins_get(pins, place, what), err;

	*ret = 0;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = policy_map_id(fd, ret);
	close(fd);
	return err;
}

/* What is in a place, by the IDs of maps; 0: none */
struct contents {
	bool has_link;
	uint32_t live;		/* what the link has in force; 0: the link is dead, or there is none */
	uint32_t map;
	uint32_t next;
};

static int read_link(const struct policy_pins *pins, const char *place, struct contents *ret)
{
	int fd = policy_pins_get(pins, place, "link"), err;

	*ret = (struct contents){ 0 };
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	ret->has_link = true;
	err = bpffs_is(fd, "link") ? policy_link_map_id(fd, &ret->live) : -EUCLEAN;
	if (err == -EUCLEAN)
		log_error("%s/policy/%s/link is not a link; remove it", pins->fs.path, place);
	close(fd);
	return err;
}

static int read_place(const struct policy_pins *pins, const char *place, struct contents *ret)
{
	int err = read_link(pins, place, ret);

	if (!err)
		err = map_id(pins, place, "map", &ret->map);
	if (!err)
		err = map_id(pins, place, "next-map", &ret->next);
	return err;
}

/* What was enforced stays, for rollback */
static int keep_previous(const struct policy_pins *pins)
{
	int err = make_place(pins, PREVIOUS);

	if (!err)
		err = move(pins, POLICY_ENFORCED, "map", PREVIOUS, "map", 0);
	return err == -ENOENT ? 0 : err;
}

/* After a rollback; there may be no name for what was enforced */
static int swap_names(const struct policy_pins *pins, bool both)
{
	return move(pins, PREVIOUS, "map", POLICY_ENFORCED, "map", both ? RENAME_EXCHANGE : 0);
}

/* Names of a place that are not needed any more */
static int unpin_all(const struct policy_pins *pins, const char *place, const char *const *what)
{
	int err = 0;

	for (; !err && *what; what++) {
		err = unpin(pins, place, *what);
		if (err == -ENOENT)
			err = 0;
	}
	return err;
}

static int drop_next(const struct policy_pins *pins, const char *place)
{
	static const char *const next[] = { "next-map", "next-enforce", NULL };

	return unpin_all(pins, place, next);
}

/* Everything of a place whose link is not in force; the link last, which says so */
static int clear(const struct policy_pins *pins, const char *place)
{
	static const char *const files[] = { "map", "enforce", "link", NULL };
	int err = drop_next(pins, place);

	if (!err)
		err = unpin_all(pins, place, files);
	if (!err)
		err = bpffs_remove_dir(pins->dir, place);
	return err == -ENOENT ? 0 : err;
}

/* After a swap: "next" gets the names of what it has replaced */
static int advance(const struct policy_pins *pins, const char *place)
{
	int err = is_enforced(place) ? keep_previous(pins) : 0;

	fault_point("kept");
	if (!err)
		err = move(pins, place, "next-enforce", place, "enforce", 0);
	if (!err || err == -ENOENT)
		err = move(pins, place, "next-map", place, "map", 0);
	return err;
}

/*
 * Names follow what the link has in force. Does nothing where all is well, and may be
 * interrupted and run again. A and B are maps, "-" is none, "*" is anything:
 *
 *	link	next	map	previous  what has happened             what to do
 *	A	-	A	*         nothing                       nothing
 *	A	B	A	*         a swap that was not made      drop next
 *	B	B	A	*         a swap, and no names since    map becomes previous, next map
 *	B	B	-	A         the same, half of the names   next becomes map
 *	B	-	A	B         a rollback, and no names      map and previous change places
 *	dead	*	A	*         detached, or ejected          map becomes previous, clear
 *	-	*	*	*         begun, never in force         clear
 *
 * previous is there for the place "enforced" only. -ENOTEMPTY: all is right but for
 * pins that are not ours, which stderr names.
 */
static int settle(const struct policy_pins *pins, const char *place)
{
	struct contents is;
	uint32_t previous;
	int err = read_place(pins, place, &is);

	if (err)
		return err;
	if (is.live && is.live == is.next)
		return advance(pins, place);
	if (is.live) {
		err = drop_next(pins, place);
		if (err || !is_enforced(place) || is.live == is.map)
			return err;
		err = map_id(pins, PREVIOUS, "map", &previous);
		return err || is.live != previous ? err : swap_names(pins, is.map);
	}
	if (is.has_link && is_enforced(place))
		err = keep_previous(pins);
	return err ? err : clear(pins, place);
}

/* What is in the way of nothing, and has been named */
static int unless_foreign(int err)
{
	return err == -ENOTEMPTY ? 0 : err;
}

/* The change has been made; the next command puts the names right */
static int afterwards(int err)
{
	if (unless_foreign(err))
		log_warn("done, but its pins are still to be put in order, which the next 'zrec policy' command that changes something does: %s",
			 strerror(-err));
	return 0;
}

struct shadows {
	struct policy_place *ret;
	int nr, max;
};

static int add_shadow(void *ctx, const char *name)
{
	struct shadows *s = ctx;

	if (s->nr < s->max && !strncmp(name, SHADOW, strlen(SHADOW)) &&
	    strlen(name) < sizeof(s->ret->name))
		strcpy(s->ret[s->nr++].name, name);
	return 0;
}

int policy_pins_shadows(const struct policy_pins *pins, struct policy_place *ret, int max)
{
	struct shadows s = { .ret = ret, .max = max };
	int err = bpffs_each(pins->dir, add_shadow, &s);

	return err ? err : s.nr;
}

/* One that was promoted is not in shadow any more */
static int settle_shadow(const struct policy_pins *pins, const char *place, uint32_t enforced)
{
	uint32_t twin;
	int err = map_id(pins, place, "enforce", &twin);

	if (!err && enforced && enforced == twin) {
		err = policy_pins_detach(pins, place);
		/* Its link was removed by hand: there are only names to put right */
		if (err != -ENOENT)
			return err;
		err = 0;
	}
	return err ? err : settle(pins, place);
}

/* What is wrong with one in shadow keeps nobody from changing another one */
static void settle_shadows(const struct policy_pins *pins, const struct policy_place *shadows, int nr,
			   uint32_t enforced)
{
	for (int i = 0; i < nr; i++) {
		int err = unless_foreign(settle_shadow(pins, shadows[i].name, enforced));

		if (err)
			log_warn("%s/policy/%s cannot be put in order: %s; if that stays so, look at what is in it, and remove it",
				 pins->fs.path, shadows[i].name, strerror(-err));
	}
}

int policy_pins_settle(const struct policy_pins *pins, const char *place)
{
	int err = unless_foreign(settle(pins, place));

	return err == -ENOENT ? 0 : err;
}

static int settle_all(const struct policy_pins *pins)
{
	struct policy_place shadows[2 * POLICY_NR_SHADOWS];
	struct contents is;
	uint32_t previous;
	int err, nr;

	err = unless_foreign(settle(pins, POLICY_ENFORCED));
	if (!err)
		err = read_link(pins, POLICY_ENFORCED, &is);
	if (!err)
		err = map_id(pins, PREVIOUS, "map", &previous);
	/* A rollback to what was not enforced any more, not finished */
	if (!err && is.live && is.live == previous)
		err = policy_pins_forget(pins);
	if (err)
		return err;
	nr = policy_pins_shadows(pins, shadows, 2 * POLICY_NR_SHADOWS);
	if (nr < 0)
		return nr;
	settle_shadows(pins, shadows, nr, is.live);
	return 0;
}

int policy_pins_look(struct policy_pins *pins)
{
	int err = bpffs_open(&pins->fs);

	pins->dir = err ? -1 : bpffs_open_dir(pins->fs.dir, "policy");
	return err ? err : pins->dir < 0 ? pins->dir : 0;
}

int policy_pins_open(struct policy_pins *pins, bool create)
{
	int err = bpffs_lock(&pins->fs, create);

	pins->dir = -1;
	if (!err && create) {
		err = bpffs_make_dir(pins->fs.dir, "policy", 0750);
		if (err == -EEXIST)
			err = 0;
	}
	if (!err) {
		pins->dir = bpffs_open_dir(pins->fs.dir, "policy");
		err = pins->dir < 0 ? pins->dir : settle_all(pins);
	}
	return err;
}

void policy_pins_close(struct policy_pins *pins)
{
	/* What is not empty stays */
	if (pins->fs.lock >= 0)
		unlinkat(pins->fs.dir, "policy", AT_REMOVEDIR);
	bpffs_put(pins->dir);
	pins->dir = -1;
	bpffs_close(&pins->fs);
}

/* The first policy of a place. It happens when the link is pinned. */
static int begin(const struct policy_pins *pins, const char *place, int map_fd, int enforce_fd)
{
	int link_fd = -1, err;

	err = make_place(pins, place);
	if (!err)
		err = pin(pins, place, "map", map_fd);
	if (!err && enforce_fd >= 0)
		err = pin(pins, place, "enforce", enforce_fd);
	if (err)
		goto out;
	fault_point("map-pinned");
	link_fd = bpf_link_create(map_fd, 0, ABI_STRUCT_OPS, NULL);
	if (link_fd < 0) {
		err = -errno;
		goto out;
	}
	log_debug("attached a policy, as %s", place);
	fault_point("attached");
	err = pin(pins, place, "link", link_fd);
	fault_point("link-pinned");
out:
	if (err)
		clear(pins, place);
	bpffs_put(link_fd);
	return err;
}

/* Updates a link only if it has @old_fd in force; -1: in any case */
static int swap(int link_fd, int old_fd, int new_fd)
{
	LIBBPF_OPTS(bpf_link_update_opts, opts);

	if (old_fd >= 0) {
		opts.flags = BPF_F_REPLACE;
		opts.old_map_fd = old_fd;
	}

	if (bpf_link_update(link_fd, new_fd, &opts) < 0)
		return -errno;
	log_debug("updated the link from one policy to another");
	return 0;
}

/* One for another. It happens when the link is updated. */
static int replace(const struct policy_pins *pins, const char *place, int link_fd, int map_fd,
		   int enforce_fd)
{
	int old_fd = policy_pins_get(pins, place, "map"), err;

	/* Its name may have been removed by hand */
	if (old_fd < 0 && old_fd != -ENOENT)
		return old_fd;
	err = pin(pins, place, "next-map", map_fd);
	if (!err && enforce_fd >= 0)
		err = pin(pins, place, "next-enforce", enforce_fd);
	fault_point("next-pinned");
	if (!err)
		err = swap(link_fd, old_fd, map_fd);
	fault_point("swapped");
	bpffs_put(old_fd);
	if (!err)
		return afterwards(advance(pins, place));
	drop_next(pins, place);
	return err;
}

int policy_pins_install(const struct policy_pins *pins, const char *place, int map_fd, int enforce_fd)
{
	int link_fd, err = policy_pins_settle(pins, place);

	if (err)
		return err;
	link_fd = policy_pins_get(pins, place, "link");
	if (link_fd == -ENOENT)
		return begin(pins, place, map_fd, enforce_fd);
	if (link_fd < 0)
		return link_fd;
	err = replace(pins, place, link_fd, map_fd, enforce_fd);
	close(link_fd);
	if (err != -ENOENT && err != -ENOLINK)
		return err;
	/* Ours was ejected and another has taken its slot since: ours is over */
	err = unless_foreign(policy_pins_detach(pins, place));
	return err ? err : begin(pins, place, map_fd, enforce_fd);
}

int policy_pins_forget(const struct policy_pins *pins)
{
	int err = unpin(pins, PREVIOUS, "map");

	if (!err)
		err = unless_foreign(bpffs_remove_dir(pins->dir, PREVIOUS));
	return err;
}

static int exchange(const struct policy_pins *pins, int link_fd, int previous_fd)
{
	int old_fd = policy_pins_get(pins, POLICY_ENFORCED, "map"), err;

	if (old_fd < 0 && old_fd != -ENOENT)
		return old_fd;
	err = swap(link_fd, old_fd, previous_fd);
	fault_point("swapped");
	bpffs_put(old_fd);
	if (err)
		return err;
	return afterwards(swap_names(pins, old_fd >= 0));
}

int policy_pins_rollback(const struct policy_pins *pins)
{
	int previous_fd = policy_pins_get(pins, PREVIOUS, "map");
	int link_fd = policy_pins_get(pins, POLICY_ENFORCED, "link");
	int err;

	if (previous_fd < 0 && previous_fd != -ENOENT) {
		err = previous_fd;
	} else if (link_fd < 0 && link_fd != -ENOENT) {
		err = link_fd;
	} else if (previous_fd < 0) {
		err = unless_foreign(policy_pins_detach(pins, POLICY_ENFORCED));
	} else if (link_fd >= 0) {
		err = exchange(pins, link_fd, previous_fd);
	} else {
		err = begin(pins, POLICY_ENFORCED, previous_fd, -1);
		if (!err)
			err = afterwards(policy_pins_forget(pins));
	}
	bpffs_put(previous_fd);
	bpffs_put(link_fd);
	return err;
}

/* It happens when the link is detached: not by removing its pin, which the kernel does later */
int policy_pins_detach(const struct policy_pins *pins, const char *place)
{
	int link_fd = policy_pins_get(pins, place, "link"), err = 0;

	if (link_fd < 0)
		return link_fd;
	if (bpf_link_detach(link_fd) < 0 && errno != ENOLINK && errno != EINVAL)
		err = -errno;
	close(link_fd);
	if (!err)
		log_debug("detached the policy in %s", place);
	fault_point("detached");
	if (err)
		return err;
	err = settle(pins, place);
	return err == -ENOTEMPTY ? err : afterwards(err);
}
