// SPDX-License-Identifier: GPL-2.0
/* What the observation of zrec 0.1.0 left behind, read and converted */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bpffs.h"
#include "base/clock.h"
#include "observe/abi3.h"
#include "observe/ring.h"
#include "record/hist.h"

static uint32_t step_of(uint32_t old)
{
	return old == ABI3_STEP_OTHER ? ZREC_STEP_OTHER : old;
}

static int read_value(int dir, const char *pin, void *ret, size_t size)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info), key = 0;
	int fd = bpffs_get(dir, pin, BPF_F_RDONLY), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_get_info_by_fd(fd, &info, &len) < 0)
		err = -errno;
	else if (info.value_size != size)
		err = -EPROTO;
	else if (bpf_map_lookup_elem(fd, &key, ret) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* All of an array, to be freed */
static int read_array(int dir, const char *pin, size_t size, void **ret, size_t *nr)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	char *values = NULL;
	int fd = bpffs_get(dir, pin, BPF_F_RDONLY), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_get_info_by_fd(fd, &info, &len) < 0)
		err = -errno;
	else if (info.value_size != size)
		err = -EPROTO;
	if (!err)
		values = calloc(info.max_entries, size);
	if (!err && !values)
		err = -ENOMEM;
	for (__u32 i = 0; !err && i < info.max_entries; i++)
		if (bpf_map_lookup_elem(fd, &i, values + i * size) < 0)
			err = -errno;
	close(fd);
	if (err) {
		free(values);
		return err;
	}
	*ret = values;
	*nr = info.max_entries;
	return 0;
}

void abi3_free(struct abi3 *old)
{
	free(old->counters);
	free(old->open);
	free(old->drivers);
	free(old->keys);
	*old = (struct abi3){ 0 };
}

static void fold_driver(struct abi3 *old, size_t from)
{
	struct abi3_driver_hists *d = &old->drivers[from];

	for (size_t i = 0; i < from; i++) {
		struct abi3_driver_hists *to = &old->drivers[i];

		if (to->state != 2 || memcmp(to->driver, d->driver, sizeof(to->driver)))
			continue;
		hist_merge(&to->total, &d->total);
		for (uint32_t step = 0; step < ABI3_NR_STEPS; step++)
			hist_merge(&to->step[step], &d->step[step]);
		d->state = 0;
		return;
	}
}

static void fold_key(struct abi3 *old, size_t from)
{
	struct abi3_key_hist *k = &old->keys[from];

	for (size_t i = 0; i < from; i++) {
		if (old->keys[i].tag != k->tag)
			continue;
		hist_merge(&old->keys[i].hist, &k->hist);
		k->tag = 0;
		return;
	}
}

void abi3_fold(struct abi3 *old)
{
	for (size_t i = 1; i < old->nr_drivers; i++)
		if (old->drivers[i].state == 2)
			fold_driver(old, i);
	for (size_t i = 1; i < old->nr_keys; i++)
		if (old->keys[i].tag)
			fold_key(old, i);
}

int abi3_read(struct abi3 *old, int maps)
{
	const size_t counters = ABI3_COUNTER_SLOTS * sizeof(*old->counters);
	const size_t open = ABI3_OPEN_SLOTS * sizeof(*old->open);
	void *drivers = NULL, *keys = NULL;
	int err;

	*old = (struct abi3){
		.counters = malloc(counters),
		.open = malloc(open),
	};
	if (!old->counters || !old->open)
		return -ENOMEM;
	err = read_value(maps, "info", &old->info, sizeof(old->info));
	if (!err)
		err = read_value(maps, "stats", &old->stats, sizeof(old->stats));
	if (!err)
		err = read_value(maps, "counters", old->counters, counters);
	if (!err)
		err = read_value(maps, "open", old->open, open);
	if (!err)
		err = read_array(maps, "driver_hists", sizeof(*old->drivers), &drivers,
				 &old->nr_drivers);
	if (!err)
		err = read_array(maps, "key_hists", sizeof(*old->keys), &keys, &old->nr_keys);
	old->drivers = drivers;
	old->keys = keys;
	if (!err)
		abi3_fold(old);
	return err;
}

