// SPDX-License-Identifier: GPL-2.0
/* test_injected.c - error events that the emulated machine does not raise by itself */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "harness.h"
#include "inject.h"
#include "nvme.h"
#include "uevent.h"

#define EVENT_MS	5000
#define NO_SUCH_FID	0xfffffff0u
#define MIN_FREE	"/proc/sys/vm/min_free_kbytes"
#define CHUNK		(1 << 20)
#define CACHE_CHUNKS	32
#define SHORT_KB	4096
#define PRESSURE_MS	20000

static int permanent_for_the_user(struct gt *t, uint16_t pec)
{
	struct ccdf ccdf;
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_OK(t, "inject", inject(&v.fn, pec, 0));
	GT_OK(t, "ERR eventfd", vfio_wait_error(&v, EVENT_MS));
	GT_OK(t, "read", vfio_read_error(&v, &ccdf));
	GT_EQ(t, "PEC", ccdf_pec(&ccdf), pec);
	/* A reset does not bring it back, whatever it returns */
	vfio_reset(&v, NULL);
	vfio_close(&v);
	if (!fn_bind(&t->fn[0], "nvme"))
		return gt_fail(t, "nvme takes the lost function");
	return GT_PASS;
}

static int permanent_3b_for_the_user(struct gt *t)
{
	return permanent_for_the_user(t, PEC_PERMANENT);
}

static int permanent_40_for_the_user(struct gt *t)
{
	return permanent_for_the_user(t, PEC_RECOVERY_FAILED);
}

static int permanent_for_the_host(struct gt *t, uint16_t pec)
{
	struct nvme n;
	struct trace tr;

	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "inject", inject(&n.fn, pec, 0));
	GT_TRY(gt_expect_end(t, &tr, "failed", "permanent_error"));
	trace_stop(&tr);
	/* The device itself is well, as the error is not real: ask the PCI core */
	GT_OK(t, "unbind", fn_bind(&t->fn[0], ""));
	if (!fn_bind(&t->fn[0], "nvme"))
		return gt_fail(t, "nvme takes the lost function again");
	return GT_PASS;
}

static int permanent_3b_for_the_host(struct gt *t)
{
	return permanent_for_the_host(t, PEC_PERMANENT);
}

static int permanent_40_for_the_host(struct gt *t)
{
	return permanent_for_the_host(t, PEC_RECOVERY_FAILED);
}

