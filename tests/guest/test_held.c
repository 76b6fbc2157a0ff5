// SPDX-License-Identifier: GPL-2.0
/*
 * test_held.c - what a user does while the event code is in the middle of its work
 *
 * The event code is held there (hold.h), so each of these goes the same way every
 * time. The races are in test_race.c.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>

#include "harness.h"
#include "hold.h"
#include "inject.h"
#include "nvme.h"
#include "policy.h"
#include "uevent.h"

#define EVENT_MS	10000
#define QUIET_MS	1000	/* that nothing comes any more */

/* An injected error, which is handled in the context of the one who injects it */
struct injector {
	const struct fn *fn;
	pthread_t thread;
	int ret;
};

static void *inject_it(void *arg)
{
	struct injector *in = arg;

	in->ret = inject(in->fn, PEC_TPROTE, 0);
	return NULL;
}

static int injector_start(struct gt *t, struct injector *in)
{
	in->fn = &t->fn[0];
	GT_OK(t, "start a thread", -pthread_create(&in->thread, NULL, inject_it, in));
	return GT_PASS;
}

/* The event has been dealt with when this returns */
static int injector_end(struct gt *t, struct injector *in)
{
	pthread_join(in->thread, NULL);
	GT_OK(t, "inject", in->ret);
	return GT_PASS;
}

static int expect_uevents(struct gt *t, int events, const char *const *want)
{
	char word[64];

	for (; *want; want++) {
		GT_OK(t, *want, uevent_next_error(events, &t->fn[0], EVENT_MS, word, sizeof(word)));
		GT_STR(t, "uevent", word, *want);
	}
	return GT_PASS;
}

/* A user's recovery that it gave up, then the host's */
static const char *const handed_back[] = {
	"BEGIN_RECOVERY", "FAILED_RECOVERY", "BEGIN_RECOVERY", "SUCCESSFUL_RECOVERY", NULL,
};

/*
 * The user closes the device while the event code is at @step: the reset at close
 * cannot get the locks. What is blocked then is brought back by the host.
 */
static int closed_at(struct gt *t, enum hold_step step)
{
	int events = uevent_open();
	struct hold hold;
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_TRY(hold_next(t, &hold, step));
	GT_OK(t, "make an error", vfio_nvme_make_error(&v));
	GT_TRY(hold_wait(t, &hold));
	vfio_close_device(&v);
	GT_TRY(hold_let_go(t, &hold));
	GT_TRY(expect_uevents(t, events, handed_back));
	GT_OK(t, "open the device again", vfio_open_device(&v));
	GT_TRY(gt_expect_no_error(t, &v));
	return gt_expect_works(t, &v);
}

static int closed_when_told(struct gt *t)
{
	return closed_at(t, HOLD_USER);
}

static int closed_before_it_is_told(struct gt *t)
{
	return closed_at(t, HOLD_ERROR_DETECTED);
}

/* As closed_before_it_is_told(), but a policy gives the function up: no begin without an end */
static int closed_before_a_policy_isolates(struct gt *t)
{
	static const char *const given_up[] = { "BEGIN_RECOVERY", "FAILED_RECOVERY", NULL };
	int events = uevent_open();
	struct hold hold;
	char word[64];
	struct vfio v;

	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, "vote-isolate"));
	GT_TRY(gt_open(t, &v));
	GT_TRY(hold_next(t, &hold, HOLD_ERROR_DETECTED));
	GT_OK(t, "make an error", vfio_nvme_make_error(&v));
	GT_TRY(hold_wait(t, &hold));
	vfio_close_device(&v);
	GT_TRY(hold_let_go(t, &hold));
	GT_TRY(expect_uevents(t, events, given_up));
	GT_ERR(t, "one more uevent",
	       uevent_next_error(events, &t->fn[0], QUIET_MS, word, sizeof(word)), -ETIMEDOUT);
	return policy_begin(t);
}

/* The host handles it under a number of its own, but firmware reported one event */
static int handed_back_is_counted_once(struct gt *t)
{
	uint64_t events, machine, now;
	char line[512];
	struct injector in;
	struct hold hold;
	struct trace tr;
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_OK(t, "events", fn_counter(&t->fn[0], "events", &events));
	GT_OK(t, "events of the machine", machine_counter("events", &machine));
	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(hold_next(t, &hold, HOLD_USER));
	GT_TRY(injector_start(t, &in));
	GT_TRY(hold_wait(t, &hold));
	vfio_close_device(&v);
	GT_TRY(hold_let_go(t, &hold));
	GT_TRY(injector_end(t, &in));
	/* It was handled twice: otherwise there is nothing to be counted */
	GT_OK(t, "the user's recovery",
	      trace_last(&tr, "s390_zpci_recovery_end", "abandoned", line, sizeof(line)));
	GT_TRY(gt_expect_end(t, &tr, "recovered", "none"));
	trace_stop(&tr);
	GT_TRY(gt_expect_counter(t, &t->fn[0], "events", events + 1));
	GT_OK(t, "events of the machine", machine_counter("events", &now));
	GT_EQ(t, "events of the machine", now, machine + 1);
	return GT_PASS;
}

