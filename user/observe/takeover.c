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

/* How long the old programs, and a reader of the old ring buffer, may take to go */
#define PATIENCE_MS	10000
#define LOOK_MS		50

struct takeover {
	int maps;			/* the old ones; a directory */
	struct abi3 old;
	uint64_t first_id;		/* of the new observation; 0: it has seen none */
	struct zrec_takeover_base base;
	struct zrec_takeover state;	/* as of the settlement */
	uint64_t index;			/* of the next item */
	int item;			/* map */
	int program;
	struct zrec_takeover_item *buf;
};

bool takeover_knows(uint32_t abi)
{
	return abi == ABI3;
}

bool takeover_pending(const struct bpffs *fs)
{
	return pins_have_old(fs);
}

static void nap(void)
{
	const struct timespec t = { .tv_nsec = LOOK_MS * NSEC_PER_MSEC };

	nanosleep(&t, NULL);
}

/* --- 3: the old programs go --- */

struct links {
	int dir;
	__u32 id[NR_HOOKS];
	size_t nr;
};

static int unpin_link(void *ctx, const char *name)
{
	struct bpf_link_info info = { 0 };
	struct links *l = ctx;
	__u32 len = sizeof(info);
	int fd = bpffs_get(l->dir, name, 0);

	if (fd < 0)
		return fd == -EISDIR ? 0 : fd;
	if (!bpf_link_get_info_by_fd(fd, &info, &len) && l->nr < NR_HOOKS)
		l->id[l->nr++] = info.id;
	close(fd);
	return unlinkat(l->dir, name, 0) < 0 ? -errno : 1;
}

/* The kernel frees a link some time after its pin has gone; without rights we cannot look */
static bool are_gone(const struct links *l)
{
	for (size_t i = 0; i < l->nr; i++) {
		int fd = bpf_link_get_fd_by_id(l->id[i]);

		if (fd >= 0)
			close(fd);
		if (fd >= 0 || errno != ENOENT)
			return false;
	}
	return true;
}

static int detach_old(int old)
{
	struct links links = { .dir = bpffs_open_dir(old, "links") };
	int err;

	if (links.dir < 0)
		return links.dir == -ENOENT ? 0 : links.dir;
	err = bpffs_each(links.dir, unpin_link, &links);
	close(links.dir);
	for (int ms = 0; !err && links.nr && ms < PATIENCE_MS && !are_gone(&links); ms += LOOK_MS) {
		/* Not to be seen, but a grace period is over long before a second is */
		if (errno == EPERM && ms >= 1000)
			break;
		nap();
	}
	return err;
}

/* A zrec watch that reads the old ring buffer ends when it finds that its directory has gone */
static int claim_old_ring(int old)
{
	int fd = openat(old, "reader", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), ms;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (unlinkat(old, "reader", AT_REMOVEDIR) < 0 && errno != ENOENT) {
		close(fd);
		return -errno;
	}
	for (ms = 0; ms < PATIENCE_MS && flock(fd, LOCK_EX | LOCK_NB) < 0; ms += LOOK_MS)
		nap();
	if (ms >= PATIENCE_MS)
		log_warn("the zrec watch of the older version does not end: what it reads now may come twice");
	close(fd);
	return 0;
}

/* --- 4: what the old maps have --- */

static int run_item(const struct takeover *t)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	const __u32 key = 0;

	if (bpf_map_update_elem(t->item, &key, t->buf, 0) < 0)
		return -errno;
	return bpf_prog_test_run_opts(t->program, &opts) < 0 ? -errno : 0;
}

/* The item in the buffer, if it was not added before somebody was interrupted */
static int add(struct takeover *t, uint32_t what)
{
	t->buf->what = what;
	if (t->index++ < t->state.done)
		return 0;
	/* Somewhere among them */
	if (t->index == 8)
		fault_point("takeover-item");
	return run_item(t);
}

static struct zrec_takeover_item *new_item(struct takeover *t)
{
	memset(t->buf, 0, sizeof(*t->buf));
	return t->buf;
}

/* Whatever both of them have counted has a number from the new one's first on */
static bool is_double(const struct takeover *t, uint64_t id)
{
	return t->first_id && id >= t->first_id;
}

static int look_for_doubles(void *ctx, const void *record, size_t size)
{
	const struct abi3_span *s = record;
	struct takeover *t = ctx;

	if (size >= sizeof(*s) && !(s->flags & ABI3_RECORD_EXIT) && is_double(t, s->id))
		abi3_take_out(&t->old, s);
	return 0;
}

