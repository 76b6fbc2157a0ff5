/* SPDX-License-Identifier: GPL-2.0 */
/*
 * zrec.h - what bpf/ and user/ agree on
 *
 * The one header that both sides of the kernel boundary include. Everything is
 * fixed width, explicitly padded and in the byte order of the machine, except
 * the CCDF, which stays as firmware wrote it: 32 bytes, big-endian.
 * A changed layout raises ZREC_ABI, and user/observe/takeover.c learns the layout
 * before it.
 */
#ifndef ZREC_H
#define ZREC_H

#include "zpci.h"

#define ZREC_ABI		4

#define ZREC_COMM_LEN		16	/* TASK_COMM_LEN of the kernel */

/* The kernel's steps, plus the time that is in none of them */
enum zrec_step {
	ZREC_STEP_OTHER = ZPCI_NR_STEPS,
	ZREC_NR_STEPS
};

/* Who brings the function back */
enum zrec_recoverer {
	ZREC_BY_NOBODY,		/* dropped, ignored, permanent */
	ZREC_BY_HOST,		/* the driver of this host */
	ZREC_BY_USER,		/* mediated: user space, through vfio */
};

/* How this kernel is observed */
enum zrec_tier {
	ZREC_TIER_TRACEPOINT,
	ZREC_NR_TIERS
};

/*
 * Bits of zrec_span.seen and .inferred: what this observation saw itself, and what
 * it concludes from what it saw. In inferred, bit N up to 15 is enum zpci_step N; a
 * step that was seen has a step_count, which says it already.
 */
#define ZREC_SEEN_EVENT		(1u << 16)	/* the error event, with its CCDF and its time */
#define ZREC_SEEN_DEVICE	(1u << 17)	/* the PCI device and its driver */
#define ZREC_SEEN_OUTCOME	(1u << 18)
#define ZREC_SEEN_OWNER		(1u << 19)	/* the process that has the device open */
#define ZREC_SEEN_DECISIONS	(1u << 20)	/* each point at which a policy may decide */
#define ZREC_SEEN_WALL_CLOCK	(1u << 21)	/* tai_ns */

/* Bits of zrec_record.flags */
#define ZREC_SPAN_DEVICE	(1u << 0)	/* the fields of the PCI device are valid */
#define ZREC_SPAN_NOTIFIED	(1u << 1)	/* an ERR eventfd was signalled */
#define ZREC_SPAN_UNHEARD	(1u << 2)	/* mediated, but no ERR eventfd was set */
#define ZREC_SPAN_POLICY	(1u << 3)	/* a policy was asked: see zrec_span_policy() */
#define ZREC_RECORD_EVENT	(1u << 30)	/* not a span: struct zrec_event */
#define ZREC_RECORD_EXIT	(1u << 31)	/* not a span: struct zrec_policy_exit */

/*
 * The ring buffer carries spans, the error events that open them, and what becomes
 * of policies. All records begin like this.
 */
struct zrec_record {
	__zrec_u16 abi;			/* ZREC_ABI */
	__zrec_u16 size;		/* of the record */
	__zrec_u32 flags;		/* ZREC_SPAN_* or ZREC_RECORD_* */
	__zrec_u64 seq;			/* from 0 on over all records; one that is missing found no room */
};

/* An error event arrived: its recovery may end soon, or stay open for long */
struct zrec_event {
	__zrec_u16 abi;
	__zrec_u16 size;
	__zrec_u32 flags;		/* ZREC_RECORD_EVENT */
	__zrec_u64 seq;
	__zrec_u64 id;			/* of its recovery, unless it joins another */
	__zrec_u64 begin_ns;		/* CLOCK_MONOTONIC */
};

/*
 * One recovery, complete. tai_ns is the moment of the event on CLOCK_TAI, the clock
 * that BPF can read and that setting the time moves; less the TAI offset it is the
 * wall clock.
 */
