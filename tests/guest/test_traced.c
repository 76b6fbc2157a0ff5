// SPDX-License-Identifier: GPL-2.0
/*
 * test_traced.c - what the tracepoints say about a recovery by user space
 *
 * The host's is in test_host.c, a policy's decisions are in test_policy.c.
 */
#include <errno.h>
#include <stdio.h>

#include "harness.h"
#include "inject.h"

#define EVENT_MS	5000

/* From firmware's event to the end of the user's reset there is one number */
static int one_id_until_the_users_reset(struct gt *t)
{
	static const char *const events[] = {
		"s390_zpci_recovery_begin", "s390_zpci_pending", "vfio_pci_error_notify",
		"vfio_pci_error_read", "vfio_pci_reset_begin", "vfio_pci_reset_end",
		"s390_zpci_recovery_end",
	};
	char line[512], id[32];
	struct trace tr;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(gt_open_in_error(t, &v));
	GT_TRY(gt_expect_real_error(t, &v));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	GT_OK(t, "s390_zpci_error_event",
	      trace_last(&tr, "s390_zpci_error_event", NULL, line, sizeof(line)));
	trace_value(line, "id", id, sizeof(id));
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		GT_TRY(gt_expect_traced(t, &tr, events[i], NULL, "id", id));
	GT_TRY(gt_expect_traced(t, &tr, "vfio_pci_error_read", NULL, "rc", "0"));
	GT_TRY(gt_expect_traced(t, &tr, "vfio_pci_reset_end", NULL, "rc", "0"));
	GT_TRY(gt_expect_end(t, &tr, "recovered", "none"));
	trace_stop(&tr);
	return GT_PASS;
}

/* Not even asked of the platform, while the function is in the user's hands */
static int platform_leaves_it_to_the_user(struct gt *t)
{
	static const char *const steps[] = { "unblock_mmio", "unblock_dma", "reset" };
	char has[64], line[512];
	struct trace tr;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(gt_open_in_error(t, &v));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		snprintf(has, sizeof(has), "step=%s ", steps[i]);
		GT_ERR(t, has, trace_last(&tr, "s390_zpci_step_end", has, line, sizeof(line)), -ENOENT);
	}
	GT_TRY(gt_expect_traced(t, &tr, "s390_zpci_step_end", "step=user_reset ", "result", "0"));
	trace_stop(&tr);
	return GT_PASS;
}

static int listening(struct gt *t)
{
	struct trace tr;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "open", vfio_open(&v, &t->fn[0]));
	GT_OK(t, "inject", inject(&v.fn, PEC_TPROTE, 0));
	GT_TRY(gt_expect_traced(t, &tr, "vfio_pci_error_notify", NULL, "listening", "0"));
	GT_OK(t, "set the ERR eventfd", vfio_listen(&v));
	GT_OK(t, "inject", inject(&v.fn, PEC_TPROTE, 0));
	GT_TRY(gt_expect_traced(t, &tr, "vfio_pci_error_notify", NULL, "listening", "1"));
	trace_stop(&tr);
	return GT_PASS;
}

static int mediation_starts_and_stops(struct gt *t)
{
	char fid[16], line[512];
	struct trace tr;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	snprintf(fid, sizeof(fid), "0x%x", t->fn[0].fid);
	GT_OK(t, "open", vfio_open(&v, &t->fn[0]));
	GT_TRY(gt_expect_traced(t, &tr, "s390_zpci_mediation_start", NULL, "fid", fid));
	GT_ERR(t, "stop while it is open",
	       trace_last(&tr, "s390_zpci_mediation_stop", NULL, line, sizeof(line)), -ENOENT);
	vfio_close(&v);
	GT_TRY(gt_expect_traced(t, &tr, "s390_zpci_mediation_stop", NULL, "fid", fid));
	trace_stop(&tr);
	return GT_PASS;
}

static int expect_pending(struct gt *t, const struct trace *tr, const char *action,
			  const char *depth)
{
	GT_TRY(gt_expect_traced(t, tr, "s390_zpci_pending", NULL, "action", action));
	return gt_expect_traced(t, tr, "s390_zpci_pending", NULL, "depth", depth);
}

