/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy.h - the one header of a policy written in C
 *
 * A policy is one function, which a struct_ops entry for each member and the
 * replay entry call, so that what replays is what runs:
 *
 *	#include "policy.h"
 *
 *	static __always_inline __u32 decide(const struct zpci_event_in *e, __u32 member)
 *	{
 *		return e->driver_is... ? ZPCI_VERDICT_ISOLATE : ZPCI_VERDICT_DEFAULT;
 *	}
 *
 *	ZPCI_POLICY("what it does, in a line");
 *	ZPCI_ON_EVENT(decide);
 *	ZPCI_REPLAY(decide);
 *
 *	SEC(".struct_ops.link")
 *	struct zpci_recovery_ops my_policy = {
 *		.event = (void *)zpci_event,
 *		.name = "my-policy",
 *	};
 *
 * docs/policy-author-guide.md has the details.
 */
#ifndef ZREC_POLICY_H
#define ZREC_POLICY_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "policy-abi.h"

char LICENSE[] SEC("license") = "GPL";

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* The kernel's; CO-RE finds the fields where that kernel has them */
struct zpci_recovery {
	__u64 id;
	__u64 faddr;
	__u64 events;
	__u64 recovered;
	__u64 failed;
	__u64 last_event_ns;
	__u32 fid;
	__u32 fh;
	__u32 uid;
	__u32 class;
	__u16 pec;
	__u16 pchid;
	__u16 vfn;
	__u16 vendor;
	__u16 device;
	__u16 domain;
	__u8 bus;
	__u8 devfn;
	__u8 pft;
	__u8 mediated;
	__u8 attempt;
	__u8 vote;
	char driver[ZPCI_DRIVER_LEN];
};

#pragma clang attribute pop

struct zpci_recovery_ops {
	__u32 (*event)(struct zpci_recovery *rec);
	__u32 (*vote)(struct zpci_recovery *rec);
	__u32 (*reset)(struct zpci_recovery *rec);
	__u32 (*failed)(struct zpci_recovery *rec);
	__u32 (*deadline)(struct zpci_recovery *rec);
	void (*done)(struct zpci_recovery *rec, __u32 outcome, __u32 reason);
	__u32 flags;
	__u32 window_s;
	__u32 max_isolations;
	__u32 max_clamps;
	__u32 max_failures;
	char name[ZPCI_POLICY_NAME_LEN];
};

/* What zrec fills in before it loads the object; unchanged by bpftool */
#define ZPCI_POLICY(text)						\
	const volatile struct zpci_policy_setup zpci_setup		\
		__attribute__((used)) SEC(ZPCI_POLICY_SETUP_MAP) = {	\
		.abi = ZPCI_POLICY_ABI,					\
		.description = text,					\
	}

extern const volatile struct zpci_policy_setup zpci_setup;

/* Of an event that is decided on now, or of a recorded one */
static __always_inline __u64 zpci_now(const struct zpci_event_in *e)
{
	return e->now_ns ? e->now_ns : bpf_ktime_get_ns();
}

/* The kernel pads the name with zeroes */
static __always_inline const __zrec_u64 *zpci_driver_words(struct zpci_recovery *rec)
{
	return (const __zrec_u64 *)__builtin_preserve_access_index(&rec->driver);
}

/* Fields that the decision does not look at are not read either */
static __always_inline void zpci_read(struct zpci_event_in *e, struct zpci_recovery *rec)
{
	const __zrec_u64 *driver = zpci_driver_words(rec);

	e->now_ns = 0;
	e->id = rec->id;
	e->faddr = rec->faddr;
	e->events = rec->events;
	e->recovered = rec->recovered;
	e->failed = rec->failed;
	e->last_event_ns = rec->last_event_ns;
	e->fid = rec->fid;
	e->fh = rec->fh;
	e->uid = rec->uid;
	e->class_code = rec->class;
	e->pec = rec->pec;
	e->pchid = rec->pchid;
	e->vfn = rec->vfn;
	e->vendor = rec->vendor;
	e->device = rec->device;
	e->domain = rec->domain;
	e->bus = rec->bus;
	e->devfn = rec->devfn;
	e->pft = rec->pft;
	e->mediated = rec->mediated;
	e->attempt = rec->attempt;
	e->vote = rec->vote;
	e->driver_words[0] = driver[0];
	e->driver_words[1] = driver[1];
	e->driver_words[2] = driver[2];
}

/* True if the policy decides for this function, false if the default does */
static __always_inline bool zpci_in_canary(__u32 fid)
{
	switch (zpci_setup.canary) {
	case ZPCI_CANARY_OFF:
		return true;
	case ZPCI_CANARY_PERCENT:
		return zpci_canary_hash(fid) < zpci_setup.percent;
	}
	for (__u32 i = 0; i < ZPCI_CANARY_FIDS_MAX && i < zpci_setup.nr_fids; i++)
		if (zpci_setup.fid[i] == fid)
			return true;
	return false;
}