struct zrec_span {
	__zrec_u16 abi;
	__zrec_u16 size;		/* sizeof(struct zrec_span), or more */
	__zrec_u32 flags;		/* ZREC_SPAN_* */
	__zrec_u64 seq;
	__zrec_u64 id;			/* recovery id, unique since boot */
	__zrec_u64 begin_ns;		/* CLOCK_MONOTONIC, the error event */
	__zrec_u64 tai_ns;		/* CLOCK_TAI, the same moment */
	__zrec_u64 total_ns;		/* == sum of step_ns[], always */
	__zrec_u64 step_ns[ZREC_NR_STEPS];	/* time in each step */
	__zrec_u64 step_at_ns[ZREC_NR_STEPS];	/* its first begin, ns after begin_ns */
	__zrec_s32 step_result[ZREC_NR_STEPS];	/* 0, -errno or enum zpci_vote */
	__zrec_u16 step_count[ZREC_NR_STEPS];	/* how often it ran */
	__zrec_u32 seen;		/* ZREC_SEEN_* */
	__zrec_u32 inferred;		/* ZREC_SEEN_* */
	__zrec_u32 fid;
	__zrec_u32 fh;			/* as in the CCDF */
	__zrec_u32 uid;
	__zrec_u32 life;		/* of the function, unique since boot; 0: not known */
	__zrec_u32 class_code;		/* 24 bits, as in /sys/bus/pci/devices/.../class */
	__zrec_u32 owner_pid;		/* mediated: who opened the device; 0: not known */
	__zrec_u32 experiment;		/* that this function takes part in, 0: in none */
	__zrec_u32 events;		/* error events in this recovery, >= 1 */
	__zrec_u32 reads;		/* errors read by user space */
	__zrec_u32 overflows;		/* errors lost to the full pending queue */
	__zrec_u32 reset_tries;		/* VFIO_DEVICE_RESET calls */
	__zrec_u32 reset_failures;	/* those that did not return 0 */
	__zrec_s32 drop_rc;		/* of a failed handle refresh */
	__zrec_u16 pec;
	__zrec_u16 vendor;
	__zrec_u16 device;
	__zrec_u16 domain;
	__zrec_u16 pchid;
	__zrec_u8 bus;
	__zrec_u8 devfn;
	__zrec_u8 pft;
	__zrec_u8 outcome;		/* enum zpci_outcome */
	__zrec_u8 reason;		/* enum zpci_reason or enum zpci_drop_reason */
	__zrec_u8 recoverer;		/* enum zrec_recoverer */
	__zrec_u8 pending_max;		/* most errors unread at one time */
	__zrec_u8 tier;			/* enum zrec_tier */
	__zrec_u8 arm;			/* of the experiment, from 0 on */
	__zrec_u8 pad[5];
	__zrec_u8 ccdf[ZPCI_CCDF_LEN];	/* of the first event, raw */
	char driver[ZPCI_DRIVER_LEN];
	char owner_comm[ZREC_COMM_LEN];
};

_Static_assert(sizeof(struct zrec_span) == 48 + ZREC_NR_STEPS * 22 + 15 * 4 + 5 * 2 + 14 +
	       ZPCI_CCDF_LEN + ZPCI_DRIVER_LEN + ZREC_COMM_LEN, "struct zrec_span has a hole");

/* Bits of zrec_point.asked; 0: nobody was asked, the kernel decided by itself */
#define ZREC_ASKED_ENFORCED	(1u << 0)
#define ZREC_ASKED_SHADOW	(1u << 1)

/* Bits of zrec_point.known */
#define ZREC_KNOWN_COUNTS	(1u << 0)	/* events, recovered, failed, last_event_ns */

/* A moment at which the kernel asks policies, or would: what a replay needs of it */
struct zrec_point {
	__zrec_u64 at_ns;		/* after begin_ns */
	__zrec_u64 last_event_ns;	/* CLOCK_MONOTONIC, of the function's event before */
	__zrec_u32 events;		/* of the function in this life, as a policy sees them */
	__zrec_u32 recovered;
	__zrec_u32 failed;
	__zrec_u32 dflt;		/* what the kernel does by itself; a deadline: ms */
	__zrec_u16 pec;			/* of the event at hand, which may have joined */
	__zrec_u8 member;		/* enum zpci_member */
	__zrec_u8 vote;			/* enum zpci_vote */
	__zrec_u8 attempt;		/* platform resets so far */
	__zrec_u8 asked;		/* ZREC_ASKED_* */
	__zrec_u8 known;		/* ZREC_KNOWN_* */
	__zrec_u8 pad;
};

