// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "observe/abi3.h"
#include "observe/load.h"
#include "observe/pins.h"
#include "observe/takeover-merge.h"

struct takeover {
	int maps;			/* the old ones; a directory */
	struct abi3 old;
	uint64_t first_id;		/* of the new observation; 0: it has seen none */
	struct zrec_takeover_base base;
	struct zrec_takeover state;	/* as of the settlement */
	uint64_t exits;			/* of policies, that both or the old one saw before at_ns */
	uint64_t exit;			/* of those, the next one */
	uint64_t index;			/* of the next item */
	int item;			/* map */
	int program;
	struct zrec_takeover_item *buf;
};

void takeover_nap(void)
{
	const struct timespec t = { .tv_nsec = TAKEOVER_NAP_MS * NSEC_PER_MSEC };

	nanosleep(&t, NULL);
}

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

/* Both have counted it: it has a number from the new one's first on, or no number at all */
static bool is_double(const struct takeover *t, const struct abi3_span *s)
{
	if (!s->id)
		return s->begin_ns >= t->base.at_ns;
	return t->first_id && s->id >= t->first_id;
}

static int look_for_doubles(void *ctx, const void *record, size_t size)
{
	const struct abi3_span *s = record;
	struct takeover *t = ctx;

	if (size >= sizeof(*s) && !(s->flags & ABI3_RECORD_EXIT) && is_double(t, s))
		abi3_take_out(&t->old, s);
	return 0;
}

static int count_exits(void *ctx, const void *record, size_t size)
{
	const struct abi3_policy_exit *e = record;
	struct takeover *t = ctx;

	if (size >= sizeof(*e) && e->flags & ABI3_RECORD_EXIT && e->at_ns < t->base.at_ns)
		t->exits++;
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
	/* The new one counts these since it was attached */
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

		/* The last ones before that moment are in the new ring, too */
		if (e->at_ns >= t->base.at_ns || t->exit++ + t->base.new_policy_exits >= t->exits)
			return 0;
		abi3_convert_exit(&item->exit, e);
	} else if (size >= sizeof(*s)) {
		if (is_double(t, s))
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
	int fd = pins_get_map(fs, map_pin_name(map), BPF_F_RDONLY), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(fd, &key, ret) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Until whoever was in a program has come out of it */
static void wait_for_programs(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		takeover_nap();
}

/* From here on the new programs count what they see the end of */
static int settle(struct takeover *t, const struct bpffs *fs)
{
	struct zrec_state state = { 0 };
	int err;

	new_item(t)->what = ZREC_TAKEOVER_SETTLE;
	err = run_item(t);
	if (err)
		return err;
	wait_for_programs();
	err = read_map(fs, MAP_TAKEOVER, &t->state);
	if (!err)
		err = read_map(fs, MAP_STATE, &state);
	t->first_id = state.first_id;
	return err;
}

static int add_all(struct takeover *t)
{
	int err = abi3_each_record(t->maps, t->base.ring_begin, look_for_doubles, t);

	/* So much was written since that some doubles cannot be found any more */
	if (err == -ERANGE)
		err = abi3_each_record(t->maps, t->base.ring_unread, look_for_doubles, t);
	if (!err)
		err = abi3_each_record(t->maps, t->base.ring_unread, count_exits, t);
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
	return err ? err : abi3_each_record(t->maps, t->base.ring_unread, add_record, t);
}

int takeover_merge(const struct bpffs *fs, int old, const struct zrec_takeover_base *base)
{
	struct takeover t = {
		.maps = bpffs_open_dir(old, "maps"),
		.item = pins_get(fs, "maps", PINS_TAKEOVER_ITEM),
		.program = pins_get(fs, "links", PINS_TAKE_OVER),
		.buf = malloc(sizeof(*t.buf)),
		.base = *base,
	};
	int err = t.buf ? 0 : -ENOMEM;

	/* Who was interrupted when all was added has left no maps, or some of them */
	if (t.maps == -ENOENT)
		goto out;
	if (!err && t.maps < 0)
		err = t.maps;
	if (!err && t.item < 0)
		err = t.item;
	if (!err && t.program < 0)
		err = t.program;
	if (!err)
		err = settle(&t, fs);
	if (!err) {
		err = abi3_read(&t.old, t.maps);
		if (err == -ENOENT)
			err = 0;
		else if (!err)
			err = add_all(&t);
	}
out:
	abi3_free(&t.old);
	free(t.buf);
	bpffs_put(t.maps);
	bpffs_put(t.item);
	bpffs_put(t.program);
	return err;
}
