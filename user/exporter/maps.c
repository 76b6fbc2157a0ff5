// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bpffs.h"
#include "base/clock.h"
#include "exporter/maps.h"
#include "observe/map-pins.h"
#include "observe/pins.h"

#define MAPS		"observe/maps"

struct map {
	int fd;
	struct bpf_map_info info;
};

static int map_open(int dir, enum observer_map pin, struct map *ret)
{
	__u32 len = sizeof(ret->info);
	int err;

	memset(ret, 0, sizeof(*ret));
	ret->fd = bpffs_get(dir, map_pin_name(pin), BPF_F_RDONLY);
	if (ret->fd < 0)
		return ret->fd;
	if (!bpf_map_get_info_by_fd(ret->fd, &ret->info, &len))
		return 0;
	err = -errno;
	close(ret->fd);
	return err;
}

/* The only value of a map that is a data section */
static int read_section(int dir, enum observer_map pin, void *ret, size_t size)
{
	__u32 key = 0;
	struct map map;
	int err = map_open(dir, pin, &map);

	if (err)
		return err;
	if (map.info.value_size != size)
		err = -EPROTO;
	else if (bpf_map_lookup_elem(map.fd, &key, ret) < 0)
		err = -errno;
	close(map.fd);
	return err;
}

static int each_value(int dir, enum observer_map pin, size_t size, struct snapshot *s,
		      maps_value_fn fn)
{
	struct map map;
	void *value;
	int err = map_open(dir, pin, &map);

	if (err)
		return err;
	value = map.info.value_size == size ? malloc(size) : NULL;
	if (!value)
		err = map.info.value_size == size ? -ENOMEM : -EPROTO;
	for (__u32 key = 0; !err && key < map.info.max_entries; key++) {
		if (bpf_map_lookup_elem(map.fd, &key, value) < 0)
			err = -errno;
		else
			err = fn(s, value, size);
	}
	free(value);
	close(map.fd);
	return err;
}

int maps_add_driver(struct snapshot *s, const void *value, size_t size)
{
	const struct zrec_driver_hists *d = value;
	struct snapshot_driver *row;

	if (size != sizeof(*d) || d->state != 2)
		return 0;
	row = snapshot_driver(s, d->driver, sizeof(d->driver));
	if (!row)
		return -ENOMEM;
	row->here = true;
	buckets_add(&row->total, &d->total);
	for (unsigned int i = 0; i < ZREC_NR_STEPS; i++)
		buckets_add(&row->step[i], &d->step[i]);
	return 0;
}

int maps_add_pec(struct snapshot *s, const void *value, size_t size)
{
	const struct zrec_pec_hist *p = value;

	if (size == sizeof(*p) && p->tag)
		buckets_add(&snapshot_pec(s, (uint16_t)(p->tag - 1))->total, &p->hist);
	return 0;
}

/* One life; those of a function are added up */
int maps_add_function(struct snapshot *s, const void *value, size_t size)
{
	const struct zrec_function *f = value;
	struct snapshot_function *row;

	if (size != sizeof(*f) || !f->tag)
		return 0;
	row = snapshot_function(s, (uint32_t)f->tag);
	if (!row)
		return -ENOMEM;
	row->counted = true;
	for (unsigned int i = 0; i < ZREC_FUNCTION_COUNTERS; i++) {
		const struct zrec_counter *c = &f->counter[i];

		if (c->tag)
			snapshot_count(s, row, (uint16_t)(c->tag >> 16), (c->tag & 0xffff) - 1, c->count);
	}
	for (unsigned int i = 0; i < ZREC_COARSE_BUCKETS; i++)
		row->count += f->total.bucket[i];
	row->sum_ns += f->total.sum_ns;
	return 0;
}

static uint64_t since(uint64_t then_ns, uint64_t now_ns)
{
	return now_ns > then_ns ? now_ns - then_ns : 0;
}

int maps_add_open(struct snapshot *s, const struct zrec_open *open, uint64_t now_ns)
{
	struct snapshot_open o = {
		.age_ns = since(open->span.begin_ns, now_ns) ?: 1,
		.step_age_ns = since(open->last_ns, now_ns),
		.deadline_left_ns = since(now_ns, open->deadline_ns),
		.has_deadline = open->deadline_ns,
		.step = (uint8_t)(open->step < ZREC_NR_STEPS ? open->step : ZREC_STEP_OTHER),
	};
	struct snapshot_function *row;

	/* Not while the slot is being filled */
	if (!open->id || open->span.id != open->id)
		return 0;
	row = snapshot_function(s, open->span.fid);
	if (!row)
		return -ENOMEM;
	row->counted = true;
	s->open[o.step]++;
	if (o.age_ns > s->oldest_ns)
		s->oldest_ns = o.age_ns;
	if (o.age_ns > row->open.age_ns)
		row->open = o;
	return 0;
}