/* A policy's answer that was not "default" */
struct zrec_answer {
	char policy[ZPCI_POLICY_NAME_LEN];
	__zrec_u64 ns;			/* how long it took */
	__zrec_u32 dflt;		/* what the kernel does by itself */
	__zrec_u32 verdict;		/* what the policy said */
	__zrec_u32 effective;		/* what the kernel made of it; in shadow: would have */
	__zrec_u8 member;		/* enum zpci_member */
	__zrec_u8 shadow;		/* 1: recorded only */
	__zrec_u8 point;		/* which of the points; ZREC_MAX_POINTS: an unlisted one */
	__zrec_u8 pad;
};

#define ZREC_MAX_POINTS		8
#define ZREC_MAX_ANSWERS	6

/* What was decided in a recovery; the ring buffer has it right behind its span */
struct zrec_span_policy {
	char policy[ZPCI_POLICY_NAME_LEN];	/* the enforced one that was asked last, "": none */
	__zrec_u64 ns;			/* in all programs of all policies */
	__zrec_u32 decisions;		/* of the enforced policy, "default" included */
	__zrec_u32 shadow_decisions;
	__zrec_u32 nr;			/* of answer[] */
	__zrec_u32 unlisted;		/* answers that found no room there */
	__zrec_u32 nr_points;		/* of point[] */
	__zrec_u32 unlisted_points;
	struct zrec_point point[ZREC_MAX_POINTS];
	struct zrec_answer answer[ZREC_MAX_ANSWERS];
};

struct zrec_full_span {
	struct zrec_span span;
	struct zrec_span_policy policy;
};

_Static_assert(sizeof(struct zrec_record) == 16, "struct zrec_record has a hole");
_Static_assert(sizeof(struct zrec_event) == 32, "struct zrec_event has a hole");
_Static_assert(sizeof(struct zrec_point) == 40, "struct zrec_point has a hole");
_Static_assert(sizeof(struct zrec_answer) == ZPCI_POLICY_NAME_LEN + 24,
	       "struct zrec_answer has a hole");
_Static_assert(sizeof(struct zrec_span_policy) == ZPCI_POLICY_NAME_LEN + 32 +
	       ZREC_MAX_POINTS * sizeof(struct zrec_point) +
	       ZREC_MAX_ANSWERS * sizeof(struct zrec_answer),
	       "struct zrec_span_policy has a hole");
_Static_assert(sizeof(struct zrec_full_span) == sizeof(struct zrec_span) +
	       sizeof(struct zrec_span_policy), "struct zrec_full_span has a hole");

/* NULL: no policy was asked. Only for a span where the ring buffer, or a fixture, has it. */
static inline const struct zrec_span_policy *zrec_span_policy(const struct zrec_span *s)
{
	if (!(s->flags & ZREC_SPAN_POLICY) || s->size < sizeof(struct zrec_full_span))
		return (const struct zrec_span_policy *)0;
	return &((const struct zrec_full_span *)s)->policy;
}

/* A policy that is not asked any more, at its place among the spans */
struct zrec_policy_exit {
	__zrec_u16 abi;
	__zrec_u16 size;		/* sizeof(struct zrec_policy_exit), or more */
	__zrec_u32 flags;		/* ZREC_RECORD_EXIT */
	__zrec_u64 seq;
	__zrec_u64 at_ns;		/* CLOCK_MONOTONIC */
	__zrec_u64 tai_ns;		/* CLOCK_TAI, the same moment */
	__zrec_u32 kind;		/* enum zpci_policy_exit */
	__zrec_u32 code;		/* of a budget: 1 isolations, 2 clamps, 3 failures */
	char policy[ZPCI_POLICY_NAME_LEN];
	char text[ZPCI_EXIT_TEXT_LEN];	/* the same for people, as the kernel says it */
};

_Static_assert(sizeof(struct zrec_policy_exit) == 40 + ZPCI_POLICY_NAME_LEN + ZPCI_EXIT_TEXT_LEN,
	       "struct zrec_policy_exit has a hole");

/*
 * Log-linear histogram of nanoseconds: below 2^SUB_BITS a bucket a value, above
 * it 2^SUB_BITS buckets to each power of two, so that no value is further than
 * 1/128 (0.78 %) from the middle of its bucket. 2^42 ns are 73 minutes; the
 * last bucket also holds all that took longer.
 */