#define ZPCI_MEMBER_PROG(entry, nr, decide)				\
	SEC("struct_ops/" #entry)					\
	__u32 BPF_PROG(zpci_##entry, struct zpci_recovery *rec)		\
	{								\
		struct zpci_event_in e;					\
									\
		if (!zpci_in_canary(rec->fid))				\
			return ZPCI_VERDICT_DEFAULT;			\
		zpci_read(&e, rec);					\
		return decide(&e, nr);					\
	}								\
	struct zpci_event_in		/* takes the semicolon */

/* Entries zpci_event, zpci_vote, ... for struct zpci_recovery_ops */
#define ZPCI_ON_EVENT(decide)		ZPCI_MEMBER_PROG(event, ZPCI_MEMBER_EVENT, decide)
#define ZPCI_ON_VOTE(decide)		ZPCI_MEMBER_PROG(vote, ZPCI_MEMBER_VOTE, decide)
#define ZPCI_ON_RESET(decide)		ZPCI_MEMBER_PROG(reset, ZPCI_MEMBER_RESET, decide)
#define ZPCI_ON_FAILED(decide)		ZPCI_MEMBER_PROG(failed, ZPCI_MEMBER_FAILED, decide)
#define ZPCI_ON_DEADLINE(decide)	ZPCI_MEMBER_PROG(deadline, ZPCI_MEMBER_DEADLINE, decide)

/* All of them, and what goes into struct zpci_recovery_ops then */
#define ZPCI_ON_ALL(decide)						\
	ZPCI_ON_EVENT(decide);						\
	ZPCI_ON_VOTE(decide);						\
	ZPCI_ON_RESET(decide);						\
	ZPCI_ON_FAILED(decide);						\
	ZPCI_ON_DEADLINE(decide)

#define ZPCI_ALL_MEMBERS						\
	.event = (void *)zpci_event,					\
	.vote = (void *)zpci_vote,					\
	.reset = (void *)zpci_reset,					\
	.failed = (void *)zpci_failed,					\
	.deadline = (void *)zpci_deadline

/* A function void (const struct zpci_event_in *, __u32 outcome, __u32 reason) */
#define ZPCI_ON_DONE(end)						\
	SEC("struct_ops/done")						\
	void BPF_PROG(zpci_done, struct zpci_recovery *rec, __u32 outcome, __u32 reason) \
	{								\
		struct zpci_event_in e;					\
									\
		if (!zpci_in_canary(rec->fid))				\
			return;						\
		zpci_read(&e, rec);					\
		end(&e, outcome, reason);				\
	}								\
	struct zpci_event_in

static __always_inline void zpci_no_end(const struct zpci_event_in *e, __u32 outcome, __u32 reason)
{
}

/*
 * What zrec runs recorded events and test vectors through, one at a time or many. @decide
 * is asked for every member: it answers ZPCI_VERDICT_DEFAULT to those it has no opinion on.
 * The map has one element unless zrec loads the object for a replay.
 */
#define ZPCI_REPLAY_BOTH(decide, end)					\
	struct {							\
		__uint(type, BPF_MAP_TYPE_ARRAY);			\
		__uint(map_flags, BPF_F_MMAPABLE);			\
		__uint(max_entries, 1);					\
		__type(key, __u32);					\
		__type(value, struct zpci_replay);			\
	} zpci_calls SEC(".maps");					\
									\
	static __attribute__((noinline))				\
	__u32 zpci_call(const struct zpci_replay *call)			\
	{								\
		const struct zpci_event_in *e = &call->event;		\
									\
		if (!zpci_in_canary(e->fid))				\
			return ZPCI_VERDICT_DEFAULT;			\
		switch (call->member) {					\
		case ZPCI_MEMBER_EVENT:					\
			return decide(e, ZPCI_MEMBER_EVENT);		\
		case ZPCI_MEMBER_VOTE:					\
			return decide(e, ZPCI_MEMBER_VOTE);		\
		case ZPCI_MEMBER_RESET:					\
			return decide(e, ZPCI_MEMBER_RESET);		\
		case ZPCI_MEMBER_FAILED:				\
			return decide(e, ZPCI_MEMBER_FAILED);		\
		case ZPCI_MEMBER_DEADLINE:				\
			return decide(e, ZPCI_MEMBER_DEADLINE);		\
		case ZPCI_MEMBER_DONE:					\
			end(e, call->outcome, call->reason);		\
			break;						\
		}							\
		return ZPCI_VERDICT_DEFAULT;				\
	}								\
									\
	SEC("syscall")							\
	int zpci_replay(struct zpci_replay *ctx)			\
	{								\
		struct zpci_replay call = *ctx;				\
									\
		return zpci_call(&call);				\
	}								\
									\
	static long zpci_next_call(__u64 i, void *none)			\
	{								\
		__u32 nr = i;						\
		struct zpci_replay *call = bpf_map_lookup_elem(&zpci_calls, &nr); \
									\
		if (!call)						\
			return 1;					\
		call->verdict = zpci_call(call);			\
		return 0;						\
	}								\
									\
	SEC("syscall")							\
	int zpci_replay_batch(struct zpci_replay_batch *ctx)		\
	{								\
		return bpf_loop(ctx->nr, zpci_next_call, (void *)0, 0);	\
	}								\
	struct zpci_event_in

#define ZPCI_REPLAY(decide)		ZPCI_REPLAY_BOTH(decide, zpci_no_end)
#define ZPCI_REPLAY_DONE(decide, end)	ZPCI_REPLAY_BOTH(decide, end)

#endif /* ZREC_POLICY_H */