/* The operator's way out: remove and find again */
static int recover_attribute_heals_a_permanent_failure(struct gt *t)
{
	char block[NVME_READ_LEN];
	struct nvme n;

	GT_OK(t, "inject", inject(&t->fn[0], PEC_PERMANENT, 0));
	GT_OK(t, "unbind", fn_bind(&t->fn[0], ""));
	GT_OK(t, "recover", fn_recover(&t->fn[0]));
	GT_OK(t, "bind nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "read", nvme_read(&n, block));
	return GT_PASS;
}

/* A function that was found anew can be reset as the one before it */
static int same_reset_methods(struct gt *t, int (*again)(const struct fn *fn))
{
	char before[64], after[64];

	GT_OK(t, "reset_method", fn_reset_methods(&t->fn[0], before, sizeof(before)));
	GT_OK(t, "take it away and find it", again(&t->fn[0]));
	GT_OK(t, "reset_method", fn_reset_methods(&t->fn[0], after, sizeof(after)));
	GT_STR(t, "reset methods", after, before);
	return GT_PASS;
}

static int recover_keeps_the_slot_reset(struct gt *t)
{
	return same_reset_methods(t, fn_recover);
}

static int power_cycle_keeps_the_slot_reset(struct gt *t)
{
	return same_reset_methods(t, fn_power_cycle);
}

/* Two lives of a function have two numbers, and no other function has had either */
static int power_cycle_begins_a_new_life(struct gt *t)
{
	const struct fn *fn = &t->fn[0];
	uint64_t last = 0, life;
	int i;

	for (i = 0; i < 3; i++) {
		GT_OK(t, "life", fn_attr_u64(fn, "life", &life));
		if (life <= last)
			return gt_fail(t, "life: got %llu after %llu, want more",
				       (unsigned long long)life, (unsigned long long)last);
		last = life;
		GT_OK(t, "power cycle", fn_power_cycle(fn));
	}
	return GT_PASS;
}

/* What leaves the function configured, an error of it and its recovery too */
static int reset_and_recover_go_on_with_the_life(struct gt *t)
{
	const struct fn *fn = &t->fn[0];
	uint64_t before, after;
	char block[NVME_READ_LEN];
	struct nvme n;

	GT_OK(t, "life", fn_attr_u64(fn, "life", &before));
	GT_OK(t, "recover", fn_recover(fn));
	GT_OK(t, "nvme", nvme_bind(fn, &n));
	GT_OK(t, "inject", inject(fn, PEC_SERVICE_ACTION, 0));
	GT_OK(t, "read", nvme_read(&n, block));
	GT_OK(t, "reset", fn_reset(fn));
	GT_OK(t, "life", fn_attr_u64(fn, "life", &after));
	GT_EQ(t, "life", after, before);
	return GT_PASS;
}

static int measurement_for_the_user(struct gt *t)
{
	uint64_t before;
	struct vfio v;
	uint16_t pec;

	GT_TRY(gt_open(t, &v));
	GT_OK(t, "start the controller", vfio_nvme_start(&v));
	GT_OK(t, "events", fn_counter(&v.fn, "events", &before));
	for (pec = PEC_FMB_ACCESS; pec <= PEC_FMB_PROTECTION; pec++) {
		struct nvme_id id;

		GT_OK(t, "inject", inject(&v.fn, pec, 0));
		GT_ERR(t, "ERR eventfd", vfio_wait_error(&v, 0), -ETIMEDOUT);
		GT_TRY(gt_expect_no_error(t, &v));
		/* The controller goes on as it was, without any reset */
		GT_OK(t, "start the controller again", vfio_nvme_start(&v));
		GT_OK(t, "Identify", vfio_nvme_identify(&v, &id));
	}
	return gt_expect_counter(t, &v.fn, "events", before + 3);
}

static int measurement_for_the_host(struct gt *t)
{
	char block[NVME_READ_LEN], word[64];
	int events = uevent_open();
	struct nvme n;
	uint16_t pec;

	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	for (pec = PEC_FMB_ACCESS; pec <= PEC_FMB_PROTECTION; pec++)
		GT_OK(t, "inject", inject(&n.fn, pec, 0));
	GT_ERR(t, "a recovery's uevent", uevent_next_error(events, &n.fn, 0, word, sizeof(word)),
	       -ETIMEDOUT);
	GT_OK(t, "read", nvme_read(&n, block));
	return GT_PASS;
}

/* An event about another life of the function: a reset changes the handle */
static int stale_handle(struct gt *t)
{
	uint64_t before, events;
	struct ccdf ccdf;
	struct vfio v;
	uint32_t fh;

	GT_TRY(gt_open(t, &v));
	GT_OK(t, "prepare", inject_prepare(&v.fn, PEC_TPROTE, 0, &ccdf));
	GT_OK(t, "function_handle", fn_handle(&v.fn, &fh));
	/* The emulated machine's handles stay as they are: make one up */
	inject_set_fh(&ccdf, fh ^ 0x1);
	GT_OK(t, "stale_handle", fn_counter(&v.fn, "stale_handle", &before));
	GT_OK(t, "events", fn_counter(&v.fn, "events", &events));
	GT_OK(t, "inject", inject_raw(&ccdf, sizeof(ccdf)));
	GT_TRY(gt_expect_counter(t, &v.fn, "stale_handle", before + 1));
	GT_TRY(gt_expect_counter(t, &v.fn, "events", events));
	GT_ERR(t, "ERR eventfd", vfio_wait_error(&v, 0), -ETIMEDOUT);
	GT_TRY(gt_expect_no_error(t, &v));
	return gt_expect_works(t, &v);
}

static int unknown_function(struct gt *t)
{
	uint64_t before, after;
	struct ccdf ccdf;

	GT_OK(t, "prepare", inject_prepare(&t->fn[0], PEC_TPROTE, 0, &ccdf));
	inject_set_fid(&ccdf, NO_SUCH_FID);
	GT_OK(t, "unknown_function", machine_counter("unknown_function", &before));
	GT_OK(t, "inject", inject_raw(&ccdf, sizeof(ccdf)));
	GT_OK(t, "unknown_function", machine_counter("unknown_function", &after));
	GT_EQ(t, "unknown_function", after, before + 1);
	return GT_PASS;
}

/* A function without its PCI device: removed, but still configured */
static int no_device(struct gt *t)
{
	uint64_t before, machine_before, machine_after;
	char path[128];
	struct ccdf ccdf;

	GT_OK(t, "prepare", inject_prepare(&t->fn[0], PEC_TPROTE, 0, &ccdf));
	GT_OK(t, "no_device", fn_counter(&t->fn[0], "no_device", &before));
	GT_OK(t, "no_device", machine_counter("no_device", &machine_before));
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", t->fn[0].bdf);
	GT_OK(t, "remove", file_write(path, "1"));
	GT_OK(t, "inject", inject_raw(&ccdf, sizeof(ccdf)));
	GT_OK(t, "no_device", machine_counter("no_device", &machine_after));
	GT_OK(t, "rescan", file_write("/sys/bus/pci/rescan", "1"));
	GT_EQ(t, "no_device of the machine", machine_after, machine_before + 1);
	return gt_expect_counter(t, &t->fn[0], "no_device", before + 1);
}

/* It is no error event, and no function's: what is lost has no name */
static int channel_overflow(struct gt *t)
{
	static const char *const others[] = {
		"events", "unknown_function", "refresh_failed", "stale_handle", "no_device",
	};
	uint64_t before, after, events[5], fn_events;
	int i;

	GT_OK(t, "channel_overflow", machine_counter("channel_overflow", &before));
	for (i = 0; i < 5; i++)
		GT_OK(t, others[i], machine_counter(others[i], &events[i]));
	GT_OK(t, "events of the function", fn_counter(&t->fn[0], "events", &fn_events));
	GT_OK(t, "overflow", inject_overflow());
	GT_OK(t, "overflow again", inject_overflow());
	GT_OK(t, "channel_overflow", machine_counter("channel_overflow", &after));
	GT_EQ(t, "channel_overflow", after, before + 2);
	for (i = 0; i < 5; i++) {
		GT_OK(t, others[i], machine_counter(others[i], &after));
		GT_EQ(t, others[i], after, events[i]);
	}
	return gt_expect_counter(t, &t->fn[0], "events", fn_events);
}

/*
 * Fill the page cache: memory that is to be had, but only by who can wait for it.
 * It lasts while the file is open that is returned, or -errno.
 */
static int cache_pages(const char *path)
{
	char *buf = malloc(CHUNK);
	int fd, i;

	if (!buf)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	for (i = 0; fd >= 0 && i < CACHE_CHUNKS; i++) {
		if (read(fd, buf, CHUNK) != CHUNK) {
			close(fd);
			fd = -EIO;
		}
	}
	free(buf);
	return fd;
}

/* A little more than is free has to stay free; the cache has many times as much */
static int reserve_all_memory(void)
{
	char line[64], text[32];
	unsigned long kb = 0;
	FILE *f;

	f = fopen("/proc/meminfo", "re");
	if (!f)
		return -errno;
	while (!kb && fgets(line, sizeof(line), f))
		sscanf(line, "MemFree: %lu", &kb);
	fclose(f);
	snprintf(text, sizeof(text), "%lu", kb + SHORT_KB);
	return file_write(MIN_FREE, text);
}

/*
 * The query for the handle needs memory and does not wait for it. It may be there
 * all the same, when something else has the kernel free the page cache just now:
 * then it is the next event that finds none.
 */
static int refresh_failed(struct gt *t)
{
	uint64_t before, machine, events, now, deadline = clock_in_ms(PRESSURE_MS);
	char min_free[32];
	struct nvme n;
	int disk, ret;

	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "read min_free_kbytes", file_read(MIN_FREE, min_free, sizeof(min_free)));
	GT_OK(t, "refresh_failed", fn_counter(&n.fn, "refresh_failed", &before));
	GT_OK(t, "refresh_failed", machine_counter("refresh_failed", &machine));
	do {
		disk = cache_pages(n.disk);
		GT_OK(t, "read the disk", disk < 0 ? disk : 0);
		GT_OK(t, "events", fn_counter(&n.fn, "events", &events));
		ret = reserve_all_memory();
		if (!ret)
			ret = inject(&n.fn, PEC_FMB_UPDATE, 0);
		GT_OK(t, "restore min_free_kbytes", file_write(MIN_FREE, min_free));
		close(disk);
		GT_OK(t, "inject without memory", ret);
		GT_OK(t, "refresh_failed", fn_counter(&n.fn, "refresh_failed", &now));
	} while (now == before && clock_ms_to(deadline));
	GT_EQ(t, "refresh_failed", now, before + 1);
	GT_TRY(gt_expect_counter(t, &n.fn, "events", events));
	GT_OK(t, "refresh_failed", machine_counter("refresh_failed", &now));
	GT_EQ(t, "refresh_failed of the machine", now, machine + 1);
	return GT_PASS;
}

