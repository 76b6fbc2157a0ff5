// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "observe/abi3.h"
#include "observe/pins.h"
#include "observe/takeover.h"
#include "observe/takeover-merge.h"

/* How long the old programs, and a reader of the old ring buffer, may take to go */
#define PATIENCE_MS	10000

bool takeover_knows(uint32_t abi)
{
	return abi == ABI3;
}

/* Who was interrupted between the two renames has left the old one where a new one is made */
static bool staged_is_old(const struct bpffs *fs)
{
	int maps = bpffs_open_dir(fs->dir, "observe-new/maps");
	struct abi3_info info;
	bool is = maps >= 0 && !abi3_read_info(&info, maps) && takeover_knows(info.abi);

	bpffs_put(maps);
	return is;
}

bool takeover_pending(const struct bpffs *fs)
{
	int tool = pins_get(fs, "links", PINS_TAKE_OVER);

	bpffs_put(tool);
	return tool >= 0 || pins_have_old(fs) || staged_is_old(fs);
}

/* --- 3: the old programs go --- */

struct links {
	int dir;
	__u32 program[NR_HOOKS];
	size_t nr;
};

/* What is not ours stays, and pins_remove_old() names it */
static int unpin_link(void *ctx, const char *name)
{
	struct bpf_link_info info = { 0 };
	struct links *l = ctx;
	__u32 len = sizeof(info);
	int fd;

	if (!hooks_has_program(name))
		return 0;
	fd = bpffs_get(l->dir, name, 0);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (!bpf_link_get_info_by_fd(fd, &info, &len) && l->nr < NR_HOOKS)
		l->program[l->nr++] = info.prog_id;
	close(fd);
	return unlinkat(l->dir, name, 0) < 0 ? -errno : 1;
}

/*
 * The kernel frees a link some time after its pin has gone, and the program when it
 * runs nowhere any more. 1: all are gone; 0: not yet; -EPERM: that cannot be seen.
 */
static int are_gone(const struct links *l)
{
	for (size_t i = 0; i < l->nr; i++) {
		int fd = bpf_prog_get_fd_by_id(l->program[i]);

		if (fd >= 0) {
			close(fd);
			return 0;
		}
		if (errno != ENOENT)
			return -errno;
	}
	return 1;
}

static int wait_for_end(const struct links *l)
{
	for (int ms = 0; ms < PATIENCE_MS; ms += TAKEOVER_NAP_MS) {
		int gone = are_gone(l);

		/* Without the right to look: a grace period is over long before a second is */
		if (gone > 0 || (gone < 0 && ms >= 1000))
			return 0;
		takeover_nap();
	}
	return -EBUSY;
}

static int detach_old(int old)
{
	struct links links = { .dir = bpffs_open_dir(old, "links") };
	int err;

	if (links.dir < 0)
		return links.dir == -ENOENT ? 0 : links.dir;
	err = bpffs_each(links.dir, unpin_link, &links);
	close(links.dir);
	return err ? err : wait_for_end(&links);
}

static int base_update(const struct bpffs *fs, const struct zrec_takeover_base *base)
{
	const __u32 key = 0;
	int fd = pins_get(fs, "maps", PINS_TAKEOVER_BASE), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_update_elem(fd, &key, base, 0) < 0)
		err = -errno;
	close(fd);
	return err;
}

/*
 * A zrec watch that reads the old ring buffer ends when it finds that its directory
 * has gone, within a second. How far it came is noted, as the items are counted from there.
 */