static int queue_with_its_depth(struct gt *t)
{
	static const char *const depths[] = { "1", "2", "3", "4" };
	struct ccdf ccdf;
	struct trace tr;
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_OK(t, "trace", trace_start(&tr));
	for (int i = 0; i < 4; i++) {
		GT_OK(t, "inject", inject(&v.fn, PEC_TPROTE, 0));
		GT_TRY(expect_pending(t, &tr, "stored", depths[i]));
	}
	GT_OK(t, "inject", inject(&v.fn, PEC_TPROTE, 0));
	GT_TRY(expect_pending(t, &tr, "overflow", "4"));
	GT_OK(t, "read", vfio_read_error(&v, &ccdf));
	GT_TRY(expect_pending(t, &tr, "read", "3"));
	vfio_close(&v);
	GT_TRY(expect_pending(t, &tr, "discarded", "3"));
	trace_stop(&tr);
	return GT_PASS;
}

/* An error that comes before the user's reset is part of the recovery, with its own number */
static int further_error_joins(struct gt *t)
{
	char line[512], first[32], event[32];
	struct trace tr;
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "inject", inject(&v.fn, PEC_TPROTE, 0));
	GT_OK(t, "s390_zpci_recovery_begin",
	      trace_last(&tr, "s390_zpci_recovery_begin", NULL, line, sizeof(line)));
	trace_value(line, "id", first, sizeof(first));
	GT_OK(t, "inject again", inject(&v.fn, PEC_TPROTE, 0));
	GT_OK(t, "s390_zpci_error_event",
	      trace_last(&tr, "s390_zpci_error_event", NULL, line, sizeof(line)));
	trace_value(line, "id", event, sizeof(event));
	if (!strcmp(event, first))
		return gt_fail(t, "two events have the number %s", first);
	GT_TRY(gt_expect_traced(t, &tr, "s390_zpci_pending", NULL, "event_id", event));
	GT_TRY(gt_expect_traced(t, &tr, "s390_zpci_pending", NULL, "id", first));
	GT_TRY(gt_expect_traced(t, &tr, "s390_zpci_recovery_begin", NULL, "id", first));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	GT_TRY(gt_expect_traced(t, &tr, "s390_zpci_recovery_end", NULL, "id", first));
	trace_stop(&tr);
	return GT_PASS;
}

static int expect_dropped(struct gt *t, const struct trace *tr, const struct ccdf *ccdf,
			  const char *reason)
{
	char id[32], line[512];

	GT_OK(t, "inject", inject_raw(ccdf, sizeof(*ccdf)));
	GT_OK(t, "s390_zpci_error_event",
	      trace_last(tr, "s390_zpci_error_event", NULL, line, sizeof(line)));
	trace_value(line, "id", id, sizeof(id));
	GT_TRY(gt_expect_traced(t, tr, "s390_zpci_event_dropped", NULL, "reason", reason));
	return gt_expect_traced(t, tr, "s390_zpci_event_dropped", NULL, "id", id);
}

static int dropped_with_the_reason(struct gt *t)
{
	struct ccdf ccdf;
	struct trace tr;
	uint32_t fh;

	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "function_handle", fn_handle(&t->fn[0], &fh));
	GT_OK(t, "prepare", inject_prepare(&t->fn[0], PEC_TPROTE, 0, &ccdf));
	inject_set_fh(&ccdf, fh ^ 0x1);
	GT_TRY(expect_dropped(t, &tr, &ccdf, "stale_handle"));
	inject_set_fid(&ccdf, 0xfffffff0);
	GT_TRY(expect_dropped(t, &tr, &ccdf, "unknown_function"));
	GT_OK(t, "overflow", inject_overflow());
	GT_TRY(gt_expect_traced(t, &tr, "s390_zpci_event_dropped", NULL, "reason",
				"channel_overflow"));
	GT_TRY(gt_expect_traced(t, &tr, "s390_zpci_event_dropped", NULL, "id", "0"));
	trace_stop(&tr);
	return GT_PASS;
}

static const struct gt_test tests[] = {
	{ "one-id-until-the-users-reset", one_id_until_the_users_reset, .driver = GT_VFIO },
	{ "platform-leaves-it-to-the-user", platform_leaves_it_to_the_user, .driver = GT_VFIO },
	{ "whether-anybody-listens", listening, .driver = GT_VFIO },
	{ "mediation-starts-and-stops", mediation_starts_and_stops, .driver = GT_VFIO },
	{ "queue-with-its-depth", queue_with_its_depth, .driver = GT_VFIO },
	{ "further-error-joins-the-recovery", further_error_joins, .driver = GT_VFIO },
	{ "dropped-with-the-reason", dropped_with_the_reason, .driver = GT_VFIO },
	{ 0 }
};

const struct gt_group group_traced = { "traced", tests };