/*
 * Between the close and the host's recovery the function is opened again. The new
 * user is told of an error that is past, and one more reset does no harm.
 */
static int opened_before_the_host_has_it(struct gt *t)
{
	struct hold told, again;
	struct injector in;
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_TRY(hold_next(t, &told, HOLD_USER));
	GT_TRY(injector_start(t, &in));
	GT_TRY(hold_wait(t, &told));
	GT_TRY(hold_next(t, &again, HOLD_REFRESH));
	vfio_close(&v);
	GT_TRY(hold_let_go(t, &told));
	GT_TRY(hold_wait(t, &again));
	GT_TRY(gt_open(t, &v));
	GT_TRY(gt_expect_no_error(t, &v));
	GT_TRY(hold_let_go(t, &again));
	GT_TRY(injector_end(t, &in));
	GT_TRY(gt_expect_real_error(t, &v));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	return gt_expect_works(t, &v);
}

/*
 * The event code has the state lock and not the device lock. The slot, which wants
 * the first, is busy then, and an FLR, which wants none, must not help out.
 */
static int slot_is_busy(struct gt *t, struct hold *hold, struct injector *in)
{
	GT_OK(t, "reset by the slot only", fn_set_reset_methods(&t->fn[0], "bus"));
	GT_TRY(hold_next(t, hold, HOLD_LOCK));
	GT_TRY(injector_start(t, in));
	return hold_wait(t, hold);
}

static int slot_is_free(struct gt *t, struct hold *hold, struct injector *in)
{
	GT_TRY(hold_let_go(t, hold));
	return injector_end(t, in);
}

/* "No" would be the answer to all resets of the session */
static int expect_resets_work(struct gt *t, struct vfio *v)
{
	uint32_t flags;

	GT_OK(t, "VFIO_DEVICE_GET_INFO", vfio_flags(v, &flags));
	GT_EQ(t, "VFIO_DEVICE_FLAGS_RESET", flags & VFIO_DEVICE_FLAGS_RESET,
	      VFIO_DEVICE_FLAGS_RESET);
	return GT_PASS;
}

static int open_while_the_slot_is_busy(struct gt *t)
{
	struct injector in;
	struct hold hold;
	struct vfio v;

	GT_OK(t, "open the group", vfio_open_group(&v, &t->fn[0]));
	GT_TRY(slot_is_busy(t, &hold, &in));
	GT_ERR(t, "open the device", vfio_open_device_once(&v), -EAGAIN);
	GT_TRY(slot_is_free(t, &hold, &in));
	GT_OK(t, "open the device later", vfio_open_device_once(&v));
	GT_TRY(expect_resets_work(t, &v));
	GT_OK(t, "reset", vfio_reset_once(&v));
	return GT_PASS;
}

static int reset_while_the_slot_is_busy(struct gt *t)
{
	struct injector in;
	struct hold hold;
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_TRY(slot_is_busy(t, &hold, &in));
	GT_ERR(t, "reset", vfio_reset_once(&v), -EAGAIN);
	GT_TRY(expect_resets_work(t, &v));
	GT_TRY(slot_is_free(t, &hold, &in));
	GT_OK(t, "reset later", vfio_reset_once(&v));
	return gt_expect_works(t, &v);
}

struct reader {
	struct vfio *v;
	pthread_t thread;
	int ret;
};

static void *read_it(void *arg)
{
	struct reader *r = arg;
	struct ccdf ccdf;

	r->ret = vfio_read_error(r->v, &ccdf);
	return NULL;
}

/* Two have a copy of the same error: the faster has read it, the other finds none */
static int error_has_one_reader(struct gt *t)
{
	struct reader slow;
	struct hold hold;
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_OK(t, "inject", inject(&v.fn, PEC_TPROTE, 0));
	GT_TRY(hold_next(t, &hold, HOLD_READ));
	slow.v = &v;
	GT_OK(t, "start a thread", -pthread_create(&slow.thread, NULL, read_it, &slow));
	GT_TRY(hold_wait(t, &hold));
	GT_TRY(gt_expect_real_error(t, &v));
	GT_TRY(hold_let_go(t, &hold));
	pthread_join(slow.thread, NULL);
	GT_ERR(t, "the slow read", slow.ret, -ENOMSG);
	return GT_PASS;
}

