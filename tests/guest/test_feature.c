// SPDX-License-Identifier: GPL-2.0
/*
 * test_feature.c - the ABI of VFIO_DEVICE_FEATURE_ZPCI_ERROR
 *
 * Whatever is wrong with a call, the error that it would have read is still
 * there for the next one.
 */
#include <errno.h>
#include <sys/mman.h>

#include "harness.h"

#define GET		VFIO_DEVICE_FEATURE_GET
#define SET		VFIO_DEVICE_FEATURE_SET
#define PROBE		VFIO_DEVICE_FEATURE_PROBE
#define ARGSZ		(sizeof(struct vfio_device_feature) + sizeof(struct zpci_feature_err))
#define PAGE		4096

/* A page that can be used, with one behind it that cannot */
static uint8_t *page_before_a_hole(void)
{
	uint8_t *p;

	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || munmap(p + PAGE, PAGE))
		return NULL;
	return p;
}

/* With a real error pending, a call fails with @want and loses nothing */
static int refused(struct gt *t, uint32_t flags, uint32_t argsz, void *buf, int want)
{
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	GT_ERR(t, "the call", vfio_feature(&v, flags, argsz, buf), want);
	GT_TRY(gt_expect_counter(t, &v.fn, "pending", 1));
	GT_TRY(gt_expect_real_error(t, &v));
	return gt_expect_no_error(t, &v);
}

static int argsz_too_small(struct gt *t)
{
	struct ccdf ccdf;

	return refused(t, GET, ARGSZ - 1, &ccdf, -EINVAL);
}

static int argsz_without_a_payload(struct gt *t)
{
	struct ccdf ccdf;

	return refused(t, GET, sizeof(struct vfio_device_feature), &ccdf, -EINVAL);
}

static int set_is_refused(struct gt *t)
{
	struct ccdf ccdf = { 0 };

	return refused(t, SET, ARGSZ, &ccdf, -EINVAL);
}

static int get_and_set_is_refused(struct gt *t)
{
	struct ccdf ccdf = { 0 };

	return refused(t, GET | SET, ARGSZ, &ccdf, -EINVAL);
}

static int null_buffer(struct gt *t)
{
	return refused(t, GET, ARGSZ, NULL, -EINVAL);
}

static int unmapped_buffer(struct gt *t)
{
	uint8_t *p = page_before_a_hole();

	return refused(t, GET, ARGSZ, p + PAGE, -EFAULT);
}

static int half_mapped_buffer(struct gt *t)
{
	uint8_t *p = page_before_a_hole();

	return refused(t, GET, ARGSZ, p + PAGE - CCDF_LEN / 2, -EFAULT);
}

static int read_only_buffer(struct gt *t)
{
	uint8_t *p = page_before_a_hole();

	GT_OK(t, "mprotect", mprotect(p, PAGE, PROT_READ) ? -errno : 0);
	return refused(t, GET, ARGSZ, p, -EFAULT);
}

/* Twice: the failed copy leaves no lock behind and counts nothing as read */
static int unmapped_buffer_twice(struct gt *t)
{
	uint8_t *p = page_before_a_hole();
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	GT_ERR(t, "first", vfio_feature(&v, GET, ARGSZ, p + PAGE), -EFAULT);
	GT_ERR(t, "second", vfio_feature(&v, GET, ARGSZ, p + PAGE), -EFAULT);
	return gt_expect_real_error(t, &v);
}

static int probe(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_OK(t, "PROBE", vfio_feature(&v, PROBE, sizeof(struct vfio_device_feature), NULL));
	GT_OK(t, "PROBE | GET", vfio_feature(&v, PROBE | GET, sizeof(struct vfio_device_feature), NULL));
	GT_ERR(t, "PROBE | SET", vfio_feature(&v, PROBE | SET, sizeof(struct vfio_device_feature), NULL),
	       -EINVAL);
	return GT_PASS;
}

static int probe_reads_nothing(struct gt *t)
{
	struct ccdf ccdf;
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	GT_OK(t, "PROBE | GET", vfio_feature(&v, PROBE | GET, ARGSZ, &ccdf));
	return gt_expect_real_error(t, &v);
}

static int empty_queue(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	return gt_expect_no_error(t, &v);
}

