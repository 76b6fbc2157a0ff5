// SPDX-License-Identifier: GPL-2.0
/* test_policy.c - what each member of a policy changes, and what it cannot */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "harness.h"
#include "inject.h"
#include "nvme.h"
#include "policy.h"
#include "uevent.h"

#define EVENT_MS	5000
#define RECOVERY_MS	20000

static int expect_step(struct gt *t, const struct trace *tr, const char *step, bool want)
{
	char has[64], line[512];

	snprintf(has, sizeof(has), "step=%s", step);
	if (!trace_last(tr, "s390_zpci_step_begin", has, line, sizeof(line)) != want)
		return gt_fail(t, "step %s: got %s, want %s", step, want ? "none" : "one",
			       want ? "one" : "none");
	return GT_PASS;
}

static int expect_uevents(struct gt *t, int events, const char *end)
{
	char word[64];

	GT_OK(t, "begin", uevent_next_error(events, &t->fn[0], RECOVERY_MS, word, sizeof(word)));
	if (!strcmp(word, "BEGIN_RECOVERY"))
		GT_OK(t, "end",
		      uevent_next_error(events, &t->fn[0], RECOVERY_MS, word, sizeof(word)));
	GT_STR(t, "last uevent", word, end);
	return GT_PASS;
}

/* --- recovered by the host ----------------------------------------------- */

struct host_case {
	const char *policy;	/* NULL: none */
	const char *step;	/* what the platform is asked for first, NULL: nothing */
	const char *outcome, *reason;
	const char *clamp;	/* the line of it, if it is one */
};

/* The platform's ways to bring a function back */
static int expect_platform(struct gt *t, const struct trace *tr, const char *step)
{
	bool unblock = step && !strcmp(step, "unblock_mmio");

	GT_TRY(expect_step(t, tr, "unblock_mmio", unblock));
	/* An injected error blocks nothing: what cannot be unblocked is reset */
	return expect_step(t, tr, "reset", step);
}

/* A driver that can go on without a reset: vfio-pci, with nobody that has it open */
static int lenient_driver(struct gt *t, const struct host_case *c)
{
	uint64_t clamps;
	struct trace tr;

	GT_TRY(policy_begin(t));
	if (c->policy)
		GT_TRY(policy_apply(t, c->policy));
	clamps = c->clamp ? policy_value("clamps", c->clamp) : 0;
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	GT_TRY(gt_expect_end(t, &tr, c->outcome, c->reason));
	GT_TRY(expect_platform(t, &tr, c->step));
	trace_stop(&tr);
	if (c->clamp)
		GT_TRY(policy_expect_value(t, "clamps", c->clamp, clamps + 1));
	return policy_expect_value(t, "enforced", "clamps", c->clamp ? 1 : 0);
}

#define LENIENT(name, ...)						\
static int name(struct gt *t)						\
{									\
	return lenient_driver(t, &(const struct host_case){ __VA_ARGS__ });	\
}

LENIENT(without_a_policy, NULL, "unblock_mmio", "recovered", "none", NULL)
LENIENT(default_changes_nothing, "all-default", "unblock_mmio", "recovered", "none", NULL)
LENIENT(event_reset, "event-reset", "reset", "recovered", "none", NULL)
LENIENT(event_isolate, "event-isolate", NULL, "isolated", "policy", NULL)
LENIENT(event_invalid, "event-invalid", "unblock_mmio", "recovered", "none", "event_invalid")
LENIENT(vote_reset, "vote-reset", "reset", "recovered", "none", NULL)
LENIENT(vote_isolate, "vote-isolate", NULL, "isolated", "policy", NULL)
LENIENT(vote_invalid, "vote-invalid", "unblock_mmio", "recovered", "none", "vote_invalid")

/* A driver that wants a reset, and a device that has really failed */
static int strict_driver(struct gt *t, const struct host_case *c)
{
	int events = uevent_open();
	uint64_t clamps;
	struct trace tr;
	struct nvme n;

	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, c->policy));
	clamps = c->clamp ? policy_value("clamps", c->clamp) : 0;
	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "make an error", nvme_make_error(&n));
	GT_TRY(expect_uevents(t, events, strcmp(c->outcome, "recovered") ? "FAILED_RECOVERY" :
			      "SUCCESSFUL_RECOVERY"));
	GT_TRY(gt_wait_end(t, &tr));
	GT_TRY(gt_expect_end(t, &tr, c->outcome, c->reason));
	GT_TRY(expect_platform(t, &tr, c->step));
	trace_stop(&tr);
	if (c->clamp)
		GT_TRY(policy_expect_value(t, "clamps", c->clamp, clamps + 1));
	return GT_PASS;
}