int abi3_read_info(struct abi3_info *ret, int maps)
{
	return read_value(maps, "info", ret, sizeof(*ret));
}

int abi3_read_stats(struct abi3_stats *ret, int maps)
{
	return read_value(maps, "stats", ret, sizeof(*ret));
}

bool abi3_is_open(const struct abi3 *old, uint64_t id)
{
	for (size_t i = 0; i < ABI3_OPEN_SLOTS; i++)
		if (old->open[i].id == id)
			return true;
	return false;
}

static int open_ring(struct ring *ring, int maps)
{
	int fd = bpffs_get(maps, "spans", 0), err;

	if (fd < 0)
		return fd;
	err = ring_open(ring, fd, RING_LOOK);
	close(fd);
	return err;
}

int abi3_ring(int maps, uint64_t *written, uint64_t *read)
{
	struct ring ring;
	int err = open_ring(&ring, maps);

	if (err)
		return err;
	*written = ring_written(&ring);
	*read = ring_released(&ring);
	ring_close(&ring);
	return 0;
}

int abi3_each_record(int maps, uint64_t from, abi3_record_fn fn, void *ctx)
{
	struct ring_record record;
	struct ring ring;
	int more, ret = open_ring(&ring, maps);

	if (ret)
		return ret;
	do {
		more = ring_next(&ring, &from, &record);
		if (more > 0)
			ret = fn(ctx, record.data, record.size);
	} while (more > 0 && !ret);
	ring_close(&ring);
	/* What is no record ends them, as the end does: nothing is to be had behind it */
	return more == -ERANGE ? more : ret;
}

/* A count of what is in a histogram less one value; false if the value is not in it */
static bool take_out(struct zrec_hist *h, uint64_t ns)
{
	uint32_t bucket = zrec_hist_bucket(ns);

	if (!h->bucket[bucket])
		return false;
	h->bucket[bucket]--;
	h->sum_ns -= ns < h->sum_ns ? ns : h->sum_ns;
	return true;
}

static void take_out_driver(struct abi3 *old, const struct abi3_span *s)
{
	for (size_t i = 0; i < old->nr_drivers; i++) {
		struct abi3_driver_hists *d = &old->drivers[i];

		if (d->state != 2 || memcmp(d->driver, s->driver, sizeof(d->driver)) ||
		    !take_out(&d->total, s->total_ns))
			continue;
		for (uint32_t step = 0; step < ABI3_NR_STEPS; step++)
			if (s->step_count[step] || step == ABI3_STEP_OTHER)
				take_out(&d->step[step], s->step_ns[step]);
		return;
	}
}

static void take_out_key(struct abi3 *old, uint32_t by, uint32_t id, uint64_t ns)
{
	uint64_t tag = (uint64_t)(by + 1) << 32 | id;

	for (size_t i = 0; i < old->nr_keys; i++)
		if (old->keys[i].tag == tag && take_out(&old->keys[i].hist, ns))
			return;
}

static void take_out_counter(struct abi3 *old, const struct abi3_span *s)
{
	uint64_t tag = (uint64_t)s->fid << 32 | (uint32_t)s->pec << 16 | (s->outcome + 1u);

	for (size_t i = 0; i < ABI3_COUNTER_SLOTS; i++) {
		if (old->counters[i].tag == tag && old->counters[i].count) {
			old->counters[i].count--;
			return;
		}
	}
}

void abi3_take_out(struct abi3 *old, const struct abi3_span *s)
{
	old->stats.emitted -= !!old->stats.emitted;
	old->stats.delivered -= !!old->stats.delivered;
	take_out_counter(old, s);
	if (s->outcome == ZPCI_OUTCOME_IGNORED || s->outcome == ZPCI_OUTCOME_DROPPED)
		return;
	take_out_driver(old, s);
	take_out_key(old, ABI3_HIST_BY_FUNCTION, s->fid, s->total_ns);
	take_out_key(old, ABI3_HIST_BY_PEC, s->pec, s->total_ns);
}