#define ZREC_HIST_SUB_BITS	6
#define ZREC_HIST_MAX_BITS	42
#define ZREC_HIST_BUCKETS	(((ZREC_HIST_MAX_BITS - ZREC_HIST_SUB_BITS) + 1) << ZREC_HIST_SUB_BITS)

/*
 * Bucket of a value: with the highest bit e >= SUB_BITS, the power of two and
 * the SUB_BITS bits below it. BPF has no instruction for the highest bit: it is
 * searched for by halves, down to four bits, and a constant has the rest.
 */
static inline __zrec_u32 zrec_hist_bucket(__zrec_u64 ns)
{
	__zrec_u64 v = ns, e = 0;

	if (ns < (1u << ZREC_HIST_SUB_BITS))
		return (__zrec_u32)ns;
	if (ns >> ZREC_HIST_MAX_BITS)
		return ZREC_HIST_BUCKETS - 1;
	if (v >> 16) {
		v >>= 16;
		e = 16;
		if (v >> 16) {
			v >>= 16;
			e = 32;
		}
	}
	if (v >> 8) {
		v >>= 8;
		e += 8;
	}
	if (v >> 4) {
		v >>= 4;
		e += 4;
	}
	/* Highest bit of 0 to 15, two bits each */
	e += 0xffffaa50u >> (2 * v) & 3;
	return (__zrec_u32)(((e - ZREC_HIST_SUB_BITS) << ZREC_HIST_SUB_BITS) +
			    (ns >> (e - ZREC_HIST_SUB_BITS)));
}

/* Smallest value of a bucket, in ns */
static inline __zrec_u64 zrec_hist_lower(__zrec_u32 bucket)
{
	__zrec_u32 group = bucket >> ZREC_HIST_SUB_BITS;
	__zrec_u64 sub = bucket & ((1u << ZREC_HIST_SUB_BITS) - 1);

	if (!group)
		return sub;
	return (sub + (1u << ZREC_HIST_SUB_BITS)) << (group - 1);
}

/*
 * What the observer counts a duration by. Only what came to an outcome is in a
 * histogram: spans dropped and ignored are counted, but took no part in a
 * recovery.
 */
enum zrec_hist_by {
	ZREC_HIST_BY_STEP,	/* id: enum zpci_step; driver: of that recovery */
	ZREC_HIST_BY_DRIVER,	/* total of a recovery; id: 0; driver */
	ZREC_HIST_BY_FUNCTION,	/* total of a recovery; id: FID; life; no driver */
	ZREC_HIST_BY_PEC,	/* total of a recovery; id: PEC; no driver */
	ZREC_NR_HIST_BY
};

struct zrec_hist_key {
	__zrec_u32 by;			/* enum zrec_hist_by */
	__zrec_u32 id;
	__zrec_u32 life;		/* of a function, 0: not known or none */
	__zrec_u32 pad;
	char driver[ZPCI_DRIVER_LEN];	/* padded with zeroes */
};

struct zrec_hist {
	__zrec_u64 count;		/* the sum of all buckets; the kernel leaves it at 0 */
	__zrec_u64 sum_ns;
	__zrec_u64 max_ns;
	__zrec_u32 bucket[ZREC_HIST_BUCKETS];
};

/*
 * There may be thousands of functions, so theirs are coarser: four buckets in one,
 * and no value further than 3.1 % from the middle of its bucket.
 */
#define ZREC_COARSE_SHIFT	2
#define ZREC_COARSE_BUCKETS	(ZREC_HIST_BUCKETS >> ZREC_COARSE_SHIFT)

struct zrec_coarse_hist {
	__zrec_u64 sum_ns;
	__zrec_u64 max_ns;
	__zrec_u32 bucket[ZREC_COARSE_BUCKETS];
};

_Static_assert(sizeof(struct zrec_hist_key) == 16 + ZPCI_DRIVER_LEN,
	       "struct zrec_hist_key has a hole");
_Static_assert(sizeof(struct zrec_hist) == 24 + 4 * ZREC_HIST_BUCKETS,
	       "struct zrec_hist has a hole");
_Static_assert(sizeof(struct zrec_coarse_hist) == 16 + 4 * ZREC_COARSE_BUCKETS,
	       "struct zrec_coarse_hist has a hole");