#define STRICT(name, ...)						\
static int name(struct gt *t)						\
{									\
	return strict_driver(t, &(const struct host_case){ __VA_ARGS__ });	\
}

STRICT(real_event_isolate, "event-isolate", NULL, "isolated", "policy", NULL)
STRICT(real_vote_isolate, "vote-isolate", NULL, "isolated", "policy", NULL)
STRICT(real_vote_reset, "vote-reset", "reset", "recovered", "none", "vote_reset")
STRICT(real_reset_isolate, "reset-isolate", NULL, "isolated", "policy", NULL)
STRICT(real_reset_reset, "reset-reset", "reset", "recovered", "none", "reset_reset")
STRICT(real_reset_invalid, "reset-invalid", "reset", "recovered", "none", "reset_invalid")

/* What is isolated is lost to its driver, and the operator can bring it back */
static int isolated_until_recovered(struct gt *t)
{
	char block[NVME_READ_LEN];
	struct nvme n;

	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, "event-isolate"));
	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	GT_OK(t, "unbind", fn_bind(&t->fn[0], ""));
	if (!fn_bind(&t->fn[0], "nvme"))
		return gt_fail(t, "nvme takes the isolated function");
	GT_OK(t, "recover", fn_recover(&t->fn[0]));
	GT_OK(t, "bind nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "read", nvme_read(&n, block));
	return GT_PASS;
}

/* The platform cannot reset the function; @fails times, then it can */
static int failing_reset(struct gt *t, const char *policy, const char *fails, const char *outcome,
			 const char *clamp)
{
	uint64_t clamps;
	struct trace tr;
	struct nvme n;
	int ret, wait;

	GT_TRY(policy_begin(t));
	if (access(FAIL_RESETS, F_OK))
		return gt_skip(t, "this kernel cannot make a reset fail");
	GT_TRY(policy_apply(t, policy));
	clamps = clamp ? policy_value("clamps", clamp) : 0;
	GT_OK(t, "nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "fail resets", file_write(FAIL_RESETS, fails));
	ret = nvme_make_error(&n);
	wait = gt_wait_end(t, &tr);
	GT_OK(t, "fail no more resets", file_write(FAIL_RESETS, "0"));
	GT_OK(t, "make an error", ret);
	GT_TRY(wait);
	GT_TRY(gt_expect_end(t, &tr, outcome, strcmp(outcome, "recovered") ? "reset_failed" : "none"));
	trace_stop(&tr);
	if (clamp)
		GT_TRY(policy_expect_value(t, "clamps", clamp, clamps + 1));
	return GT_PASS;
}

static int failed_reset_tries_again(struct gt *t)
{
	return failing_reset(t, "failed-reset", "2", "recovered", NULL);
}

static int failed_reset_three_times_only(struct gt *t)
{
	return failing_reset(t, "failed-reset", "3", "failed", "failed_reset");
}

static int failed_isolate(struct gt *t)
{
	return failing_reset(t, "failed-isolate", "1", "failed", "failed_isolate");
}

static int failed_invalid(struct gt *t)
{
	return failing_reset(t, "failed-invalid", "1", "failed", "failed_invalid");
}

/* --- recovered by user space --------------------------------------------- */

static int user_isolated(struct gt *t, const char *policy)
{
	int events = uevent_open();
	struct trace tr;
	struct vfio v;

	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, policy));
	GT_OK(t, "trace", trace_start(&tr));
	GT_TRY(gt_open_in_error(t, &v));
	GT_TRY(expect_uevents(t, events, "FAILED_RECOVERY"));
	GT_TRY(gt_expect_end(t, &tr, "isolated", "policy"));
	trace_stop(&tr);
	/* It was told why, but a reset does not bring it back */
	GT_TRY(gt_expect_real_error(t, &v));
	vfio_reset_once(&v);
	vfio_close(&v);
	if (!fn_bind(&t->fn[0], "nvme"))
		return gt_fail(t, "nvme takes the isolated function");
	return GT_PASS;
}

static int user_event_isolate(struct gt *t)
{
	return user_isolated(t, "event-isolate");
}

static int user_vote_isolate(struct gt *t)
{
	return user_isolated(t, "vote-isolate");
}

/* The host may not reset under its user: clamped, and the user recovers it */
static int user_clamped(struct gt *t, const char *policy, const char *clamp)
{
	uint64_t clamps;
	struct vfio v;

	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, policy));
	clamps = policy_value("clamps", clamp);
	GT_TRY(gt_open_in_error(t, &v));
	GT_TRY(policy_expect_value(t, "clamps", clamp, clamps + 1));
	GT_TRY(gt_expect_real_error(t, &v));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	return gt_expect_works(t, &v);
}

static int user_event_reset(struct gt *t)
{
	return user_clamped(t, "event-reset", "event_reset");
}

