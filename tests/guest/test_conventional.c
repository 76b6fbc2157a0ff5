// SPDX-License-Identifier: GPL-2.0
/* test_conventional.c - a function without a PCIe capability */
#include <errno.h>

#include "harness.h"
#include "inject.h"

/* No NVMe: open without anything that only an NVMe needs */
static int open_plain(struct gt *t, struct vfio *v)
{
	GT_OK(t, "open the group", vfio_open_group(v, &t->fn[0]));
	GT_OK(t, "open the device", vfio_open_device(v));
	return GT_PASS;
}

static int err_irq_count(struct gt *t)
{
	unsigned int count;
	struct vfio v;

	GT_TRY(open_plain(t, &v));
	GT_OK(t, "GET_IRQ_INFO", vfio_irq_count(&v, VFIO_PCI_ERR_IRQ_INDEX, &count));
	GT_EQ(t, "count of the ERR index", count, 1);
	return GT_PASS;
}

static int notified(struct gt *t)
{
	struct ccdf ccdf;
	struct vfio v;

	GT_TRY(open_plain(t, &v));
	GT_OK(t, "set the ERR eventfd", vfio_listen(&v));
	GT_OK(t, "inject", inject(&v.fn, PEC_TPROTE, 0));
	GT_OK(t, "ERR eventfd", vfio_wait_error(&v, 0));
	GT_OK(t, "read", vfio_read_error(&v, &ccdf));
	GT_EQ(t, "FID", ccdf_fid(&ccdf), v.fn.fid);
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	return GT_PASS;
}

/* virtio-pci has no error handlers: the host cannot recover, and says why */
static int driver_without_handlers(struct gt *t)
{
	struct trace tr;

	GT_OK(t, "bind virtio-pci", fn_bind(&t->fn[0], "virtio-pci"));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_TPROTE, 0));
	GT_TRY(gt_expect_end(t, &tr, "failed", "driver_has_no_support"));
	trace_stop(&tr);
	return GT_PASS;
}

static const struct gt_test tests[] = {
	{ "err-irq-count", err_irq_count, .driver = GT_VFIO, .conventional = true },
	{ "injected-error-notifies-the-eventfd", notified, .driver = GT_VFIO, .conventional = true },
	{ "driver-without-handlers-is-the-reason", driver_without_handlers, .driver = GT_UNBOUND,
	  .conventional = true },
	{ 0 }
};

const struct gt_group group_conventional = { "conventional", tests };
