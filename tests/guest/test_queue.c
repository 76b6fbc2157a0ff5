// SPDX-License-Identifier: GPL-2.0
/* test_queue.c - the queue of unread errors (injected) */
#include <errno.h>

#include "harness.h"
#include "inject.h"

#define QUEUE_DEPTH	4
#define FADDR(i)	(0x200000000ull + ((i) << 12))

static int inject_some(struct gt *t, const struct fn *fn, int from, int n)
{
	int i;

	for (i = from; i < from + n; i++)
		GT_OK(t, "inject", inject(fn, PEC_TPROTE, FADDR(i)));
	return GT_PASS;
}

/* Reads @n errors, which have to be @from and those after it */
static int expect_some(struct gt *t, struct vfio *v, int from, int n)
{
	struct ccdf ccdf;
	int i;

	for (i = from; i < from + n; i++) {
		GT_OK(t, "read", vfio_read_error(v, &ccdf));
		GT_EQ(t, "address of the error", ccdf_faddr(&ccdf), FADDR(i));
	}
	return GT_PASS;
}

static int oldest_four_of_six(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_TRY(inject_some(t, &v.fn, 0, 6));
	GT_TRY(expect_some(t, &v, 0, QUEUE_DEPTH));
	return gt_expect_no_error(t, &v);
}

static int overflow_counts_two_of_six(struct gt *t)
{
	uint64_t before;
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_OK(t, "pending_overflow", fn_counter(&v.fn, "pending_overflow", &before));
	GT_TRY(inject_some(t, &v.fn, 0, 6));
	GT_TRY(gt_expect_counter(t, &v.fn, "pending_overflow", before + 2));
	return gt_expect_counter(t, &v.fn, "pending", QUEUE_DEPTH);
}

static int room_again_after_a_read(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_TRY(inject_some(t, &v.fn, 0, 6));
	GT_TRY(expect_some(t, &v, 0, 2));
	GT_TRY(inject_some(t, &v.fn, 6, 2));
	GT_TRY(expect_some(t, &v, 2, 2));
	GT_TRY(expect_some(t, &v, 6, 2));
	return gt_expect_no_error(t, &v);
}

/* More often around than the indices of a short queue would count */
static int order_over_300_errors(struct gt *t)
{
	struct vfio v;
	int i;

	GT_TRY(gt_open(t, &v));
	for (i = 0; i < 300; i += 3) {
		GT_TRY(inject_some(t, &v.fn, i, 3));
		GT_TRY(expect_some(t, &v, i, 3));
	}
	return gt_expect_no_error(t, &v);
}

static int every_byte_arrives(struct gt *t)
{
	struct ccdf sent, got;
	struct vfio v;
	int i;

	GT_TRY(gt_open(t, &v));
	GT_OK(t, "prepare", inject_prepare(&v.fn, PEC_SERVICE_ACTION, 0, &sent));
	for (i = 0; i < CCDF_LEN; i++)
		if (i < 4 || (i >= 12 && i < 30))	/* not FH, FID, PEC */
			sent.raw[i] = 0x80 + i;
	GT_OK(t, "inject", inject_raw(&sent, sizeof(sent)));
	GT_OK(t, "read", vfio_read_error(&v, &got));
	for (i = 0; i < CCDF_LEN; i++)
		if (sent.raw[i] != got.raw[i])
			return gt_fail(t, "byte %d: got 0x%02x, want 0x%02x", i, got.raw[i], sent.raw[i]);
	return GT_PASS;
}

static int one_signal_for_each_error(struct gt *t)
{
	struct vfio v;
	int i;

	GT_TRY(gt_open(t, &v));
	for (i = 0; i < 6; i++) {
		GT_TRY(inject_some(t, &v.fn, i, 1));
		/* Also those that found the queue full */
		GT_OK(t, "ERR eventfd", vfio_wait_error(&v, 0));
	}
	return GT_PASS;
}

static int closing_discards(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_TRY(inject_some(t, &v.fn, 0, 3));
	vfio_close(&v);
	GT_TRY(gt_expect_counter(t, &t->fn[0], "pending", 0));
	GT_TRY(gt_open(t, &v));
	GT_TRY(gt_expect_no_error(t, &v));
	GT_TRY(inject_some(t, &v.fn, 7, 1));
	return expect_some(t, &v, 7, 1);
}

static int reset_keeps_unread_errors(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_TRY(inject_some(t, &v.fn, 0, 2));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	GT_TRY(expect_some(t, &v, 0, 2));
	return gt_expect_works(t, &v);
}

static int reset_after_overflow(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_TRY(inject_some(t, &v.fn, 0, 6));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	return gt_expect_works(t, &v);
}

static const struct gt_test tests[] = {
	{ "oldest-four-of-six", oldest_four_of_six, .driver = GT_VFIO },
	{ "overflow-counts-two-of-six", overflow_counts_two_of_six, .driver = GT_VFIO },
	{ "room-again-after-a-read", room_again_after_a_read, .driver = GT_VFIO },
	{ "order-over-300-errors", order_over_300_errors, .driver = GT_VFIO },
	{ "every-byte-arrives", every_byte_arrives, .driver = GT_VFIO },
	{ "one-signal-for-each-error", one_signal_for_each_error, .driver = GT_VFIO },
	{ "closing-discards-what-is-unread", closing_discards, .driver = GT_VFIO },
	{ "reset-keeps-unread-errors", reset_keeps_unread_errors, .driver = GT_VFIO },
	{ "works-after-overflow-and-reset", reset_after_overflow, .driver = GT_VFIO },
	{ 0 }
};

const struct gt_group group_queue = { "queue", tests };
