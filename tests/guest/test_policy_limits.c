// SPDX-License-Identifier: GPL-2.0
/* test_policy_limits.c - a policy's time, budget and shadow, and the kill switch */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "clock.h"
#include "harness.h"
#include "inject.h"
#include "nvme.h"
#include "policy.h"
#include "uevent.h"

#define EVENT_MS	5000
#define DEADLINE_MS	2000	/* of deadline-2s */
#define LATE_MS		1500	/* what it may come later, under emulation */

static void sleep_ms(int ms)
{
	poll(NULL, 0, ms);
}

/* --- deadline ------------------------------------------------------------ */

static int open_under_deadline(struct gt *t, struct vfio *v, const char *policy)
{
	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, policy));
	return gt_open_in_error(t, v);
}

static int deadline_isolates(struct gt *t)
{
	int events = uevent_open();
	struct trace tr;
	char word[64];
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(open_under_deadline(t, &v, "deadline-2s"));
	GT_OK(t, "begin", uevent_next_error(events, &t->fn[0], EVENT_MS, word, sizeof(word)));
	GT_STR(t, "first uevent", word, "BEGIN_RECOVERY");
	/* The same eventfd says that time is up */
	sleep_ms(DEADLINE_MS / 2);
	GT_ERR(t, "early notification", vfio_wait_error(&v, 0), -ETIMEDOUT);
	GT_OK(t, "notification", vfio_wait_error(&v, DEADLINE_MS / 2 + LATE_MS));
	GT_OK(t, "end", uevent_next_error(events, &t->fn[0], EVENT_MS, word, sizeof(word)));
	GT_STR(t, "last uevent", word, "FAILED_RECOVERY");
	GT_TRY(gt_expect_end(t, &tr, "isolated", "deadline"));
	trace_stop(&tr);
	vfio_reset_once(&v);
	vfio_close(&v);
	if (!fn_bind(&t->fn[0], "nvme"))
		return gt_fail(t, "nvme takes the isolated function");
	return GT_PASS;
}

static int deadline_cancelled_by_reset(struct gt *t)
{
	struct trace tr;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(open_under_deadline(t, &v, "deadline-2s"));
	GT_TRY(gt_expect_real_error(t, &v));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	GT_ERR(t, "notification", vfio_wait_error(&v, DEADLINE_MS + LATE_MS), -ETIMEDOUT);
	GT_TRY(gt_expect_end(t, &tr, "recovered", "none"));
	trace_stop(&tr);
	return gt_expect_works(t, &v);
}

/* A second error sets a time of its own */
static int deadline_of_the_next_error(struct gt *t)
{
	struct trace tr;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(open_under_deadline(t, &v, "deadline-2s"));
	GT_TRY(gt_expect_real_error(t, &v));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	sleep_ms(DEADLINE_MS / 2);
	GT_OK(t, "make an error", vfio_nvme_make_error(&v));
	GT_OK(t, "wait for the ERR eventfd", vfio_wait_error(&v, EVENT_MS));
	sleep_ms(DEADLINE_MS * 3 / 4);
	GT_ERR(t, "early notification", vfio_wait_error(&v, 0), -ETIMEDOUT);
	GT_OK(t, "notification", vfio_wait_error(&v, DEADLINE_MS / 4 + LATE_MS));
	GT_TRY(gt_expect_end(t, &tr, "isolated", "deadline"));
	trace_stop(&tr);
	return GT_PASS;
}

static int deadline_ends_with_the_close(struct gt *t)
{
	char line[512];
	struct nvme n;
	struct trace tr;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(open_under_deadline(t, &v, "deadline-2s"));
	vfio_close(&v);
	/* Closed as early as that, it may be the host that recovers it in the end */
	GT_TRY(gt_expect_traced(t, &tr, "s390_zpci_recovery_end", "abandoned", "reason", "none"));
	sleep_ms(DEADLINE_MS + LATE_MS);
	GT_ERR(t, "end by the deadline",
	       trace_last(&tr, "s390_zpci_recovery_end", "deadline", line, sizeof(line)), -ENOENT);
	trace_stop(&tr);
	GT_OK(t, "bind nvme", nvme_bind(&t->fn[0], &n));
	return GT_PASS;
}

