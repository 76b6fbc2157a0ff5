// SPDX-License-Identifier: GPL-2.0
/*
 * zrec-exporter and pinned maps, in a BPF file system of the test's own. Needs root and BPF;
 * elsewhere it is skipped, and the guest tests have the real thing.
 */
#define _GNU_SOURCE	/* unshare() */
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "exporter/maps.h"
#include "observe/map-pins.h"
#include "record/hist.h"

#define ROOT	"/sys/fs/bpf/zrec"
#define LIVE	ROOT "/observe"
#define SLOTS	64u

static void pin(enum observer_map map, const void *value, size_t size, uint32_t entries)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "test", 4, (uint32_t)size, entries, NULL);
	char path[128];
	uint32_t key = entries - 1;

	assert_true(fd >= 0);
	assert_int_equal(bpf_map_update_elem(fd, &key, value, 0), 0);
	snprintf(path, sizeof(path), LIVE "/maps/%s", map_pin_name(map));
	assert_int_equal(bpf_obj_pin(fd, path), 0);
	close(fd);
}

/* An observation in which one function was recovered @count times */
static void begin(const struct zrec_info *info, uint64_t count)
{
	const struct zrec_stats stats = { .emitted = count, .delivered = count };
	const struct zrec_state state = { .attached = 5 };
	struct zrec_driver_hists *d = calloc(1, sizeof(*d));
	struct zrec_pec_hist *p = calloc(1, sizeof(*p));
	struct zrec_function f = { .tag = ZREC_FUNCTION_TAG(0x11, 1) };
	struct zrec_open *open = calloc(SLOTS, sizeof(*open));

	assert_true(d && p && open);
	d->state = 2;
	strcpy(d->driver, "nvme");
	p->tag = 0x3a + 1;
	for (uint64_t i = 0; i < count; i++) {
		hist_add(&d->total, 5000);
		hist_add(&p->hist, 5000);
	}
	f.counter[0].tag = ZREC_COUNTER_TAG(0x3a, ZPCI_OUTCOME_RECOVERED);
	f.counter[0].count = count;
	open[7].id = open[7].span.id = 99;
	open[7].span.fid = 0x12;
	open[7].step = ZPCI_STEP_USER;
	assert_int_equal(mkdir(LIVE, 0750), 0);
	assert_int_equal(mkdir(LIVE "/maps", 0750), 0);
	pin(MAP_INFO, info, sizeof(*info), 1);
	pin(MAP_STATS, &stats, sizeof(stats), 1);
	pin(MAP_STATE, &state, sizeof(state), 1);
	pin(MAP_DRIVER_HISTS, d, sizeof(*d), ZREC_DRIVER_SLOTS);
	pin(MAP_PEC_HISTS, p, sizeof(*p), ZREC_PEC_SLOTS);
	pin(MAP_FUNCTIONS, &f, sizeof(f), SLOTS);
	pin(MAP_OPEN, open, SLOTS * sizeof(*open), 1);
	free(d);
	free(p);
	free(open);
}

static void end(void)
{
	assert_int_equal(system("rm -rf " LIVE), 0);
}

static struct zrec_info info_of(uint64_t since_ns)
{
	return (struct zrec_info){
		.abi = ZREC_ABI,
		.span_size = sizeof(struct zrec_span),
		.function_slots = SLOTS,
		.since_ns = since_ns,
		.version = "test",
	};
}

static void one_observation_after_another(void **state)
{
	struct zrec_info info = info_of(1);
	struct snapshot s;

	(void)state;
	assert_int_equal(snapshot_init(&s, 16), 0);
	assert_int_equal(maps_read(&s), 0);
	assert_int_equal(s.state, OBSERVATION_NONE);

	begin(&info, 3);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(maps_read(&s), 0);
		assert_int_equal(s.state, OBSERVATION_OBSERVING);
		assert_int_equal(s.attached, 5);
		assert_int_equal(s.stats.emitted, 3);
		assert_int_equal(s.function[0].outcome[ZPCI_OUTCOME_RECOVERED], 3);
		assert_string_equal(s.driver[0]->name, "nvme");
		assert_int_equal(s.driver[0]->total.sum_ns, 15000);
		assert_int_equal(snapshot_pec(&s, 0x3a)->total.sum_ns, 15000);
		assert_int_equal(s.open[ZPCI_STEP_USER], 1);
	}
	end();
	assert_int_equal(maps_read(&s), 0);
	assert_int_equal(s.state, OBSERVATION_NONE);

	info = info_of(2);
	begin(&info, 1);
	assert_int_equal(maps_read(&s), 0);
	assert_int_equal(s.state, OBSERVATION_OBSERVING);
	assert_int_equal(s.function[0].outcome[ZPCI_OUTCOME_RECOVERED], 1);
	end();
	snapshot_free(&s);
}

/* Until all of the older one's sums are in ours, they would be less than they were */
static void sums_that_are_not_complete_are_absent(void **state)
{
	static const char *const older[] = { ROOT "/observe-new", ROOT "/observe-old" };
	struct zrec_info info = info_of(1);
	struct snapshot s;

	(void)state;
	assert_int_equal(snapshot_init(&s, 16), 0);
	info.took_over = ZREC_ABI - 1;
	begin(&info, 3);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(mkdir(older[i], 0750), 0);
		assert_int_equal(maps_read(&s), 0);
		assert_int_equal(s.state, OBSERVATION_TAKING_OVER);
		assert_int_equal(rmdir(older[i]), 0);
	}
	assert_int_equal(maps_read(&s), 0);
	assert_int_equal(s.state, OBSERVATION_OBSERVING);
	end();
	snapshot_free(&s);
}

static void another_version_is_said(void **state)
{
	struct zrec_info info = info_of(1);
	struct snapshot s;

	(void)state;
	assert_int_equal(snapshot_init(&s, 16), 0);
	info.abi = ZREC_ABI + 1;
	begin(&info, 3);
	assert_int_equal(maps_read(&s), -EPROTO);
	assert_int_equal(s.state, OBSERVATION_OTHER_VERSION);
	end();
	info = info_of(1);
	begin(&info, 3);
	unlink(LIVE "/maps/functions");
	pin(MAP_FUNCTIONS, "12345678", 8, SLOTS);
	assert_int_equal(maps_read(&s), -EPROTO);
	end();
	snapshot_free(&s);
}

/* True if this process has a BPF file system of its own, and may use BPF */
static bool make_place(void)
{
	int fd;

	if (geteuid() || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, "mode=0711") < 0 || mkdir(ROOT, 0750) < 0)
		return false;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "test", 4, 4, 1, NULL);
	return fd >= 0 && !close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_observation_after_another),
		cmocka_unit_test(sums_that_are_not_complete_are_absent),
		cmocka_unit_test(another_version_is_said),
	};

	if (!make_place()) {
		puts("1..0 # SKIP needs root, and a kernel that allows BPF");
		return 0;
	}
	return cmocka_run_group_tests_name("exporter-maps", tests, NULL, NULL);
}