/* Places where a whole span can be lost */
enum zrec_lost {
	ZREC_LOST_NO_SLOT,	/* too many recoveries open at one time */
	ZREC_LOST_RING_FULL,	/* nobody read the ring buffer in time */
	ZREC_LOST_UNSEEN,	/* the recovery was under way when observing began */
	ZREC_LOST_UPGRADE,	/* ... when this observation took over from an older zrec's */
	ZREC_NR_LOST
};

/* Places where a span is delivered but missing in a sum */
enum zrec_unsummed {
	ZREC_UNSUMMED_DRIVER,	/* no room for histograms of one more driver */
	ZREC_UNSUMMED_PEC,	/* ... of one more PEC */
	ZREC_UNSUMMED_FUNCTION,	/* no room for one more function, or one more life of it */
	ZREC_UNSUMMED_COUNTER,	/* no room for one more (PEC, outcome) of a function */
	ZREC_NR_UNSUMMED
};

/*
 * The observer's own account. Delivered means put into the ring buffer, where
 * a span waits until it is read, whoever dies meanwhile.
 */
struct zrec_stats {
	__zrec_u64 emitted;		/* == delivered + sum of lost[], when nothing runs */
	__zrec_u64 delivered;
	__zrec_u64 lost[ZREC_NR_LOST];
	__zrec_u64 unsummed[ZREC_NR_UNSUMMED];
	__zrec_u64 joined;		/* error events that an open recovery took in */
	__zrec_u64 mediation_starts;
	__zrec_u64 mediation_stops;
	__zrec_u64 read_failures;	/* user reads of an error that failed, -ENOMSG apart */
	__zrec_u64 policy_exits;	/* policies that ended; those not delivered are in the next */
	__zrec_u64 policy_exits_lost;	/* no room in the ring buffer */
	__zrec_u64 event_records_lost;	/* likewise: a recovery open for long is not announced */
	__zrec_u64 records;		/* tried to send: the seq of the next one */
};

/*
 * What the pinned maps hold. The tables fill slot by slot, claimed with a
 * compare-and-swap on the tag, and never shrink. Those of functions have the size
 * that the loader chose, a power of two of slots. Histograms of drivers and PECs
 * come in shards, so that few processors write to one; a key may be in several
 * shards and, after a race, twice in one: readers add up.
 */
#define ZREC_FUNCTION_SLOTS_MIN	64	/* powers of two, all of them */
#define ZREC_FUNCTION_SLOTS_MAX	8192
#define ZREC_DRIVER_SLOTS	16	/* a shard */
#define ZREC_PEC_SLOTS		32	/* a shard */
#define ZREC_MAX_SHARDS		4
#define ZREC_FUNCTION_COUNTERS	24	/* (PEC, outcome) pairs of one function */

/* What is observed and how, written before the programs are loaded */
struct zrec_info {
	__zrec_u32 abi;			/* ZREC_ABI */
	__zrec_u32 span_size;		/* sizeof(struct zrec_span) */
	__zrec_u32 shards;
	__zrec_u32 ring_bytes;
	__zrec_u64 since_ns;		/* CLOCK_MONOTONIC */
	char version[24];		/* of the zrec that began */
	__zrec_u64 since_tai_ns;	/* CLOCK_TAI, the same moment */
	__zrec_u32 function_slots;	/* of functions, open recoveries and owners */
	__zrec_u32 functions;		/* that the machine had then */
	__zrec_u32 tier;		/* enum zrec_tier */
	__zrec_u32 took_over;		/* the ABI of the observation before this one, 0: none */
};

/* Of the observation as a whole */
struct zrec_state {
	__zrec_u64 first_id;		/* the first recovery that it can have seen as a whole; 0: none */
	__zrec_u64 attached;		/* where to, when it began: a bit for each hook of user/observe/hooks.c */
};

/* A recovery between its error event and its outcome, or an event not judged yet */
struct zrec_open {
	__zrec_u64 id;			/* 0: free */
	__zrec_u64 last_ns;		/* begin of what .step names, or of being in none */
	__zrec_u64 step;		/* where time goes now: enum zpci_step or ZREC_STEP_OTHER */
	__zrec_u64 deadline_ns;		/* CLOCK_MONOTONIC: a policy's, for user space; 0: none */
	__zrec_u64 point_policy;	/* the policy that was asked first at the last point */
	__zrec_u64 pec;			/* of the event at hand, which may have joined */
	struct zrec_span span;
	struct zrec_span_policy policy;	/* as of the first decision, see ZREC_SPAN_POLICY */
};