static int user_vote_reset(struct gt *t)
{
	return user_clamped(t, "vote-reset", "vote_reset");
}

static int user_event_invalid(struct gt *t)
{
	return user_clamped(t, "event-invalid", "event_invalid");
}

/* --- what is not asked --------------------------------------------------- */

static int not_asked(struct gt *t, uint16_t pec)
{
	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, "event-isolate"));
	GT_OK(t, "inject", inject(&t->fn[0], pec, 0));
	return policy_expect_value(t, "enforced", "decisions", 0);
}

static int permanent_is_not_asked(struct gt *t)
{
	return not_asked(t, PEC_PERMANENT);
}

static int measurement_is_not_asked(struct gt *t)
{
	return not_asked(t, PEC_FMB_UPDATE);
}

/* All that a decision says, as the tracepoint has it */
static int traced_decision(struct gt *t)
{
	char line[512], end[512], id[32], word[64];
	static const char *const want[][2] = {
		{ "policy", "event-isolate" }, { "member", "event" }, { "default", "0" },
		{ "verdict", "2" }, { "effective", "2" }, { "shadow", "0" },
	};
	struct trace tr;

	GT_TRY(policy_begin(t));
	GT_TRY(policy_apply(t, "event-isolate"));
	GT_OK(t, "trace", trace_start(&tr));
	GT_OK(t, "inject", inject(&t->fn[0], PEC_SERVICE_ACTION, 0));
	GT_OK(t, "s390_zpci_policy_decision",
	      trace_last(&tr, "s390_zpci_policy_decision", NULL, line, sizeof(line)));
	GT_OK(t, "s390_zpci_recovery_end",
	      trace_last(&tr, "s390_zpci_recovery_end", NULL, end, sizeof(end)));
	trace_stop(&tr);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		trace_value(line, want[i][0], word, sizeof(word));
		GT_STR(t, want[i][0], word, want[i][1]);
	}
	trace_value(line, "id", id, sizeof(id));
	trace_value(end, "id", word, sizeof(word));
	GT_STR(t, "id", id, word);
	return GT_PASS;
}

static const struct gt_test tests[] = {
	{ "host-without-a-policy", without_a_policy, .driver = GT_VFIO },
	{ "host-default-changes-nothing", default_changes_nothing, .driver = GT_VFIO },
	{ "host-event-reset", event_reset, .driver = GT_VFIO },
	{ "host-event-isolate", event_isolate, .driver = GT_VFIO },
	{ "host-event-invalid-is-clamped", event_invalid, .driver = GT_VFIO },
	{ "host-vote-reset", vote_reset, .driver = GT_VFIO },
	{ "host-vote-isolate", vote_isolate, .driver = GT_VFIO },
	{ "host-vote-invalid-is-clamped", vote_invalid, .driver = GT_VFIO },
	{ "real-error-event-isolate", real_event_isolate, .driver = GT_HOST },
	{ "real-error-vote-isolate", real_vote_isolate, .driver = GT_HOST },
	{ "real-error-vote-reset-of-need-reset-is-clamped", real_vote_reset, .driver = GT_HOST },
	{ "real-error-reset-isolate", real_reset_isolate, .driver = GT_HOST },
	{ "real-error-reset-reset-is-clamped", real_reset_reset, .driver = GT_HOST },
	{ "real-error-reset-invalid-is-clamped", real_reset_invalid, .driver = GT_HOST },
	{ "isolated-until-the-operator-recovers-it", isolated_until_recovered, .driver = GT_HOST },
	{ "failed-reset-tries-again", failed_reset_tries_again, .driver = GT_HOST },
	{ "failed-reset-three-times-only", failed_reset_three_times_only, .driver = GT_HOST },
	{ "failed-isolate-is-clamped", failed_isolate, .driver = GT_HOST },
	{ "failed-invalid-is-clamped", failed_invalid, .driver = GT_HOST },
	{ "user-event-isolate", user_event_isolate, .driver = GT_VFIO },
	{ "user-vote-isolate", user_vote_isolate, .driver = GT_VFIO },
	{ "user-event-reset-is-clamped", user_event_reset, .driver = GT_VFIO },
	{ "user-vote-reset-is-clamped", user_vote_reset, .driver = GT_VFIO },
	{ "user-event-invalid-is-clamped", user_event_invalid, .driver = GT_VFIO },
	{ "permanent-is-not-asked", permanent_is_not_asked, .driver = GT_VFIO },
	{ "measurement-is-not-asked", measurement_is_not_asked, .driver = GT_VFIO },
	{ "decision-is-traced", traced_decision, .driver = GT_VFIO },
	{ 0 }
};

const struct gt_group group_policy = { "policy", tests };
