// SPDX-License-Identifier: GPL-2.0
/*
 * An observation that nobody made, for zrec-exporter to read: the maps are real, and pinned in
 * a BPF file system that only the command sees. What is in them is made up: each function
 * has recoveries of so many kinds, each driver some in every bucket of each step.
 *
 *   observation FUNCTIONS KINDS DRIVERS COMMAND [ARG...]
 */
#define _GNU_SOURCE	/* unshare() */
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/map-pins.h"
#include "zrec.h"

#define ROOT	"/sys/fs/bpf/zrec"
#define MAPS	ROOT "/observe/maps"
#define SHARDS	2

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "observation: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* So many values, as fill() makes each */
static void pin(enum observer_map map, size_t size, uint32_t entries,
		void (*fill)(void *value, uint32_t i, const unsigned int args[3]),
		const unsigned int args[3])
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "bench", 4, (uint32_t)size, entries, NULL);
	void *value = calloc(1, size);
	char path[128];

	must(fd >= 0 && value, "cannot make a map");
	for (uint32_t i = 0; i < entries; i++) {
		memset(value, 0, size);
		fill(value, i, args);
		must(!bpf_map_update_elem(fd, &i, value, 0), "cannot fill a map");
	}
	snprintf(path, sizeof(path), MAPS "/%s", map_pin_name(map));
	must(!bpf_obj_pin(fd, path), path);
	free(value);
	close(fd);
}

static uint32_t slots(unsigned int functions)
{
	uint32_t n = ZREC_FUNCTION_SLOTS_MIN;

	while (n < 2 * functions)
		n *= 2;
	return n;
}

static void info(void *value, uint32_t i, const unsigned int args[3])
{
	(void)i;
	*(struct zrec_info *)value = (struct zrec_info){
		.abi = ZREC_ABI,
		.span_size = sizeof(struct zrec_span),
		.shards = SHARDS,
		.since_ns = 1,
		.version = "bench",
		.function_slots = slots(args[0]),
		.functions = args[0],
	};
}

static void stats(void *value, uint32_t i, const unsigned int args[3])
{
	(void)i;
	*(struct zrec_stats *)value = (struct zrec_stats){
		.emitted = args[0] * args[1],
		.delivered = args[0] * args[1],
	};
}

static void state(void *value, uint32_t i, const unsigned int args[3])
{
	(void)i;
	(void)args;
	((struct zrec_state *)value)->attached = UINT64_MAX;
}

static void fill_hist(struct zrec_hist *h)
{
	for (uint32_t i = 0; i < ZREC_HIST_BUCKETS; i += 7)
		h->bucket[i] = i;
	h->sum_ns = 1234567890123;
}

static void driver(void *value, uint32_t i, const unsigned int args[3])
{
	struct zrec_driver_hists *d = value;

	if (i % ZREC_DRIVER_SLOTS >= args[2])
		return;
	d->state = 2;
	snprintf(d->driver, sizeof(d->driver), "driver%u", i % ZREC_DRIVER_SLOTS);
	fill_hist(&d->total);
	for (unsigned int step = 0; step < ZREC_NR_STEPS; step++)
		fill_hist(&d->step[step]);
}

static void pec(void *value, uint32_t i, const unsigned int args[3])
{
	struct zrec_pec_hist *p = value;

	if (i % ZREC_PEC_SLOTS >= args[1])
		return;
	p->tag = i % ZREC_PEC_SLOTS + 2;
	fill_hist(&p->hist);
}

static void function(void *value, uint32_t i, const unsigned int args[3])
{
	struct zrec_function *f = value;

	if (i >= args[0])
		return;
	f->tag = ZREC_FUNCTION_TAG(i, 1);
	for (unsigned int k = 0; k < args[1] && k < ZREC_FUNCTION_COUNTERS; k++)
		f->counter[k] = (struct zrec_counter){
			.tag = ZREC_COUNTER_TAG(1 + k / 2, k % 2),
			.count = 1000000 + k,
		};
	for (unsigned int b = 0; b < ZREC_COARSE_BUCKETS; b += 5)
		f->total.bucket[b] = b;
	f->total.sum_ns = 1234567890123;
}

static void none(void *value, uint32_t i, const unsigned int args[3])
{
	(void)value;
	(void)i;
	(void)args;
}

static void observe(const unsigned int args[3])
{
	must(!unshare(CLONE_NEWNS), "cannot have mounts of its own");
	must(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
	must(!mount("bpf", "/sys/fs/bpf", "bpf", 0, "mode=0711"), "/sys/fs/bpf");
	must(!mkdir(ROOT, 0750) && !mkdir(ROOT "/observe", 0750) && !mkdir(MAPS, 0750), MAPS);
	pin(MAP_INFO, sizeof(struct zrec_info), 1, info, args);
	pin(MAP_STATS, sizeof(struct zrec_stats), 1, stats, args);
	pin(MAP_STATE, sizeof(struct zrec_state), 1, state, args);
	pin(MAP_DRIVER_HISTS, sizeof(struct zrec_driver_hists), SHARDS * ZREC_DRIVER_SLOTS, driver, args);
	pin(MAP_PEC_HISTS, sizeof(struct zrec_pec_hist), SHARDS * ZREC_PEC_SLOTS, pec, args);
	pin(MAP_FUNCTIONS, sizeof(struct zrec_function), slots(args[0]), function, args);
	pin(MAP_OPEN, slots(args[0]) * sizeof(struct zrec_open), 1, none, args);
}

int main(int argc, char **argv)
{
	unsigned int args[3];

	if (argc < 5) {
		fputs("Usage: observation FUNCTIONS KINDS DRIVERS COMMAND [ARG...]\n", stderr);
		return 1;
	}
	for (int i = 0; i < 3; i++)
		args[i] = (unsigned int)strtoul(argv[i + 1], NULL, 10);
	observe(args);
	execvp(argv[4], argv + 4);
	must(false, argv[4]);
}
