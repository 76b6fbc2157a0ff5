// SPDX-License-Identifier: GPL-2.0
/* test_host.c - an NVMe under the host's driver fails for real, the host recovers it */
#include <errno.h>

#include "harness.h"
#include "inject.h"
#include "nvme.h"
#include "uevent.h"

#define RECOVERY_MS	20000

/* One error and the uevents of its recovery */
static int fail_and_recover(struct gt *t, int events, const struct nvme *n)
{
	char word[64];

	GT_OK(t, "make an error", nvme_make_error(n));
	GT_OK(t, "begin", uevent_next_error(events, &n->fn, RECOVERY_MS, word, sizeof(word)));
	GT_STR(t, "first uevent", word, "BEGIN_RECOVERY");
	GT_OK(t, "end", uevent_next_error(events, &n->fn, RECOVERY_MS, word, sizeof(word)));
	GT_STR(t, "second uevent", word, "SUCCESSFUL_RECOVERY");
	return GT_PASS;
}

static int recovered_and_readable(struct gt *t)
{
	char before[NVME_READ_LEN], after[NVME_READ_LEN];
	int events = uevent_open();
	struct nvme n;

	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "read before", nvme_read(&n, before));
	GT_TRY(fail_and_recover(t, events, &n));
	GT_OK(t, "read after", nvme_read(&n, after));
	GT_EQ(t, "difference of the blocks", memcmp(before, after, sizeof(before)), 0);
	return GT_PASS;
}

static int recovered_and_writable(struct gt *t)
{
	char wrote[NVME_READ_LEN], got[NVME_READ_LEN];
	int events = uevent_open();
	struct nvme n;

	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	GT_TRY(fail_and_recover(t, events, &n));
	memset(wrote, 0x5a, sizeof(wrote));
	GT_OK(t, "write", nvme_write(&n, wrote));
	GT_OK(t, "read", nvme_read(&n, got));
	GT_EQ(t, "difference of the blocks", memcmp(wrote, got, sizeof(got)), 0);
	return GT_PASS;
}

static int five_times_over(struct gt *t)
{
	char first[NVME_READ_LEN], block[NVME_READ_LEN];
	int events = uevent_open();
	struct nvme n;
	int i;

	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "read before", nvme_read(&n, first));
	for (i = 0; i < 5; i++) {
		GT_TRY(fail_and_recover(t, events, &n));
		GT_OK(t, "read after", nvme_read(&n, block));
		GT_EQ(t, "difference of the blocks", memcmp(first, block, sizeof(block)), 0);
	}
	return GT_PASS;
}

static int never_mediated(struct gt *t)
{
	int events = uevent_open();
	struct nvme n;

	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	GT_TRY(fail_and_recover(t, events, &n));
	GT_TRY(gt_expect_counter(t, &n.fn, "mediated", 0));
	return gt_expect_counter(t, &n.fn, "pending", 0);
}

static int reset_failed(struct gt *t)
{
	int events = uevent_open(), ret, wait;
	struct trace tr;
	char word[64];
	struct nvme n;

	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "fail a reset", file_write(FAIL_RESETS, "1"));
	ret = nvme_make_error(&n);
	wait = gt_wait_end(t, &tr);
	GT_OK(t, "fail no more resets", file_write(FAIL_RESETS, "0"));
	GT_OK(t, "make an error", ret);
	GT_TRY(wait);
	GT_TRY(gt_expect_end(t, &tr, "failed", "reset_failed"));
	trace_stop(&tr);
	GT_OK(t, "begin", uevent_next_error(events, &n.fn, 0, word, sizeof(word)));
	GT_STR(t, "first uevent", word, "BEGIN_RECOVERY");
	GT_OK(t, "end", uevent_next_error(events, &n.fn, 0, word, sizeof(word)));
	GT_STR(t, "second uevent", word, "FAILED_RECOVERY");
	return GT_PASS;
}

/* One id from the event to the outcome, and every step that begins ends */
static int traced_from_event_to_outcome(struct gt *t)
{
	char event[512], end[512], id[32], id_end[32], word[64];
	int events = uevent_open();
	struct trace tr;
	struct nvme n;

	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(fail_and_recover(t, events, &n));
	GT_OK(t, "recovery_end", trace_last(&tr, "s390_zpci_recovery_end", NULL, end, sizeof(end)));
	GT_OK(t, "error_event", trace_last(&tr, "s390_zpci_error_event", NULL, event, sizeof(event)));
	trace_stop(&tr);
	trace_value(event, "id", id, sizeof(id));
	trace_value(end, "id", id_end, sizeof(id_end));
	if (!id[0])
		return gt_fail(t, "no id in '%s'", event);
	GT_STR(t, "id of the end", id_end, id);
	trace_value(end, "outcome", word, sizeof(word));
	GT_STR(t, "outcome", word, "recovered");
	return GT_PASS;
}

static const struct gt_test tests[] = {
	{ "recovered-and-readable", recovered_and_readable, .driver = GT_HOST },
	{ "recovered-and-writable", recovered_and_writable, .driver = GT_HOST },
	{ "five-times-over", five_times_over, .driver = GT_HOST, .seconds = 90 },
	{ "not-mediated", never_mediated, .driver = GT_HOST },
	{ "reset-failed-is-the-reason", reset_failed, .driver = GT_HOST },
	{ "traced-from-event-to-outcome", traced_from_event_to_outcome, .driver = GT_HOST },
	{ 0 }
};

const struct gt_group group_host = { "host", tests };