static int deadline_out_of_range(struct gt *t, const char *policy)
{
	uint64_t clamps;
	struct vfio v;

	GT_TRY(policy_begin(t));
	clamps = policy_value("clamps", "deadline_invalid");
	GT_TRY(open_under_deadline(t, &v, policy));
	GT_TRY(policy_expect_value(t, "clamps", "deadline_invalid", clamps + 1));
	GT_ERR(t, "notification", vfio_wait_error(&v, LATE_MS), -ETIMEDOUT);
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	return gt_expect_works(t, &v);
}

static int deadline_too_short(struct gt *t)
{
	return deadline_out_of_range(t, "deadline-short");
}

static int deadline_too_long(struct gt *t)
{
	return deadline_out_of_range(t, "deadline-long");
}

/* A close, an unbind or a reset at the very moment; whoever comes first, all is well after */
static int at_the_deadline(struct gt *t, int (*act)(struct gt *t, struct vfio *v))
{
	struct nvme n;
	struct vfio v;

	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, "deadline-1s"));
	for (int i = -3; i <= 3; i++) {
		GT_TRY(gt_open_in_error(t, &v));
		sleep_ms(1000 + i);
		GT_TRY(act(t, &v));
		GT_OK(t, "unbind", fn_bind(&t->fn[0], ""));
		GT_OK(t, "renew", fn_renew(&t->fn[0]));
		GT_OK(t, "bind vfio-pci", fn_bind(&t->fn[0], "vfio-pci"));
	}
	GT_OK(t, "bind nvme", nvme_bind(&t->fn[0], &n));
	return GT_PASS;
}

static int close_it(struct gt *t, struct vfio *v)
{
	(void)t;
	vfio_close(v);
	return GT_PASS;
}

static int reset_it(struct gt *t, struct vfio *v)
{
	/* May come too late: then it fails, or resets what is lost */
	(void)t;
	vfio_reset_once(v);
	vfio_close(v);
	return GT_PASS;
}

static int close_at_the_deadline(struct gt *t)
{
	return at_the_deadline(t, close_it);
}

static int reset_at_the_deadline(struct gt *t)
{
	return at_the_deadline(t, reset_it);
}

/* Who takes the function away has the locks that the deadline needs, until the user closes */
struct leaver {
	const struct fn *fn;
	int (*leave)(const struct fn *fn);
	int ret;
};

static void *leave(void *arg)
{
	struct leaver *l = arg;

	l->ret = l->leave(l->fn);
	return NULL;
}

static int leave_past_the_deadline(struct gt *t, int (*how)(const struct fn *fn))
{
	struct leaver l = { .fn = &t->fn[0], .leave = how };
	pthread_t leaver;
	struct trace tr;
	struct vfio v;
	int request;

	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(open_under_deadline(t, &v, "deadline-2s"));
	request = vfio_listen_request(&v);
	GT_OK(t, "set the REQ eventfd", request < 0 ? request : 0);
	GT_OK(t, "start a thread", -pthread_create(&leaver, NULL, leave, &l));
	GT_OK(t, "request for the function", vfio_wait(request, EVENT_MS));
	GT_ERR(t, "notification", vfio_wait_error(&v, DEADLINE_MS + LATE_MS), -ETIMEDOUT);
	vfio_close(&v);
	pthread_join(leaver, NULL);
	GT_OK(t, "take the function away", l.ret);
	GT_TRY(gt_expect_end(t, &tr, "abandoned", "none"));
	trace_stop(&tr);
	return GT_PASS;
}

static int unbind(const struct fn *fn)
{
	return fn_bind(fn, "");
}

static int unbound_past_the_deadline(struct gt *t)
{
	struct nvme n;

	GT_TRY(leave_past_the_deadline(t, unbind));
	GT_OK(t, "renew", fn_renew(&t->fn[0]));
	GT_OK(t, "bind nvme", nvme_bind(&t->fn[0], &n));
	return GT_PASS;
}

static int unplugged_past_the_deadline(struct gt *t)
{
	struct nvme n;

	GT_TRY(leave_past_the_deadline(t, fn_power_cycle));
	GT_OK(t, "bind nvme", nvme_bind(&t->fn[0], &n));
	return GT_PASS;
}