static int claim_old_ring(const struct bpffs *fs, int old, struct zrec_takeover_base *base)
{
	int fd, ms = 0, maps, err;
	uint64_t written;

	if (base->claimed)
		return 0;
	fd = openat(old, "reader", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return -errno;
	if (unlinkat(old, "reader", AT_REMOVEDIR) < 0 && errno != ENOENT) {
		err = -errno;
		bpffs_put(fd);
		return err;
	}
	/* Of a directory that somebody before us has removed there is no lock to see */
	for (; ms < PATIENCE_MS && (fd < 0 ? ms < 2000 : flock(fd, LOCK_EX | LOCK_NB) < 0); ms += TAKEOVER_NAP_MS)
		takeover_nap();
	bpffs_put(fd);
	if (ms >= PATIENCE_MS)
		log_warn("the zrec watch of the older version does not end: what it reads now may come twice");
	maps = bpffs_open_dir(old, "maps");
	if (maps < 0)
		return maps == -ENOENT ? 0 : maps;
	err = abi3_ring(maps, &written, &base->ring_unread);
	close(maps);
	base->claimed = 1;
	return err ? err : base_update(fs, base);
}

/* --- 1 to 5 --- */

static int read_base(const struct bpffs *fs, struct zrec_takeover_base *ret)
{
	const __u32 key = 0;
	int fd = pins_get(fs, "maps", PINS_TAKEOVER_BASE), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(fd, &key, ret) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Nothing is left of the takeover but the sums */
static int drop_tools(const struct bpffs *fs)
{
	int err = pins_drop(fs, "links", PINS_TAKE_OVER);

	if (!err)
		err = pins_drop(fs, "maps", PINS_TAKEOVER_ITEM);
	return err ? err : pins_drop(fs, "maps", PINS_TAKEOVER_BASE);
}

static int finish(const struct bpffs *fs, int old)
{
	struct zrec_takeover_base base;
	int err = read_base(fs, &base);

	if (!err)
		err = detach_old(old);
	fault_point("takeover-detached");
	if (!err)
		err = claim_old_ring(fs, old, &base);
	if (!err)
		err = takeover_merge(fs, old, &base);
	fault_point("takeover-merged");
	return err;
}

int takeover_finish(const struct bpffs *fs)
{
	int old, err = 0;

	if (!pins_have_old(fs) && staged_is_old(fs))
		err = pins_set_aside(fs);
	old = err ? err : pins_open_old(fs);
	if (old >= 0) {
		log_debug("taking over from the observation of an older zrec");
		err = finish(fs, old);
		close(old);
		if (!err)
			err = pins_remove_old(fs);
		fault_point("takeover-removed");
	} else if (old != -ENOENT) {
		err = old;
	}
	if (!err)
		err = drop_tools(fs);
	if (err)
		log_error("cannot take over all of the older observation in %s: %s; the next 'zrec watch' tries again",
			  fs->path, strerror(-err));
	return err;
}

/*
 * What the old one has counted of what has no number, less what the new one has counted
 * too since it was attached
 */
static int note_base(const struct bpffs *fs, struct zrec_takeover_base *base)
{
	int maps = bpffs_open_dir(fs->dir, "observe/maps");
	int fd = pins_get_staged(fs, "maps", PINS_TAKEOVER_BASE);
	int stats_fd = pins_get_staged(fs, "maps", map_pin_name(MAP_STATS));
	struct zrec_stats new = { 0 };
	struct abi3_stats stats;
	const __u32 key = 0;
	int err = maps < 0 ? maps : fd < 0 ? fd : stats_fd < 0 ? stats_fd : 0;

	if (!err)
		err = abi3_read_stats(&stats, maps);
	if (!err && bpf_map_lookup_elem(stats_fd, &key, &new) < 0)
		err = -errno;
	if (!err) {
		base->at_ns = clock_ns(CLOCK_MONOTONIC);
		base->new_policy_exits = new.policy_exits;
		base->joined = stats.joined - new.joined;
		base->mediation_starts = stats.mediation_starts - new.mediation_starts;
		base->mediation_stops = stats.mediation_stops - new.mediation_stops;
		base->read_failures = stats.read_failures - new.read_failures;
		base->policy_exits = stats.policy_exits - new.policy_exits;
		base->policy_exits_lost = stats.policy_exits_lost - new.policy_exits_lost;
		err = bpf_map_update_elem(fd, &key, base, 0) < 0 ? -errno : 0;
	}
	bpffs_put(maps);
	bpffs_put(fd);
	bpffs_put(stats_fd);
	return err;
}

/* Room for what nobody has read yet, which is larger now, and for what comes */
static int plan(const struct bpffs *fs, struct observer_opts *opts, struct zrec_takeover_base *base)
{
	int maps = bpffs_open_dir(fs->dir, "observe/maps"), err;
	struct abi3_info info;
	uint64_t read;

	if (maps < 0)
		return maps;
	err = abi3_read_info(&info, maps);
	if (!err)
		err = abi3_ring(maps, &base->ring_begin, &read);
	close(maps);
	if (!err && !opts->ring_bytes && 2ull * info.ring_bytes > load_ring_bytes(opts) &&
	    base->ring_begin != read)
		opts->ring_bytes = 2ull * info.ring_bytes;
	opts->took_over = info.abi;
	return err;
}

int takeover_begin(const struct bpffs *fs, const struct observer_opts *opts,
		   const struct hooks *hooks)
{
	struct zrec_takeover_base base = { 0 };
	struct observer_opts ours = *opts;
	int err;

	/* With an older one in place, what was set aside before belongs to none that is left */
	err = pins_remove_old(fs);
	if (!err || err == -ENOENT)
		err = pins_stage(fs);
	if (!err)
		err = plan(fs, &ours, &base);
	if (err)
		goto out;
	err = load_observer(fs, &ours, hooks);
	if (err) {
		pins_remove_staged(fs);
		return err;
	}
	err = note_base(fs, &base);
	fault_point("takeover-loaded");
	if (!err)
		err = pins_replace(fs);
	if (err) {
		pins_remove_staged(fs);
		goto out;
	}
	fault_point("takeover-replaced");
	return takeover_finish(fs);
out:
	log_error("cannot take over from the older observation in %s, which goes on: %s", fs->path,
		  strerror(-err));
	return err;
}
