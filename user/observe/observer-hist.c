// SPDX-License-Identifier: GPL-2.0
/*
 * observer-hist.c - the histograms of an observation, summed over its shards
 *
 * A key may be in several shards, and twice in one after a race, so each key is
 * handed over when it is met first, with everything of it that comes after.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/hist.h"
#include "observe/load.h"

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
			hist_merge(sum, step < ZREC_NR_STEPS ? &all[i].step[step] : &all[i].total);
	return sum->count ? fn(ctx, &key, sum) : 0;
}

static int each_driver(const struct zrec_driver_hists *all, size_t nr, observer_hist_fn fn,
		       void *ctx, struct zrec_hist *sum)
{
	int ret = 0;

	for (size_t i = 0; i < nr; i++) {
		size_t first = 0;

		while (first < i && !same_driver(&all[first], &all[i]))
			first++;
		if (first < i || all[i].state != 2)
			continue;
		for (uint32_t step = 0; !ret && step <= ZREC_NR_STEPS; step++)
			ret = driver_hist(all, nr, i, step, fn, ctx, sum);
		if (ret)
			break;
	}
	return ret;
}

static int each_key(const struct zrec_key_hist *all, size_t nr, observer_hist_fn fn, void *ctx,
		    struct zrec_hist *sum)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < nr; i++) {
		struct zrec_hist_key key = {
			.by = (uint32_t)(all[i].tag >> 32) - 1,
			.id = (uint32_t)all[i].tag,
		};
		size_t first = 0;

		while (all[first].tag != all[i].tag)
			first++;
		if (first < i || !all[i].tag)
			continue;
		memset(sum, 0, sizeof(*sum));
		for (size_t j = i; j < nr; j++)
			if (all[j].tag == all[i].tag)
				hist_merge(sum, &all[j].hist);
		if (sum->count)
			ret = fn(ctx, &key, sum);
	}
	return ret;
}

int observer_each_hist(struct observer *observer, observer_hist_fn fn, void *ctx)
{
	struct zrec_hist *sum = malloc(sizeof(*sum));
	struct table table;
	int ret;

	if (!sum)
		return -ENOMEM;
	ret = table_read(observer, MAP_DRIVER_HISTS, sizeof(struct zrec_driver_hists), &table);
	if (ret)
		goto out;
	ret = each_driver(table.values, table.nr, fn, ctx, sum);
	free(table.values);
	if (ret)
		goto out;
	ret = table_read(observer, MAP_KEY_HISTS, sizeof(struct zrec_key_hist), &table);
	if (ret)
		goto out;
	ret = each_key(table.values, table.nr, fn, ctx, sum);
	free(table.values);
out:
	free(sum);
	return ret;
}