/* The time is the recovery's: an error that joins it gives the user no more of it */
static int further_error_sets_no_deadline(struct gt *t)
{
	struct vfio v;

	GT_TRY(open_under_deadline(t, &v, "deadline-1h"));
	GT_OK(t, "inject", inject(&v.fn, PEC_TPROTE, 0));
	GT_TRY(policy_expect_value(t, "enforced", "decisions", 1));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	return gt_expect_works(t, &v);
}

/* Who reads the error in all peace may do so, and reset the function */
static int expect_no_deadline(struct gt *t, struct vfio *v)
{
	GT_TRY(gt_expect_real_error(t, v));
	GT_ERR(t, "notification", vfio_wait_error(v, DEADLINE_MS + LATE_MS), -ETIMEDOUT);
	GT_OK(t, "reset", vfio_reset(v, NULL));
	return gt_expect_works(t, v);
}

/* Which zrec has enough time to come before, on a slow kernel too */
static const char *deadline_to_come_before(void)
{
	return clock_slow() > 1 ? "deadline-16s" : "deadline-2s";
}

/* Without a policy the kernel's own decision holds: any time it takes */
static int deadline_ends_with_its_policy(struct gt *t)
{
	struct vfio v;

	GT_TRY(open_under_deadline(t, &v, deadline_to_come_before()));
	GT_TRY(policy_begin(t));
	return expect_no_deadline(t, &v);
}

/* One that takes its place without a gap answers for it */
static int deadline_outlives_a_swap(struct gt *t)
{
	struct trace tr;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(open_under_deadline(t, &v, deadline_to_come_before()));
	GT_TRY(policy_apply(t, "event-reset"));
	GT_OK(t, "notification", vfio_wait_error(&v, DEADLINE_MS + LATE_MS));
	GT_TRY(gt_expect_end(t, &tr, "isolated", "deadline"));
	trace_stop(&tr);
	return policy_expect_value(t, "enforced", "isolations", 1);
}

/* --- budget -------------------------------------------------------------- */

static int anew(struct gt *t)
{
	GT_OK(t, "unbind", fn_bind(&t->fn[0], ""));
	GT_OK(t, "renew", fn_renew(&t->fn[0]));
	GT_OK(t, "bind vfio-pci", fn_bind(&t->fn[0], "vfio-pci"));
	return GT_PASS;
}

static int expect_ejected(struct gt *t, const char *policy, uint64_t code)
{
	GT_TRY(policy_expect_value(t, "enforced", "ejected", 1));
	GT_TRY(policy_expect_word(t, "exit", "policy", policy));
	GT_TRY(policy_expect_word(t, "exit", "kind", "budget"));
	return policy_expect_value(t, "exit", "code", code);
}

/* One too many: that very decision is the kernel's own */
static int isolations_eject(struct gt *t)
{
	struct trace tr;

	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, "one-isolation"));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	GT_TRY(gt_expect_end(t, &tr, "isolated", "policy"));
	GT_TRY(policy_expect_value(t, "enforced", "isolations_left", 0));
	GT_TRY(policy_expect_value(t, "enforced", "ejected", 0));
	GT_TRY(anew(t));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	GT_TRY(gt_expect_end(t, &tr, "recovered", "none"));
	trace_stop(&tr);
	return expect_ejected(t, "one-isolation", 1);
}

/* Time is up for one function, and for one too many: that one keeps all its time */
static int deadlines_eject(struct gt *t)
{
	struct trace tr;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(open_under_deadline(t, &v, "one-deadline"));
	GT_TRY(gt_expect_real_error(t, &v));
	GT_OK(t, "notification", vfio_wait_error(&v, DEADLINE_MS + LATE_MS));
	GT_TRY(gt_expect_end(t, &tr, "isolated", "deadline"));
	trace_stop(&tr);
	GT_TRY(policy_expect_value(t, "enforced", "isolations_left", 0));
	GT_TRY(policy_expect_value(t, "enforced", "ejected", 0));
	vfio_close(&v);
	GT_TRY(anew(t));
	GT_TRY(gt_open_in_error(t, &v));
	GT_TRY(expect_no_deadline(t, &v));
	return expect_ejected(t, "one-deadline", 1);
}