static int empty_queue_leaves_the_buffer_alone(struct gt *t)
{
	struct ccdf ccdf, before;
	struct vfio v;

	memset(&ccdf, 0xa5, sizeof(ccdf));
	before = ccdf;
	GT_TRY(gt_open(t, &v));
	GT_ERR(t, "GET", vfio_read_error(&v, &ccdf), -ENOMSG);
	GT_EQ(t, "difference of the buffers", memcmp(&ccdf, &before, sizeof(ccdf)), 0);
	return GT_PASS;
}

static int exactly_32_bytes(struct gt *t)
{
	uint8_t buf[CCDF_LEN + 32];
	struct vfio v;
	size_t i;

	memset(buf, 0xa5, sizeof(buf));
	GT_TRY(gt_open_in_error(t, &v));
	GT_OK(t, "GET", vfio_feature(&v, GET, ARGSZ, buf + 16));
	for (i = 0; i < 16; i++) {
		GT_EQ(t, "byte before the buffer", buf[i], 0xa5);
		GT_EQ(t, "byte behind the buffer", buf[16 + CCDF_LEN + i], 0xa5);
	}
	GT_EQ(t, "last byte of the buffer", buf[16 + CCDF_LEN - 1], PEC_TPROTE);
	return GT_PASS;
}

static int unaligned_buffer(struct gt *t)
{
	uint8_t buf[CCDF_LEN + 1];
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	GT_OK(t, "GET", vfio_feature(&v, GET, ARGSZ, buf + 1));
	GT_EQ(t, "last byte of the buffer", buf[CCDF_LEN], PEC_TPROTE);
	return GT_PASS;
}

static int larger_argsz(struct gt *t)
{
	struct ccdf ccdf;
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	GT_OK(t, "GET", vfio_feature(&v, GET, ARGSZ + 64, &ccdf));
	GT_EQ(t, "PEC", ccdf_pec(&ccdf), PEC_TPROTE);
	return GT_PASS;
}

static int base_capability(struct gt *t)
{
	struct zpci_cap_base cap;
	struct vfio v;
	uint32_t fh;

	GT_TRY(gt_open(t, &v));
	GT_OK(t, "find the capability", vfio_cap_base(&v, &cap));
	GT_EQ(t, "version", cap.header.version, 3);
	GT_EQ(t, "ccdf_err_length", cap.ccdf_err_length, CCDF_LEN);
	GT_OK(t, "function_handle", fn_handle(&v.fn, &fh));
	GT_EQ(t, "fh (version 2)", cap.fh, fh);
	return GT_PASS;
}

static int err_irq_count(struct gt *t)
{
	unsigned int count;
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_OK(t, "GET_IRQ_INFO", vfio_irq_count(&v, VFIO_PCI_ERR_IRQ_INDEX, &count));
	GT_EQ(t, "count of the ERR index", count, 1);
	return GT_PASS;
}

static const struct gt_test tests[] = {
	{ "argsz-too-small", argsz_too_small, .driver = GT_VFIO },
	{ "argsz-without-a-payload", argsz_without_a_payload, .driver = GT_VFIO },
	{ "argsz-too-large-is-fine", larger_argsz, .driver = GT_VFIO },
	{ "set-is-refused", set_is_refused, .driver = GT_VFIO },
	{ "get-and-set-is-refused", get_and_set_is_refused, .driver = GT_VFIO },
	{ "null-buffer", null_buffer, .driver = GT_VFIO },
	{ "unmapped-buffer", unmapped_buffer, .driver = GT_VFIO },
	{ "unmapped-buffer-twice", unmapped_buffer_twice, .driver = GT_VFIO },
	{ "half-mapped-buffer", half_mapped_buffer, .driver = GT_VFIO },
	{ "read-only-buffer", read_only_buffer, .driver = GT_VFIO },
	{ "unaligned-buffer", unaligned_buffer, .driver = GT_VFIO },
	{ "exactly-32-bytes-are-written", exactly_32_bytes, .driver = GT_VFIO },
	{ "empty-queue", empty_queue, .driver = GT_VFIO },
	{ "empty-queue-leaves-the-buffer-alone", empty_queue_leaves_the_buffer_alone,
	  .driver = GT_VFIO },
	{ "probe", probe, .driver = GT_VFIO },
	{ "probe-reads-nothing", probe_reads_nothing, .driver = GT_VFIO },
	{ "base-capability-version-3", base_capability, .driver = GT_VFIO },
	{ "err-irq-count-of-a-pcie-function", err_irq_count, .driver = GT_VFIO },
	{ 0 }
};

const struct gt_group group_feature = { "feature", tests };