static int add_stats(struct takeover *t)
{
	const struct abi3_stats *old = &t->old.stats;
	struct zrec_stats *s = &new_item(t)->stats;

	s->emitted = old->emitted;
	s->delivered = old->delivered;
	for (int i = 0; i < ABI3_NR_LOST; i++)
		s->lost[i] = old->lost[i];
	s->unsummed[ZREC_UNSUMMED_DRIVER] = old->unsummed[0];
	s->unsummed[ZREC_UNSUMMED_FUNCTION] = old->unsummed[1];
	s->unsummed[ZREC_UNSUMMED_COUNTER] = old->unsummed[2];
	/* The new one counts these since then */
	s->joined = t->base.joined;
	s->mediation_starts = t->base.mediation_starts;
	s->mediation_stops = t->base.mediation_stops;
	s->read_failures = t->base.read_failures;
	s->policy_exits = t->base.policy_exits;
	s->policy_exits_lost = t->base.policy_exits_lost;
	return add(t, ZREC_TAKEOVER_STATS);
}

/* Recoveries that began before the new one was complete, and ended when the old one was gone */
static int add_lost(struct takeover *t)
{
	struct zrec_takeover_item *item = new_item(t);

	for (uint32_t i = 0; i < t->state.nr_ended && i < ZREC_TAKEOVER_ENDED; i++)
		item->count += abi3_is_open(&t->old, t->state.ended[i]);
	return add(t, ZREC_TAKEOVER_LOST);
}

static int add_counters(struct takeover *t)
{
	int err = 0;

	for (size_t i = 0; !err && i < ABI3_COUNTER_SLOTS; i++) {
		const struct abi3_counter *c = &t->old.counters[i];
		struct zrec_takeover_item *item = new_item(t);

		if (!c->tag)
			continue;
		item->id = (uint32_t)(c->tag >> 32);
		item->counter = (uint32_t)c->tag;
		item->count = c->count;
		err = add(t, ZREC_TAKEOVER_COUNTER);
	}
	return err;
}

static int add_keys(struct takeover *t)
{
	int err = 0;

	for (size_t i = 0; !err && i < t->old.nr_keys; i++) {
		const struct abi3_key_hist *k = &t->old.keys[i];
		struct zrec_takeover_item *item = new_item(t);

		if (!k->tag)
			continue;
		item->id = (uint32_t)k->tag;
		item->hist = k->hist;
		err = add(t, (k->tag >> 32) - 1 == ABI3_HIST_BY_FUNCTION ?
			     ZREC_TAKEOVER_FUNCTION : ZREC_TAKEOVER_PEC);
	}
	return err;
}

static int add_driver_hist(struct takeover *t, const struct abi3_driver_hists *d,
			   const struct zrec_hist *hist, uint32_t what, uint32_t step)
{
	struct zrec_takeover_item *item = new_item(t);

	item->id = step;
	memcpy(item->driver, d->driver, sizeof(item->driver));
	item->hist = *hist;
	return add(t, what);
}

static int add_drivers(struct takeover *t)
{
	int err = 0;

	for (size_t i = 0; !err && i < t->old.nr_drivers; i++) {
		const struct abi3_driver_hists *d = &t->old.drivers[i];

		if (d->state != 2)
			continue;
		err = add_driver_hist(t, d, &d->total, ZREC_TAKEOVER_DRIVER, 0);
		for (uint32_t step = 0; !err && step < ABI3_NR_STEPS; step++)
			err = add_driver_hist(t, d, &d->step[step], ZREC_TAKEOVER_STEP,
					      step == ABI3_STEP_OTHER ? ZREC_STEP_OTHER : step);
	}
	return err;
}

static int add_record(void *ctx, const void *record, size_t size)
{
	const struct abi3_span *s = record;
	struct takeover *t = ctx;
	struct zrec_takeover_item *item = new_item(t);

	if (size >= sizeof(struct abi3_policy_exit) && s->flags & ABI3_RECORD_EXIT) {
		const struct abi3_policy_exit *e = record;

		if (e->at_ns >= t->base.at_ns)
			return 0;
		abi3_convert_exit(&item->exit, e);
	} else if (size >= sizeof(*s)) {
		if (is_double(t, s->id))
			return 0;
		abi3_convert_span(&item->span, s, size);
	} else {
		return 0;
	}
	return add(t, ZREC_TAKEOVER_RECORD);
}