static int clamps_eject(struct gt *t)
{
	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, "one-clamp"));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	GT_TRY(policy_expect_value(t, "enforced", "ejected", 0));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	return expect_ejected(t, "one-clamp", 2);
}

static int failures_eject(struct gt *t)
{
	struct nvme n;

	GT_TRY(policy_begin(t));
	if (access(FAIL_RESETS, F_OK))
		return gt_skip(t, "this kernel cannot make a reset fail");
	GT_TRY(policy_apply(t, "one-failure"));
	for (int i = 0; i < 2; i++) {
		GT_TRY(policy_expect_value(t, "enforced", "ejected", 0));
		GT_TRY(anew(t));
		GT_OK(t, "bind nvme", nvme_bind(&t->fn[0], &n));
		GT_OK(t, "fail a reset", file_write(FAIL_RESETS, "1"));
		GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	}
	return expect_ejected(t, "one-failure", 3);
}

/* A function that is lost anyway says nothing about the policy */
static int what_is_not_tried_does_not_eject(struct gt *t)
{
	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, "one-failure"));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_PERMANENT, 0));
	for (int i = 0; i < 3; i++)
		GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	GT_TRY(policy_expect_value(t, "enforced", "failures", 0));
	return policy_expect_value(t, "enforced", "ejected", 0);
}

static int ejected_is_not_asked(struct gt *t)
{
	uint64_t decisions;

	GT_TRY(clamps_eject(t));
	decisions = policy_value("enforced", "decisions");
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	return policy_expect_value(t, "enforced", "decisions", decisions);
}

static int ejected_can_be_replaced(struct gt *t)
{
	GT_TRY(clamps_eject(t));
	GT_TRY(policy_apply(t, "event-isolate"));
	GT_TRY(policy_expect_value(t, "enforced", "ejected", 0));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	return policy_expect_value(t, "enforced", "isolations", 1);
}

/* --- kill switch --------------------------------------------------------- */

static int switched_off(struct gt *t)
{
	static const char *const again[] = {
		"zrec", "policy", "apply", POLICY_DIR "/event-isolate.bpf.o", NULL,
	};
	struct trace tr;

	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, "event-isolate"));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "switch off", file_write(POLICY_SYSFS "/enabled", "0"));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	GT_TRY(gt_expect_end(t, &tr, "recovered", "none"));
	trace_stop(&tr);
	GT_TRY(policy_expect_word(t, "exit", "kind", "killed"));
	GT_EQ(t, "exit code of zrec policy apply", policy_run(again), 6);
	GT_OK(t, "switch on", file_write(POLICY_SYSFS "/enabled", "1"));
	/* What was ejected stays so until it is applied again */
	GT_TRY(policy_expect_value(t, "enforced", "ejected", 1));
	GT_EQ(t, "exit code of zrec policy apply", policy_run(again), 0);
	return policy_expect_value(t, "enforced", "ejected", 0);
}

/* --- shadow -------------------------------------------------------------- */

static int shadow_is_not_followed(struct gt *t)
{
	struct trace tr;

	GT_TRY(policy_begin(t));
	GT_TRY(policy_shadow(t, "event-isolate"));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	GT_TRY(gt_expect_end(t, &tr, "recovered", "none"));
	trace_stop(&tr);
	GT_TRY(policy_expect_value(t, "shadow0", "disagreements", 1));
	return policy_expect_value(t, "shadow0", "disagree_event_default_isolate", 1);
}

static int four_shadows_and_no_more(struct gt *t)
{
	static const char *const four[] = {
		"event-isolate", "vote-isolate", "event-reset", "event-invalid",
	};
	static const char *const fifth[] = {
		"zrec", "policy", "shadow", POLICY_DIR "/vote-reset.bpf.o", NULL,
	};
	struct trace tr;

	GT_TRY(policy_begin(t));
	for (size_t i = 0; i < 4; i++)
		GT_TRY(policy_shadow(t, four[i]));
	GT_EQ(t, "exit code of a fifth", policy_run(fifth), 6);
	GT_TRY(policy_apply(t, "vote-reset"));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	GT_TRY(gt_expect_end(t, &tr, "recovered", "none"));
	trace_stop(&tr);
	for (char file[] = "shadow0"; file[6] < '4'; file[6]++)
		GT_TRY(policy_expect_value(t, file, "decisions", 1));
	return policy_expect_value(t, "enforced", "disagree_vote_default_reset", 1);
}