/* The switch works between two decisions of one recovery: it is not asked for the second */
static int policy_killed_in_mid_recovery(struct gt *t)
{
	struct injector in;
	struct hold hold;
	struct trace tr;

	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, "vote-isolate"));
	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(hold_next(t, &hold, HOLD_ERROR_DETECTED));
	GT_TRY(injector_start(t, &in));
	GT_TRY(hold_wait(t, &hold));
	GT_OK(t, "switch off", file_write(POLICY_SYSFS "/enabled", "0"));
	GT_TRY(hold_let_go(t, &hold));
	GT_TRY(injector_end(t, &in));
	GT_TRY(gt_expect_end(t, &tr, "recovered", "none"));
	trace_stop(&tr);
	GT_TRY(policy_expect_value(t, "enforced", "decisions", 0));
	GT_TRY(policy_expect_word(t, "exit", "kind", "killed"));
	return policy_begin(t);
}

/* The time is over, and who ends it is at @step when the user acts */
static int too_late(struct gt *t, struct hold *hold, struct vfio *v, enum hold_step step)
{
	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, "deadline-1s"));
	GT_TRY(hold_next(t, hold, step));
	GT_TRY(gt_open_in_error(t, v));
	return hold_wait(t, hold);
}

static int reset_before_the_deadline(struct gt *t)
{
	struct hold hold;
	struct trace tr;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(too_late(t, &hold, &v, HOLD_DEADLINE));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	GT_TRY(hold_let_go(t, &hold));
	GT_ERR(t, "notification", vfio_wait_error(&v, QUIET_MS), -ETIMEDOUT);
	GT_TRY(gt_expect_end(t, &tr, "recovered", "none"));
	trace_stop(&tr);
	return gt_expect_works(t, &v);
}

/* The next error has the time that its recovery was given, and not what is left of this one */
static int error_before_the_deadline(struct gt *t)
{
	struct hold hold;
	struct trace tr;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(too_late(t, &hold, &v, HOLD_DEADLINE));
	GT_TRY(policy_apply(t, "deadline-1h"));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	GT_OK(t, "make an error", vfio_nvme_make_error(&v));
	GT_OK(t, "wait for the ERR eventfd", vfio_wait_error(&v, EVENT_MS));
	GT_TRY(hold_let_go(t, &hold));
	GT_ERR(t, "notification", vfio_wait_error(&v, QUIET_MS), -ETIMEDOUT);
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	GT_TRY(gt_expect_end(t, &tr, "recovered", "none"));
	trace_stop(&tr);
	return gt_expect_works(t, &v);
}

static int close_before_the_deadline(struct gt *t)
{
	struct hold hold;
	struct trace tr;
	struct nvme n;
	struct vfio v;

	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(too_late(t, &hold, &v, HOLD_DEADLINE));
	vfio_close(&v);
	GT_TRY(hold_let_go(t, &hold));
	poll(NULL, 0, QUIET_MS);
	GT_TRY(gt_expect_end(t, &tr, "abandoned", "none"));
	trace_stop(&tr);
	GT_OK(t, "bind nvme", nvme_bind(&t->fn[0], &n));
	return GT_PASS;
}

/* The lock that it has by now keeps the reset at close from the function: the host has it */
static int close_at_the_deadlines_locks(struct gt *t)
{
	int events = uevent_open();
	struct hold hold;
	struct vfio v;

	GT_TRY(too_late(t, &hold, &v, HOLD_DEV_LOCK));
	vfio_close_device(&v);
	GT_TRY(hold_let_go(t, &hold));
	GT_TRY(expect_uevents(t, events, handed_back));
	GT_OK(t, "open the device again", vfio_open_device(&v));
	GT_TRY(gt_expect_no_error(t, &v));
	return gt_expect_works(t, &v);
}

static const struct gt_test tests[] = {
	{ "closed-when-told-is-recovered-by-the-host", closed_when_told, .driver = GT_VFIO },
	{ "closed-before-a-policy-isolates", closed_before_a_policy_isolates, .driver = GT_VFIO },
	{ "closed-before-told-is-recovered-by-the-host", closed_before_it_is_told,
	  .driver = GT_VFIO },
	{ "handed-back-to-the-host-is-counted-once", handed_back_is_counted_once,
	  .driver = GT_VFIO },
	{ "opened-again-before-the-host-recovers-it", opened_before_the_host_has_it,
	  .driver = GT_VFIO },
	{ "open-while-the-slot-is-busy", open_while_the_slot_is_busy, .driver = GT_VFIO },
	{ "reset-while-the-slot-is-busy", reset_while_the_slot_is_busy, .driver = GT_VFIO },
	{ "error-has-one-reader", error_has_one_reader, .driver = GT_VFIO },
	{ "reset-just-before-the-deadline", reset_before_the_deadline, .driver = GT_VFIO },
	{ "next-error-just-before-the-deadline", error_before_the_deadline, .driver = GT_VFIO },
	{ "close-just-before-the-deadline", close_before_the_deadline, .driver = GT_VFIO },
	{ "close-while-the-deadline-has-the-locks", close_at_the_deadlines_locks,
	  .driver = GT_VFIO },
	{ "policy-killed-in-mid-recovery", policy_killed_in_mid_recovery, .driver = GT_VFIO },
	{ 0 }
};

const struct gt_group group_held = { "held", tests };