static int read_map(const struct bpffs *fs, enum observer_map map, void *ret)
{
	const __u32 key = 0;
	int fd = pins_get_map(fs, load_map_pin(map), BPF_F_RDONLY), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(fd, &key, ret) < 0)
		err = -errno;
	close(fd);
	return err;
}

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

/* From here on the new programs count what they see the end of */
static int settle(struct takeover *t, const struct bpffs *fs)
{
	int err;

	new_item(t)->what = ZREC_TAKEOVER_SETTLE;
	err = run_item(t);
	if (!err)
		err = read_map(fs, MAP_TAKEOVER, &t->state);
	if (!err)
		err = read_map(fs, MAP_STATE, &t->first_id);
	return err ? err : read_base(fs, &t->base);
}

static int add_all(struct takeover *t)
{
	size_t ring = t->old.info.ring_bytes;
	int err = abi3_each_record(t->maps, ring, look_for_doubles, t);

	if (!err)
		err = add_stats(t);
	if (!err)
		err = add_lost(t);
	if (!err)
		err = add_counters(t);
	if (!err)
		err = add_keys(t);
	if (!err)
		err = add_drivers(t);
	return err ? err : abi3_each_record(t->maps, ring, add_record, t);
}

static int merge(const struct bpffs *fs, int old)
{
	struct takeover t = {
		.maps = bpffs_open_dir(old, "maps"),
		.item = pins_get(fs, "maps", PINS_TAKEOVER_ITEM),
		.program = pins_get(fs, "links", PINS_TAKE_OVER),
		.buf = malloc(sizeof(*t.buf)),
	};
	int err = t.buf ? 0 : -ENOMEM;

	if (!err && t.item < 0)
		err = t.item;
	if (!err && t.program < 0)
		err = t.program;
	/* Who was interrupted at the very end has left no maps, or an empty directory */
	if (t.maps < 0)
		goto out;
	if (!err)
		err = settle(&t, fs);
	if (!err)
		err = abi3_read(&t.old, t.maps);
	if (err == -ENOENT)
		err = 0;
	else if (!err)
		err = add_all(&t);
out:
	abi3_free(&t.old);
	free(t.buf);
	bpffs_put(t.maps);
	bpffs_put(t.item);
	bpffs_put(t.program);
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

int takeover_finish(const struct bpffs *fs)
{
	int old = pins_open_old(fs), err;

	if (old < 0)
		return old == -ENOENT ? 0 : old;
	log_debug("taking over from the observation of an older zrec");
	err = detach_old(old);
	fault_point("takeover-detached");
	if (!err)
		err = claim_old_ring(old);
	if (!err)
		err = merge(fs, old);
	close(old);
	fault_point("takeover-merged");
	if (!err)
		err = pins_remove_old(fs);
	if (!err)
		err = drop_tools(fs);
	if (err)
		log_error("cannot take over all of the older observation in %s: %s; the next 'zrec watch' tries again",
			  fs->path, strerror(-err));
	return err;
}

/* What the old one has counted so far of what has no number; not atomic, but close */
static int note_base(const struct bpffs *fs)
{
	struct zrec_takeover_base base = { .at_ns = clock_ns(CLOCK_MONOTONIC) };
	int maps = bpffs_open_dir(fs->dir, "observe/maps");
	int fd = pins_get_staged(fs, "maps", PINS_TAKEOVER_BASE);
	struct abi3_stats stats;
	const __u32 key = 0;
	int err = maps < 0 ? maps : fd < 0 ? fd : abi3_read_stats(&stats, maps);

	if (!err) {
		base.joined = stats.joined;
		base.mediation_starts = stats.mediation_starts;
		base.mediation_stops = stats.mediation_stops;
		base.read_failures = stats.read_failures;
		base.policy_exits = stats.policy_exits;
		base.policy_exits_lost = stats.policy_exits_lost;
		err = bpf_map_update_elem(fd, &key, &base, 0) < 0 ? -errno : 0;
	}
	bpffs_put(maps);
	bpffs_put(fd);
	return err;
}

int takeover_begin(const struct bpffs *fs, const struct observer_opts *opts,
		   const struct hooks *hooks, uint32_t abi)
{
	struct observer_opts ours = *opts;
	int err;

	ours.took_over = abi;
	err = pins_stage(fs, true);
	if (err)
		return err;
	err = load_observer(fs, &ours, hooks);
	if (!err)
		err = note_base(fs);
	fault_point("takeover-loaded");
	if (!err)
		err = pins_replace(fs);
	if (err) {
		pins_remove_staged(fs);
		return err;
	}
	fault_point("takeover-replaced");
	return takeover_finish(fs);
}
