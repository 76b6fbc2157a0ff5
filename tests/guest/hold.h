/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hold.h - stop the kernel at a step of a recovery, for as long as a test needs
 *
 * What happens while the event code has its locks is over in microseconds. A BPF
 * program at the tracepoint of a step, or at a function, keeps a processor busy there
 * until the test has done what it wants to do meanwhile: no test of it depends on
 * who is faster. It takes two processors, and stands in the way of RCU: what
 * waits for a grace period cannot be done meanwhile.
 */
#ifndef GUEST_HOLD_H
#define GUEST_HOLD_H

#include <linux/types.h>

/* Steps of s390_zpci_step_begin, and what is locked when they begin */
enum hold_step {
	HOLD_REFRESH = 0,		/* nothing */
	HOLD_LOCK = 1,			/* state_lock */
	HOLD_ERROR_DETECTED = 2,	/* and the device lock; the driver is told next */
	HOLD_USER = 9,			/* likewise; the user was told */

	/* No steps: a reader has its copy of an error, which is in the queue still; */
	HOLD_READ = 100,
	/* the user's time is over, nothing is locked yet */
	HOLD_DEADLINE = 101,
	/* likewise, state_lock; for whoever takes the locks of a device and its bus */
	HOLD_DEV_LOCK = 102,
};

enum hold_state {
	HOLD_OFF,
	HOLD_ARMED,		/* the step that comes next is held */
	HOLD_HELD,
	HOLD_LET_GO,
	HOLD_TOO_LONG,		/* nobody let it go: it went on by itself */
};

/* What the program and the test share */
struct hold_control {
	__u64 step;
	__u64 until_ns;		/* of CLOCK_MONOTONIC */
	__u64 state;
};

#ifndef __bpf__
#include "harness.h"

struct hold {
	int map;
	struct hold_control control;
};

/* The next to come there is held; nothing remains of it when the process ends */
int hold_next(struct gt *t, struct hold *h, enum hold_step step);
/* Waits until one is */
int hold_wait(struct gt *t, struct hold *h);
/* Lets it go; an error if it has gone by itself, as the test tested nothing then */
int hold_let_go(struct gt *t, struct hold *h);
#endif

#endif /* GUEST_HOLD_H */