/* One value of the size of the table, in pages that go back at once */
static int read_open(int dir, struct snapshot *s)
{
	size_t size = s->info.function_slots * sizeof(struct zrec_open);
	struct zrec_open *open = mmap(NULL, size, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t now;
	int err;

	if (open == MAP_FAILED)
		return -ENOMEM;
	err = read_section(dir, MAP_OPEN, open, size);
	now = clock_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; !err && i < s->info.function_slots; i++)
		err = maps_add_open(s, &open[i], now);
	munmap(open, size);
	return err;
}

static int read_all(int dir, struct snapshot *s)
{
	struct zrec_state state;
	int err = read_section(dir, MAP_STATS, &s->stats, sizeof(s->stats));

	if (!err)
		err = read_section(dir, MAP_STATE, &state, sizeof(state));
	if (err)
		return err;
	s->attached = state.attached;
	s->since_wall_ns = (int64_t)s->info.since_tai_ns - clock_tai_offset_ns();
	err = each_value(dir, MAP_DRIVER_HISTS, sizeof(struct zrec_driver_hists), s, maps_add_driver);
	if (!err)
		err = each_value(dir, MAP_PEC_HISTS, sizeof(struct zrec_pec_hist), s, maps_add_pec);
	if (!err)
		err = each_value(dir, MAP_FUNCTIONS, sizeof(struct zrec_function), s, maps_add_function);
	return err ? err : read_open(dir, s);
}

/*
 * True if a newer zrec has the observation, and has not added all of the older one's sums yet:
 * that one's tree is still there, by the first name for a moment only.
 */
static bool is_taking_over(const struct bpffs *fs, const struct zrec_info *info)
{
	return info->took_over && (!faccessat(fs->dir, PINS_STAGED, F_OK, AT_SYMLINK_NOFOLLOW) ||
				   !faccessat(fs->dir, PINS_OLD, F_OK, AT_SYMLINK_NOFOLLOW));
}

static enum observation_state state_of(int err)
{
	switch (err) {
	case 0:
		return OBSERVATION_OBSERVING;
	case -ENOENT:
	case -ENOMEDIUM:
		return OBSERVATION_NONE;
	case -EPROTO:
		return OBSERVATION_OTHER_VERSION;
	case -EACCES:
	case -EPERM:
		return OBSERVATION_NO_PERMISSION;
	case -EAGAIN:
		return OBSERVATION_TAKING_OVER;
	default:
		return OBSERVATION_UNREADABLE;
	}
}

static int read_observation(const struct bpffs *fs, struct snapshot *s)
{
	struct zrec_info info = { 0 };
	int dir = bpffs_open_dir(fs->dir, MAPS), err;

	if (dir < 0)
		return dir;
	err = read_section(dir, MAP_INFO, &info, sizeof(info));
	if (!err && (info.abi != ZREC_ABI || info.span_size != sizeof(struct zrec_span)))
		err = -EPROTO;
	if (!err && is_taking_over(fs, &info))
		err = -EAGAIN;
	if (!err) {
		snapshot_begin(s, info.since_ns);
		s->info = info;
		err = read_all(dir, s);
	}
	/* It may have ended, or been replaced, under our eyes */
	if (!err && is_taking_over(fs, &info))
		err = -EAGAIN;
	close(dir);
	return err;
}

int maps_read(struct snapshot *s)
{
	struct bpffs fs;
	int err;

	snapshot_begin(s, s->info.since_ns);
	err = bpffs_open(&fs);
	if (!err)
		err = read_observation(&fs, s);
	bpffs_close(&fs);
	s->state = state_of(err);
	if (s->state != OBSERVATION_OBSERVING)
		snapshot_begin(s, s->info.since_ns);
	return s->state == OBSERVATION_OBSERVING || s->state == OBSERVATION_NONE ||
	       s->state == OBSERVATION_TAKING_OVER ? 0 : err;
}
