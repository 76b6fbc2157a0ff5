// SPDX-License-Identifier: GPL-2.0
/* expect.c - what tests say and expect again and again */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <errno.h>

#include "clock.h"
#include "harness.h"

#define NOTIFY_MS	5000
#define END_MS		5000

int gt_fail(struct gt *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
	return GT_FAIL;
}

int gt_skip(struct gt *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
	return GT_SKIP;
}

const char *gt_errno(int ret)
{
	const char *name = ret < 0 ? strerrorname_np(-ret) : NULL;

	return !ret ? "0" : name ? name : "no errno";
}

int gt_open(struct gt *t, struct vfio *v)
{
	GT_OK(t, "open the function", vfio_open(v, &t->fn[0]));
	GT_OK(t, "set the ERR eventfd", vfio_listen(v));
	return GT_PASS;
}

int gt_open_in_error(struct gt *t, struct vfio *v)
{
	GT_TRY(gt_open(t, v));
	GT_OK(t, "make an error", vfio_nvme_make_error(v));
	GT_OK(t, "wait for the ERR eventfd", vfio_wait_error(v, NOTIFY_MS));
	return GT_PASS;
}

int gt_expect_real_error(struct gt *t, struct vfio *v)
{
	struct ccdf ccdf;

	GT_OK(t, "read the error", vfio_read_error(v, &ccdf));
	GT_EQ(t, "PEC", ccdf_pec(&ccdf), PEC_TPROTE);
	GT_EQ(t, "FID", ccdf_fid(&ccdf), v->fn.fid);
	return GT_PASS;
}

int gt_expect_no_error(struct gt *t, struct vfio *v)
{
	struct ccdf ccdf;

	GT_ERR(t, "read with nothing unread", vfio_read_error(v, &ccdf), -ENOMSG);
	return GT_PASS;
}

int gt_expect_works(struct gt *t, struct vfio *v)
{
	struct nvme_id id;

	GT_OK(t, "Identify", vfio_nvme_works(v, &id));
	GT_STR(t, "model", id.model, "QEMU NVMe Ctrl");
	return GT_PASS;
}

int gt_expect_counter(struct gt *t, const struct fn *fn, const char *name, uint64_t want)
{
	uint64_t val;

	GT_OK(t, name, fn_counter(fn, name, &val));
	GT_EQ(t, name, val, want);
	return GT_PASS;
}

int gt_expect_traced(struct gt *t, const struct trace *tr, const char *event, const char *has,
		     const char *key, const char *want)
{
	char line[512], word[64];

	GT_OK(t, event, trace_last(tr, event, has, line, sizeof(line)));
	trace_value(line, key, word, sizeof(word));
	GT_STR(t, key, word, want);
	return GT_PASS;
}

int gt_wait_end(struct gt *t, const struct trace *tr)
{
	uint64_t deadline = clock_in_ms(END_MS);
	char line[512];
	int ret;

	for (;;) {
		ret = trace_last(tr, "s390_zpci_recovery_end", NULL, line, sizeof(line));
		if (ret != -ENOENT || !clock_ms_to(deadline))
			break;
		clock_pause_ms();
	}
	GT_OK(t, "end of a recovery", ret);
	return GT_PASS;
}

int gt_expect_end(struct gt *t, const struct trace *tr, const char *outcome, const char *reason)
{
	GT_TRY(gt_expect_traced(t, tr, "s390_zpci_recovery_end", NULL, "outcome", outcome));
	return gt_expect_traced(t, tr, "s390_zpci_recovery_end", NULL, "reason", reason);
}