static int wrong_lengths(struct gt *t)
{
	uint8_t buf[CCDF_LEN + 1] = { 0 };
	uint64_t before, after;

	GT_OK(t, "events", machine_counter("events", &before));
	GT_ERR(t, "31 bytes", inject_raw(buf, CCDF_LEN - 1), -EINVAL);
	GT_ERR(t, "33 bytes", inject_raw(buf, CCDF_LEN + 1), -EINVAL);
	GT_OK(t, "events", machine_counter("events", &after));
	GT_EQ(t, "events", after, before);
	return GT_PASS;
}

static int no_driver(struct gt *t)
{
	struct trace tr;

	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_TPROTE, 0));
	GT_TRY(gt_expect_end(t, &tr, "failed", "no_driver"));
	trace_stop(&tr);
	return GT_PASS;
}

static int already_failed(struct gt *t)
{
	struct trace tr;

	GT_OK(t, "inject", inject(&t->fn[0], PEC_PERMANENT, 0));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "inject again", inject(&t->fn[0], PEC_TPROTE, 0));
	GT_TRY(gt_expect_end(t, &tr, "failed", "already_failed"));
	trace_stop(&tr);
	return GT_PASS;
}

static int service_action_is_recovered_by_the_host(struct gt *t)
{
	char block[NVME_READ_LEN];
	struct nvme n;
	struct trace tr;

	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "inject", inject(&n.fn, PEC_SERVICE_ACTION, 0));
	GT_TRY(gt_expect_end(t, &tr, "recovered", "none"));
	trace_stop(&tr);
	GT_OK(t, "read", nvme_read(&n, block));
	return GT_PASS;
}