/* Who has a function open through vfio */
struct zrec_owner {
	__zrec_u64 tag;			/* FID + 1, 0: free */
	__zrec_u32 pid;			/* 0: nobody */
	__zrec_u32 pad;
	char comm[ZREC_COMM_LEN];
};

struct zrec_driver_hists {
	__zrec_u32 state;		/* 0: free, 1: being claimed, 2: in use */
	__zrec_u32 pad;
	char driver[ZPCI_DRIVER_LEN];
	struct zrec_hist step[ZREC_NR_STEPS];
	struct zrec_hist total;
};

struct zrec_pec_hist {
	__zrec_u64 tag;			/* PEC + 1, 0: free */
	struct zrec_hist hist;
};

/* How often an outcome came about */
struct zrec_counter {
	__zrec_u32 tag;			/* ZREC_COUNTER_TAG(), 0: free */
	__zrec_u32 pad;
	__zrec_u64 count;
};

#define ZREC_COUNTER_TAG(pec, outcome)	((__zrec_u32)(pec) << 16 | (__zrec_u32)((outcome) + 1))

/* One life of a function */
struct zrec_function {
	__zrec_u64 tag;			/* ZREC_FUNCTION_TAG(), 0: free */
	struct zrec_counter counter[ZREC_FUNCTION_COUNTERS];
	struct zrec_coarse_hist total;
};

#define ZREC_FUNCTION_TAG(fid, life) \
	(((__zrec_u64)(life) + 1) << 32 | (__zrec_u32)(fid))

/*
 * The moment at which an observation takes over from an older one; see bpf/takeover.h.
 * What the older one counted is added item by item. done is how many have been, which
 * the kernel counts in the same step, so that another process can go on from there.
 */
#define ZREC_TAKEOVER_ENDED	256

struct zrec_takeover {
	__zrec_u32 active;		/* both are attached */
	__zrec_u32 nr_ended;		/* of ended[], or more: the rest is counted as lost */
	__zrec_u64 done;
	__zrec_u64 ended[ZREC_TAKEOVER_ENDED];	/* recoveries that began before this one */
};

/*
 * What user space notes on the way. The counts are those of the older one from before
 * this one was attached, as they have no number by which to tell them.
 */
struct zrec_takeover_base {
	__zrec_u64 at_ns;		/* CLOCK_MONOTONIC: this one is complete */
	__zrec_u64 ring_begin;		/* what the older one wrote until this one was attached */
	__zrec_u64 ring_unread;		/* where its reader has ended, if claimed */
	__zrec_u64 claimed;
	__zrec_u64 new_policy_exits;	/* that both had counted at at_ns */
	__zrec_u64 joined;
	__zrec_u64 mediation_starts;
	__zrec_u64 mediation_stops;
	__zrec_u64 read_failures;
	__zrec_u64 policy_exits;
	__zrec_u64 policy_exits_lost;
};

enum zrec_takeover_what {
	ZREC_TAKEOVER_SETTLE,		/* the older one is gone; no item */
	ZREC_TAKEOVER_STATS,
	ZREC_TAKEOVER_LOST,		/* recoveries whose end only this one saw */
	ZREC_TAKEOVER_COUNTER,		/* of a function */
	ZREC_TAKEOVER_FUNCTION,		/* its histogram */
	ZREC_TAKEOVER_PEC,
	ZREC_TAKEOVER_DRIVER,		/* its total */
	ZREC_TAKEOVER_STEP,		/* ... and its steps */
	ZREC_TAKEOVER_RECORD,		/* that nobody has read yet */
};

struct zrec_takeover_item {
	__zrec_u32 what;		/* enum zrec_takeover_what */
	__zrec_u32 id;			/* FID, PEC or step */
	__zrec_u32 counter;		/* ZREC_COUNTER_TAG() */
	__zrec_u32 pad;
	__zrec_u64 count;
	char driver[ZPCI_DRIVER_LEN];
	union {
		struct zrec_stats stats;
		struct zrec_hist hist;
		struct zrec_record record;
		struct zrec_full_span span;
		struct zrec_policy_exit exit;
	};
};

#endif /* ZREC_H */
