/* SPDX-License-Identifier: GPL-2.0 */
/*
 * harness.h - one behaviour a test, each in a process of its own
 *
 * A test starts with functions that were taken away and found anew and that
 * have the driver it asks for. It returns as soon as something is wrong: its
 * process ends then, and with it every file, mapping and thread it had.
 */
#ifndef GUEST_HARNESS_H
#define GUEST_HARNESS_H

#include "fn.h"
#include "trace.h"
#include "vfio_nvme.h"
#include "zpci_abi.h"

#define GT_MAX_FNS	16

enum gt_driver {
	GT_VFIO,		/* vfio-pci */
	GT_HOST,		/* nvme, its disk is there */
	GT_UNBOUND,
};

/* What a running test knows; shared with the process that judges it */
struct gt {
	struct fn fn[GT_MAX_FNS];
	int nr_fns;
	char why[256];		/* why it failed or was skipped */
};

struct gt_test {
	const char *name;
	int (*run)(struct gt *t);	/* GT_PASS, or what gt_fail() and gt_skip() return */
	enum gt_driver driver;
	int fns;			/* how many functions it needs, 0 is 1 */
	unsigned int seconds;		/* time limit, 0 is GT_SECONDS */
	bool conventional;		/* it needs functions without a PCIe capability */
};

struct gt_group {
	const char *name;
	const struct gt_test *tests;	/* ends with one that has no name */
};

enum { GT_PASS, GT_FAIL, GT_SKIP };
#define GT_SECONDS	30

int gt_fail(struct gt *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int gt_skip(struct gt *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Both values are printed when they differ */
#define GT_EQ(t, what, got, want) do {						\
	long long got_ = (long long)(got), want_ = (long long)(want);		\
	if (got_ != want_)							\
		return gt_fail(t, "%s: got %lld (0x%llx), want %lld (0x%llx)",	\
			       what, got_, got_, want_, want_);			\
} while (0)

#define GT_STR(t, what, got, want) do {						\
	const char *got_ = (got), *want_ = (want);				\
	if (strcmp(got_, want_))						\
		return gt_fail(t, "%s: got '%s', want '%s'", what, got_, want_);\
} while (0)

/* 0 or -errno: anything but 0 fails, with the name of the error */
#define GT_OK(t, what, call) do {						\
	int ret_ = (call);							\
	if (ret_)								\
		return gt_fail(t, "%s: got %s, want 0", what, gt_errno(ret_));	\
} while (0)

/* -errno that is wanted */
#define GT_ERR(t, what, call, want) do {					\
	int ret_ = (call);							\
	if (ret_ != (want))							\
		return gt_fail(t, "%s: got %s, want %s", what,			\
			       gt_errno(ret_), gt_errno(want));			\
} while (0)

/* Name of -errno, "0" for success */
const char *gt_errno(int ret);

/* Open a function, set its ERR eventfd */
int gt_open(struct gt *t, struct vfio *v);
/* The same and one real error, of which the eventfd was told */
int gt_open_in_error(struct gt *t, struct vfio *v);
#define GT_TRY(call) do { int ret_ = (call); if (ret_) return ret_; } while (0)

/* The oldest error is a real one, of this function */
int gt_expect_real_error(struct gt *t, struct vfio *v);
/* Nothing is unread */
int gt_expect_no_error(struct gt *t, struct vfio *v);
int gt_expect_works(struct gt *t, struct vfio *v);
/* A counter of the function */
int gt_expect_counter(struct gt *t, const struct fn *fn, const char *name, uint64_t want);
/* A word of the last recorded event that has @has, as trace_last() finds it */
int gt_expect_traced(struct gt *t, const struct trace *tr, const char *event, const char *has,
		     const char *key, const char *want);
/* Waits for the first one to end: the uevent of a failed one comes before */
int gt_wait_end(struct gt *t, const struct trace *tr);
/* Outcome and reason of the last recovery that ended */
int gt_expect_end(struct gt *t, const struct trace *tr, const char *outcome, const char *reason);

extern const struct gt_group group_mediated, group_feature, group_queue, group_injected;
extern const struct gt_group group_traced, group_host, group_many, group_held, group_race;
extern const struct gt_group group_conventional;
extern const struct gt_group group_policy, group_policy_limits, group_policy_canary;

#endif /* GUEST_HARNESS_H */
