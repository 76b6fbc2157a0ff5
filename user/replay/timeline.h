/* SPDX-License-Identifier: GPL-2.0 */
/*
 * timeline.h - recorded recoveries become the calls that the kernel made, or would have
 *
 * Recoveries come one boot after the other, and in each in the order of their error events;
 * some stay open for long while others begin and end. Here each boot gets its calls in the
 * order of time, with what a policy saw of the function at that moment. What the record does
 * not have of it is counted again, from the recording.
 */
#ifndef ZREC_REPLAY_TIMELINE_H
#define ZREC_REPLAY_TIMELINE_H

#include "base/heap.h"
#include "keep/record.h"
#include "policy-abi.h"
#include "replay/points.h"

#define REPLAY_MAX_POLICIES	8

struct replay_timeline;

/* A function in one life, in one boot */
struct replay_function {
	uint32_t fid;
	uint32_t life;
	uint64_t events;
	uint64_t recovered;
	uint64_t failed;
	uint64_t this_event_ns;
	uint64_t last_event_ns;
	uint32_t given_up;		/* a bit for each policy that did, where the record did not */
	uint64_t ended_ns;		/* its last recovery; 0: none yet */
	void *ended_as;			/* what that counted in, see known.h */
};

struct replay_boot {
	struct history_boot name;
	size_t number;			/* in the order in which they came */
	uint64_t wall_offset_ns;	/* CLOCK_REALTIME - CLOCK_MONOTONIC, of its first recovery */
	bool begun;			/* it had its turn, or has it */
};

/* What became of a recovery under a policy */
enum replay_path {
	REPLAY_SAME,			/* as recorded */
	REPLAY_ISOLATED,		/* given up; its outcome is known by that */
	REPLAY_EXPIRED,			/* likewise, as user space ran out of the policy's time */
	REPLAY_RESET,			/* reset where it was tried without */
	REPLAY_WITHOUT,			/* tried without the reset that a recorded policy wanted */
	REPLAY_AGAIN,			/* one more reset where the record has none */
	REPLAY_NOT_ISOLATED,		/* goes on where the record ends by a policy */
	REPLAY_NOT_REACHED,		/* of a function that this policy had given up */
	REPLAY_NR_PATHS
};

struct replay_recovery {
	struct replay_boot *boot;
	struct replay_function *function;
	unsigned int users;
	uint64_t id;
	int64_t wall_ns;
	uint64_t end_ns;		/* CLOCK_MONOTONIC */
	uint32_t missing;		/* bits of enum replay_missing */
	uint32_t events_left;		/* that no point stands for */
	uint8_t outcome;
	uint8_t reason;
	uint8_t vote;			/* of the driver, in the end */
	bool resets;			/* the record has platform resets */
	uint8_t path[REPLAY_MAX_POLICIES];	/* enum replay_path */
	uint8_t expired;		/* as recorded, a bit for each policy */
	uint8_t counted;		/* as incomplete, likewise */
	struct zpci_event_in event;	/* as far as it stays the same */
	struct zrec_span_policy *decided;	/* NULL: no policy was asked */
	size_t nr;
	struct replay_point point[];
};

struct replay_call {
	struct replay_recovery *r;	/* the receiver's, to replay_recovery_put() */
	const struct replay_point *point;	/* NULL: ZPCI_MEMBER_DONE */
	struct zpci_replay call;
};

/* Receives a call; what it returns ends everything unless it is 0 */
typedef int (*replay_call_fn)(void *ctx, const struct replay_call *call);

int replay_timeline_new(struct replay_timeline **ret, replay_call_fn fn, void *ctx);
void replay_timeline_free(struct replay_timeline *t);
/* True if the recoveries that come now are of that boot */
bool replay_timeline_has(const struct replay_timeline *t, const struct history_boot *name);
/*
 * 0, a negative errno, or what the receiver returned; -EINVAL: it begins before the last one, or
 * another boot has its turn, or this one had it
 */
int replay_timeline_add(struct replay_timeline *t, const struct history_recovery *r);
/* No more recoveries of the boot: all that is still to come */
int replay_timeline_finish(struct replay_timeline *t);
/* Forgets its functions, also those of calls; NULL: there was no boot */
struct replay_boot *replay_timeline_leave(struct replay_timeline *t);

/* The boot of that name, which is added; NULL: no memory */
struct replay_boot *replay_boot_find(struct replay_timeline *t, const struct history_boot *name);
/* How many of them, and of machines */
void replay_timeline_count(const struct replay_timeline *t, size_t *boots, size_t *hosts);
/* The one clock in terms of the other; what strangers wrote may be out of any range */
int64_t replay_wall_ns(const struct replay_boot *boot, uint64_t at_ns);
uint64_t replay_monotonic_ns(const struct replay_boot *boot, int64_t wall_ns);
void replay_recovery_put(struct replay_recovery *r);

#endif /* ZREC_REPLAY_TIMELINE_H */