/* vfio-pci, but nobody has the function open: the host recovers it */
static int bound_to_vfio_but_closed(struct gt *t)
{
	struct trace tr;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_TPROTE, 0));
	GT_TRY(gt_expect_end(t, &tr, "recovered", "none"));
	trace_stop(&tr);
	GT_TRY(gt_open(t, &v));
	GT_TRY(gt_expect_no_error(t, &v));
	return gt_expect_works(t, &v);
}

static const struct gt_test tests[] = {
	{ "permanent-3b-reaches-the-user", permanent_3b_for_the_user, .driver = GT_VFIO },
	{ "permanent-40-reaches-the-user", permanent_40_for_the_user, .driver = GT_VFIO },
	{ "permanent-3b-under-nvme", permanent_3b_for_the_host, .driver = GT_HOST },
	{ "permanent-40-under-nvme", permanent_40_for_the_host, .driver = GT_HOST },
	{ "recover-attribute-heals-a-permanent-failure",
	  recover_attribute_heals_a_permanent_failure, .driver = GT_HOST },
	{ "recover-attribute-keeps-the-slot-reset", recover_keeps_the_slot_reset,
	  .driver = GT_UNBOUND },
	{ "power-cycle-keeps-the-slot-reset", power_cycle_keeps_the_slot_reset,
	  .driver = GT_UNBOUND },
	{ "a-power-cycle-begins-a-new-life", power_cycle_begins_a_new_life, .driver = GT_UNBOUND },
	{ "reset-and-recover-go-on-with-the-life", reset_and_recover_go_on_with_the_life,
	  .driver = GT_HOST },
	{ "measurement-errors-do-not-disturb-the-user", measurement_for_the_user, .driver = GT_VFIO },
	{ "measurement-errors-do-not-disturb-nvme", measurement_for_the_host, .driver = GT_HOST },
	{ "stale-handle-is-counted-and-ignored", stale_handle, .driver = GT_VFIO },
	{ "unknown-function-is-counted", unknown_function, .driver = GT_UNBOUND },
	{ "function-without-a-device-is-counted", no_device, .driver = GT_UNBOUND },
	{ "channel-overflow-is-counted", channel_overflow, .driver = GT_UNBOUND },
	{ "refresh-failed-is-counted", refresh_failed, .driver = GT_HOST, .seconds = 60 },
	{ "injection-takes-32-bytes-only", wrong_lengths, .driver = GT_UNBOUND },
	{ "no-driver-fails-with-that-reason", no_driver, .driver = GT_UNBOUND },
	{ "already-failed-is-the-reason", already_failed, .driver = GT_HOST },
	{ "service-action-is-recovered-by-nvme", service_action_is_recovered_by_the_host,
	  .driver = GT_HOST },
	{ "bound-to-vfio-but-closed-is-the-hosts", bound_to_vfio_but_closed, .driver = GT_VFIO },
	{ 0 }
};

const struct gt_group group_injected = { "injected", tests };