/* As good as it can be known afterwards: the wall clock now, less the time since then */
static uint64_t tai_of(uint64_t monotonic_ns)
{
	return monotonic_ns + clock_ns(CLOCK_TAI) - clock_ns(CLOCK_MONOTONIC);
}

static void convert_steps(struct zrec_span *to, const struct abi3_span *s)
{
	for (uint32_t step = 0; step < ABI3_NR_STEPS; step++) {
		uint32_t now = step_of(step);

		to->step_ns[now] = s->step_ns[step];
		to->step_at_ns[now] = s->step_at_ns[step];
		to->step_result[now] = s->step_result[step];
		to->step_count[now] = s->step_count[step];
	}
}

static void convert_policy(struct zrec_span_policy *to, const struct abi3_span_policy *p)
{
	memcpy(to->policy, p->policy, sizeof(to->policy));
	to->ns = p->ns;
	to->decisions = p->decisions;
	to->shadow_decisions = p->shadow_decisions;
	to->nr = p->nr < ABI3_MAX_ANSWERS ? p->nr : ABI3_MAX_ANSWERS;
	to->unlisted = p->unlisted;
	for (uint32_t i = 0; i < to->nr; i++) {
		const struct abi3_answer *a = &p->answer[i];

		to->answer[i] = (struct zrec_answer){
			.ns = a->ns, .dflt = a->dflt, .verdict = a->verdict,
			.effective = a->effective, .member = a->member, .shadow = a->shadow,
			.point = ZREC_MAX_POINTS,
		};
		memcpy(to->answer[i].policy, a->policy, sizeof(a->policy));
	}
}

void abi3_convert_span(struct zrec_full_span *ret, const struct abi3_span *s, size_t size)
{
	struct zrec_span *to = &ret->span;

	*ret = (struct zrec_full_span){
		.span = {
			.abi = ZREC_ABI, .size = sizeof(struct zrec_span), .flags = s->flags,
			.id = s->id, .begin_ns = s->begin_ns, .tai_ns = tai_of(s->begin_ns),
			.total_ns = s->total_ns, .fid = s->fid, .fh = s->fh, .uid = s->uid,
			.class_code = s->class_code, .events = s->events, .reads = s->reads,
			.overflows = s->overflows, .reset_tries = s->reset_tries,
			.reset_failures = s->reset_failures, .drop_rc = s->drop_rc,
			.pec = s->pec, .vendor = s->vendor, .device = s->device,
			.domain = s->domain, .pchid = s->pchid, .bus = s->bus,
			.devfn = s->devfn, .pft = s->pft, .outcome = s->outcome,
			.reason = s->reason, .recoverer = s->recoverer,
			.pending_max = s->pending_max, .tier = ZREC_TIER_TRACEPOINT,
			.seen = ZREC_SEEN_EVENT | ZREC_SEEN_OUTCOME,
			.inferred = ZREC_SEEN_WALL_CLOCK,
		},
	};
	convert_steps(to, s);
	memcpy(to->ccdf, s->ccdf, sizeof(to->ccdf));
	memcpy(to->driver, s->driver, sizeof(to->driver));
	if (s->flags & ZREC_SPAN_DEVICE)
		to->seen |= ZREC_SEEN_DEVICE;
	if (!(s->flags & ZREC_SPAN_POLICY) || size < sizeof(struct abi3_full_span)) {
		to->flags &= ~ZREC_SPAN_POLICY;
		return;
	}
	to->size = sizeof(*ret);
	convert_policy(&ret->policy, &((const struct abi3_full_span *)s)->policy);
}

void abi3_convert_exit(struct zrec_policy_exit *ret, const struct abi3_policy_exit *e)
{
	*ret = (struct zrec_policy_exit){
		.abi = ZREC_ABI, .size = sizeof(*ret), .flags = ZREC_RECORD_EXIT,
		.at_ns = e->at_ns, .tai_ns = tai_of(e->at_ns), .kind = e->kind, .code = e->code,
	};
	memcpy(ret->policy, e->policy, sizeof(ret->policy));
	memcpy(ret->text, e->text, sizeof(ret->text));
}
