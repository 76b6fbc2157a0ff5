// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* renameat2() */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

static void make_path(char path[BPFFS_PATH_LEN], const struct policy_pins *pins, const char *place,
		      const char *what)
{
	snprintf(path, BPFFS_PATH_LEN, "%s/%s%s%s", pins->dir, place, *what ? "/" : "", what);
}

static int make_place(const struct policy_pins *pins, const char *place)
{
	char path[BPFFS_PATH_LEN];

	make_path(path, pins, place, "");
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int pin(const struct policy_pins *pins, const char *place, const char *what, int fd)
{
	char path[BPFFS_PATH_LEN];

	make_path(path, pins, place, what);
	if (bpf_obj_pin(fd, path) < 0 || chmod(path, 0600) < 0)
		return -errno;
	return 0;
}

static int unpin(const struct policy_pins *pins, const char *place, const char *what)
{
	char path[BPFFS_PATH_LEN];

	make_path(path, pins, place, what);
	return unlink(path) < 0 ? -errno : 0;
}

static int move(const struct policy_pins *pins, const char *from_place, const char *from,
		const char *to_place, const char *to, unsigned int flags)
{
	char old[BPFFS_PATH_LEN], new[BPFFS_PATH_LEN];

	make_path(old, pins, from_place, from);
	make_path(new, pins, to_place, to);
	return renameat2(AT_FDCWD, old, AT_FDCWD, new, flags) < 0 ? -errno : 0;
}

int policy_pins_get(const struct policy_pins *pins, const char *place, const char *what)
{
	char path[BPFFS_PATH_LEN];
	int fd;

	make_path(path, pins, place, what);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

/* Of a pinned map; 0: there is none */
static uint32_t map_id(const struct policy_pins *pins, const char *place, const char *what)
{
	int fd = policy_pins_get(pins, place, what);
	uint32_t id;

	if (fd < 0)
		return 0;
	id = policy_map_id(fd);
	close(fd);
	return id;
}

/* Of the map that the place's link has in force; 0: there is no link, or it is dead */
static uint32_t in_force(const struct policy_pins *pins, const char *place)
{
	int fd = policy_pins_get(pins, place, "link");
	uint32_t id;

	if (fd < 0)
		return 0;
	id = policy_link_map_id(fd);
	close(fd);
	return id;
}

/* What was enforced stays, for rollback */
static int keep_previous(const struct policy_pins *pins)
{
	int err = make_place(pins, PREVIOUS);

	if (!err)
		err = move(pins, POLICY_ENFORCED, "map", PREVIOUS, "map", 0);
	return err == -ENOENT ? 0 : err;
}

/* Everything of a place whose link is not in force */
static int clear(const struct policy_pins *pins, const char *place)
{
	static const char *const files[] = {
		"next-map", "next-enforce", "map", "enforce", "link",
	};
	char path[BPFFS_PATH_LEN];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unpin(pins, place, files[i]);
	make_path(path, pins, place, "");
	return rmdir(path) < 0 && errno != ENOENT ? -errno : 0;
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
 * Names follow what the link has in force. Does nothing where all is well, and
 * may be interrupted and run again.
 */
static int settle(const struct policy_pins *pins, const char *place)
{
	uint32_t live = in_force(pins, place);
	uint32_t next = map_id(pins, place, "next-map");
	bool had_link;
	int fd, err;

	if (live && live == next)
		return advance(pins, place);
	if (live) {
		unpin(pins, place, "next-map");
		unpin(pins, place, "next-enforce");
		if (!is_enforced(place) || live == map_id(pins, place, "map") ||
		    live != map_id(pins, PREVIOUS, "map"))
			return 0;
		/* A rollback that was not finished */
		return move(pins, place, "map", PREVIOUS, "map", RENAME_EXCHANGE);
	}
	fd = policy_pins_get(pins, place, "link");
	had_link = fd >= 0;
	if (had_link)
		close(fd);
	/* Without a link it was never enforced, with a dead one it was */
	err = had_link && is_enforced(place) ? keep_previous(pins) : 0;
	return err ? err : clear(pins, place);
}

static int each_shadow(const struct policy_pins *pins, struct policy_place *ret, int max)
{
	DIR *dir = opendir(pins->dir);
	struct dirent *entry;
	int nr = 0;

	if (!dir)
		return -errno;
	while (nr < max && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, SHADOW, strlen(SHADOW)) ||
		    strlen(entry->d_name) >= sizeof(ret->name))
			continue;
		strcpy(ret[nr++].name, entry->d_name);
	}
	closedir(dir);
	return nr;
}

int policy_pins_shadows(const struct policy_pins *pins, struct policy_place *ret, int max)
{
	return each_shadow(pins, ret, max);
}

static int settle_all(const struct policy_pins *pins)
{
	struct policy_place shadows[2 * POLICY_NR_SHADOWS];
	uint32_t enforced;
	int err, nr;

	err = settle(pins, POLICY_ENFORCED);
	if (err)
		return err;
	enforced = in_force(pins, POLICY_ENFORCED);
	/* A rollback to what was not enforced any more, not finished */
	if (enforced && enforced == map_id(pins, PREVIOUS, "map"))
		policy_pins_forget((struct policy_pins *)pins);
	nr = each_shadow(pins, shadows, 2 * POLICY_NR_SHADOWS);
	for (int i = 0; !err && i < nr; i++) {
		/* Promoted, and not taken out of shadow yet */
		if (enforced && enforced == map_id(pins, shadows[i].name, "enforce"))
			err = policy_pins_detach((struct policy_pins *)pins, shadows[i].name);
		else
			err = settle(pins, shadows[i].name);
	}
	return err;
}

int policy_pins_open(struct policy_pins *pins, bool create)
{
	int lock, err;

	pins->lock = -1;
	err = bpffs_root(pins->root);
	if (err)
		return err;
	snprintf(pins->dir, sizeof(pins->dir), "%.*s/policy", BPFFS_PATH_LEN / 2, pins->root);
	lock = bpffs_lock(pins->root, create);
	if (lock < 0)
		return lock;
	pins->lock = bpffs_lock(pins->dir, create);
	close(lock);
	if (pins->lock < 0)
		return pins->lock;
	err = settle_all(pins);
	if (err) {
		close(pins->lock);
		pins->lock = -1;
	}
	return err;
}

void policy_pins_close(struct policy_pins *pins)
{
	if (pins->lock < 0)
		return;
	/* What is not empty stays */
	if (!rmdir(pins->dir))
		rmdir(pins->root);
	close(pins->lock);
	pins->lock = -1;
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
	fault_point("attached");
	err = pin(pins, place, "link", link_fd);
	fault_point("link-pinned");
out:
	if (err)
		clear(pins, place);
	if (link_fd >= 0)
		close(link_fd);
	return err;
}

/* Updates a link only if it has in force what we think */
static int swap(int link_fd, int old_fd, int new_fd)
{
	LIBBPF_OPTS(bpf_link_update_opts, opts, .flags = BPF_F_REPLACE, .old_map_fd = old_fd);

	return bpf_link_update(link_fd, new_fd, &opts) < 0 ? -errno : 0;
}

/* One for another. It happens when the link is updated. */
static int replace(const struct policy_pins *pins, const char *place, int link_fd, int map_fd,
		   int enforce_fd)
{
	int old_fd = policy_pins_get(pins, place, "map"), err;

	if (old_fd < 0)
		return old_fd;
	err = pin(pins, place, "next-map", map_fd);
	if (!err && enforce_fd >= 0)
		err = pin(pins, place, "next-enforce", enforce_fd);
	fault_point("next-pinned");
	if (!err)
		err = swap(link_fd, old_fd, map_fd);
	fault_point("swapped");
	close(old_fd);
	if (!err)
		return advance(pins, place);
	unpin(pins, place, "next-map");
	unpin(pins, place, "next-enforce");
	return err;
}

int policy_pins_install(struct policy_pins *pins, const char *place, int map_fd, int enforce_fd)
{
	int link_fd = policy_pins_get(pins, place, "link"), err;

	if (link_fd == -ENOENT)
		return begin(pins, place, map_fd, enforce_fd);
	if (link_fd < 0)
		return link_fd;
	err = replace(pins, place, link_fd, map_fd, enforce_fd);
	close(link_fd);
	if (err != -ENOENT && err != -ENOLINK)
		return err;
	/* Ours was ejected and another has taken its slot since: ours is over */
	err = policy_pins_detach(pins, place);
	return err ? err : begin(pins, place, map_fd, enforce_fd);
}

int policy_pins_forget(struct policy_pins *pins)
{
	char path[BPFFS_PATH_LEN];
	int err = unpin(pins, PREVIOUS, "map");

	make_path(path, pins, PREVIOUS, "");
	rmdir(path);
	return err;
}

static int exchange(const struct policy_pins *pins, int link_fd, int previous_fd)
{
	int old_fd = policy_pins_get(pins, POLICY_ENFORCED, "map"), err;

	if (old_fd < 0)
		return old_fd;
	err = swap(link_fd, old_fd, previous_fd);
	fault_point("swapped");
	close(old_fd);
	if (err)
		return err;
	return move(pins, POLICY_ENFORCED, "map", PREVIOUS, "map", RENAME_EXCHANGE);
}

int policy_pins_rollback(struct policy_pins *pins)
{
	int previous_fd = policy_pins_get(pins, PREVIOUS, "map");
	int link_fd = policy_pins_get(pins, POLICY_ENFORCED, "link");
	int err;

	if (previous_fd == -ENOENT) {
		err = policy_pins_detach(pins, POLICY_ENFORCED);
	} else if (previous_fd < 0) {
		err = previous_fd;
	} else if (link_fd >= 0) {
		err = exchange(pins, link_fd, previous_fd);
	} else {
		err = begin(pins, POLICY_ENFORCED, previous_fd, -1);
		if (!err)
			err = policy_pins_forget(pins);
	}
	if (previous_fd >= 0)
		close(previous_fd);
	if (link_fd >= 0)
		close(link_fd);
	return err;
}

/* It happens when the link is detached: not by removing its pin, which the kernel does later */
int policy_pins_detach(struct policy_pins *pins, const char *place)
{
	int link_fd = policy_pins_get(pins, place, "link"), err = 0;

	if (link_fd < 0)
		return link_fd;
	if (bpf_link_detach(link_fd) < 0 && errno != ENOLINK && errno != EINVAL)
		err = -errno;
	close(link_fd);
	fault_point("detached");
	return err ? err : settle(pins, place);
}