/* Four that were switched off keep nobody out, though they are still pinned */
static int switched_off_shadows_make_room(struct gt *t)
{
	static const char *const four[] = {
		"event-isolate", "vote-isolate", "event-reset", "event-invalid",
	};

	GT_TRY(policy_begin(t));
	for (size_t i = 0; i < 4; i++)
		GT_TRY(policy_shadow(t, four[i]));
	GT_OK(t, "switch off", file_write(POLICY_SYSFS "/enabled", "0"));
	GT_OK(t, "switch on", file_write(POLICY_SYSFS "/enabled", "1"));
	GT_TRY(policy_shadow(t, "vote-reset"));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	return policy_expect_value(t, "shadow0", "decisions", 1);
}

/* However often it would isolate: nobody is hurt, so it stays */
static int shadow_has_no_budget(struct gt *t)
{
	GT_TRY(policy_begin(t));
	GT_TRY(policy_shadow(t, "one-isolation"));
	for (int i = 0; i < 5; i++)
		GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	GT_TRY(policy_expect_value(t, "shadow0", "ejected", 0));
	return policy_expect_value(t, "shadow0", "disagreements", 5);
}

static const struct gt_test limit_tests[] = {
	{ "deadline-isolates", deadline_isolates, .driver = GT_VFIO },
	{ "deadline-cancelled-by-a-reset", deadline_cancelled_by_reset, .driver = GT_VFIO },
	{ "deadline-of-the-next-error", deadline_of_the_next_error, .driver = GT_VFIO },
	{ "deadline-ends-with-the-close", deadline_ends_with_the_close, .driver = GT_VFIO },
	{ "deadline-too-short-is-clamped", deadline_too_short, .driver = GT_VFIO },
	{ "deadline-too-long-is-clamped", deadline_too_long, .driver = GT_VFIO },
	{ "deadline-of-the-first-error-only", further_error_sets_no_deadline, .driver = GT_VFIO },
	{ "deadline-during-an-unbind", unbound_past_the_deadline, .driver = GT_VFIO },
	{ "deadline-during-an-unplug", unplugged_past_the_deadline, .driver = GT_VFIO },
	{ "deadline-ends-with-its-policy", deadline_ends_with_its_policy, .driver = GT_VFIO },
	{ "deadline-outlives-a-swap", deadline_outlives_a_swap, .driver = GT_VFIO },
	{ "close-at-the-deadline", close_at_the_deadline, .driver = GT_VFIO, .seconds = 60 },
	{ "reset-at-the-deadline", reset_at_the_deadline, .driver = GT_VFIO, .seconds = 60 },
	{ "isolations-eject-in-the-same-decision", isolations_eject, .driver = GT_VFIO },
	{ "deadlines-eject", deadlines_eject, .driver = GT_VFIO },
	{ "clamps-eject", clamps_eject, .driver = GT_VFIO },
	{ "failures-eject", failures_eject, .driver = GT_VFIO },
	{ "what-is-not-tried-does-not-eject", what_is_not_tried_does_not_eject, .driver = GT_VFIO },
	{ "ejected-is-not-asked", ejected_is_not_asked, .driver = GT_VFIO },
	{ "ejected-can-be-replaced", ejected_can_be_replaced, .driver = GT_VFIO },
	{ "switched-off-at-once", switched_off, .driver = GT_VFIO },
	{ "shadow-is-not-followed", shadow_is_not_followed, .driver = GT_VFIO },
	{ "shadow-four-and-no-more", four_shadows_and_no_more, .driver = GT_VFIO, .seconds = 60 },
	{ "shadow-has-no-budget", shadow_has_no_budget, .driver = GT_VFIO },
	{ "switched-off-shadows-make-room", switched_off_shadows_make_room, .driver = GT_VFIO,
	  .seconds = 60 },
	{ 0 }
};

const struct gt_group group_policy_limits = { "policy-limits", limit_tests };
