// SPDX-License-Identifier: GPL-2.0
/*
 * sums.c - the histograms and counters of an observation
 *
 * A key may be in several shards, and twice in one after a race, so each key is
 * handed over when it is met first, with everything of it that comes after.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "observe/load.h"
#include "record/hist.h"

struct table {
	void *values;
	size_t nr;
};

/*
 * Copied, not mapped: the kernel maps nothing for the read-only access that
 * members of the zrec group have
 */
static int table_read(struct observer *observer, enum observer_map map, size_t value_size,
		      struct table *ret)
{
	struct bpf_map_info info = { 0 };
	int fd = observer_map_open(observer, map);
	__u32 len = sizeof(info);
	char *values;

	if (fd < 0)
		return fd;
	if (bpf_map_get_info_by_fd(fd, &info, &len) < 0)
		return -errno;
	if (info.value_size != value_size)
		return -EPROTO;
	values = calloc(info.max_entries, value_size);
	if (!values)
		return -ENOMEM;
	for (__u32 key = 0; key < info.max_entries; key++) {
		if (bpf_map_lookup_elem(fd, &key, values + key * value_size) < 0) {
			int err = -errno;

			free(values);
			return err;
		}
	}
	ret->values = values;
	ret->nr = info.max_entries;
	return 0;
}

/* The kernel counts buckets only */
static void add_shard(struct zrec_hist *sum, const struct zrec_hist *shard)
{
	hist_merge(sum, shard);
	for (size_t i = 0; i < ZREC_HIST_BUCKETS; i++)
		sum->count += shard->bucket[i];
}

/* A coarse bucket is four fine ones: its values are put in the middle */
static void expand(struct zrec_hist *hist, const struct zrec_coarse_hist *coarse)
{
	memset(hist, 0, sizeof(*hist));
	hist->sum_ns = coarse->sum_ns;
	hist->max_ns = coarse->max_ns;
	for (size_t i = 0; i < ZREC_COARSE_BUCKETS; i++) {
		size_t middle = (i << ZREC_COARSE_SHIFT) + (1u << ZREC_COARSE_SHIFT) / 2;

		hist->bucket[middle] = coarse->bucket[i];
		hist->count += coarse->bucket[i];
	}
}

static bool same_driver(const struct zrec_driver_hists *a, const struct zrec_driver_hists *b)
{
	return a->state == 2 && b->state == 2 && !memcmp(a->driver, b->driver, ZPCI_DRIVER_LEN);
}

/* One histogram of the driver: that of a step, or the total if @step is ZREC_NR_STEPS */
static int driver_hist(const struct zrec_driver_hists *all, size_t nr, size_t first,
		       uint32_t step, observer_hist_fn fn, void *ctx, struct zrec_hist *sum)
{
	struct zrec_hist_key key = {
		.by = step < ZREC_NR_STEPS ? ZREC_HIST_BY_STEP : ZREC_HIST_BY_DRIVER,
		.id = step < ZREC_NR_STEPS ? step : 0,
	};

	memcpy(key.driver, all[first].driver, sizeof(key.driver));
	memset(sum, 0, sizeof(*sum));
	for (size_t i = first; i < nr; i++)
		if (same_driver(&all[first], &all[i]))
			add_shard(sum, step < ZREC_NR_STEPS ? &all[i].step[step] : &all[i].total);
	return sum->count ? fn(ctx, &key, sum) : 0;
}

static int each_driver(const struct table *table, observer_hist_fn fn, void *ctx,
		       struct zrec_hist *sum)
{
	const struct zrec_driver_hists *all = table->values;
	int ret = 0;

	for (size_t i = 0; i < table->nr; i++) {
		size_t first = 0;

		while (first < i && !same_driver(&all[first], &all[i]))
			first++;
		if (first < i || all[i].state != 2)
			continue;
		for (uint32_t step = 0; !ret && step <= ZREC_NR_STEPS; step++)
			ret = driver_hist(all, table->nr, i, step, fn, ctx, sum);
		if (ret)
			break;
	}
	return ret;
}

static int each_pec(const struct table *table, observer_hist_fn fn, void *ctx,
		    struct zrec_hist *sum)
{
	const struct zrec_pec_hist *all = table->values;
	int ret = 0;

	for (size_t i = 0; !ret && i < table->nr; i++) {
		struct zrec_hist_key key = {
			.by = ZREC_HIST_BY_PEC,
			.id = (uint32_t)(all[i].tag - 1),
		};
		size_t first = 0;

		while (all[first].tag != all[i].tag)
			first++;
		if (first < i || !all[i].tag)
			continue;
		memset(sum, 0, sizeof(*sum));
		for (size_t j = i; j < table->nr; j++)
			if (all[j].tag == all[i].tag)
				add_shard(sum, &all[j].hist);
		if (sum->count)
			ret = fn(ctx, &key, sum);
	}
	return ret;
}

static uint32_t life_of(const struct zrec_function *f)
{
	return (uint32_t)(f->tag >> 32) - 1;
}

static int each_function(const struct table *table, observer_hist_fn fn, void *ctx,
			 struct zrec_hist *hist)
{
	const struct zrec_function *all = table->values;
	int ret = 0;

	for (size_t i = 0; !ret && i < table->nr; i++) {
		struct zrec_hist_key key = {
			.by = ZREC_HIST_BY_FUNCTION,
			.id = (uint32_t)all[i].tag,
			.life = life_of(&all[i]),
		};

		if (!all[i].tag)
			continue;
		expand(hist, &all[i].total);
		if (hist->count)
			ret = fn(ctx, &key, hist);
	}
	return ret;
}

int observer_each_hist(struct observer *observer, observer_hist_fn fn, void *ctx)
{
	static const struct {
		enum observer_map map;
		size_t size;
		int (*each)(const struct table *table, observer_hist_fn fn, void *ctx,
			    struct zrec_hist *sum);
	} tables[] = {
		{ MAP_DRIVER_HISTS, sizeof(struct zrec_driver_hists), each_driver },
		{ MAP_PEC_HISTS, sizeof(struct zrec_pec_hist), each_pec },
		{ MAP_FUNCTIONS, sizeof(struct zrec_function), each_function },
	};
	struct zrec_hist *sum = malloc(sizeof(*sum));
	struct table table;
	int ret = sum ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < ARRAY_SIZE(tables); i++) {
		ret = table_read(observer, tables[i].map, tables[i].size, &table);
		if (ret)
			break;
		ret = tables[i].each(&table, fn, ctx, sum);
		free(table.values);
	}
	free(sum);
	return ret;
}

static int each_counter_of(const struct zrec_function *f, observer_counter_fn fn, void *ctx)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < ZREC_FUNCTION_COUNTERS; i++) {
		const struct zrec_counter *c = &f->counter[i];
		struct observer_counter counter = {
			.fid = (uint32_t)f->tag,
			.life = life_of(f),
			.pec = (uint16_t)(c->tag >> 16),
			.outcome = (uint8_t)(c->tag - 1),
			.count = c->count,
		};

		if (c->tag && c->count)
			ret = fn(ctx, &counter);
	}
	return ret;
}

int observer_each_counter(struct observer *observer, observer_counter_fn fn, void *ctx)
{
	const struct zrec_function *all;
	struct table table;
	int ret;

	ret = table_read(observer, MAP_FUNCTIONS, sizeof(struct zrec_function), &table);
	if (ret)
		return ret;
	all = table.values;
	for (size_t i = 0; !ret && i < table.nr; i++)
		if (all[i].tag)
			ret = each_counter_of(&all[i], fn, ctx);
	free(table.values);
	return ret;
}
