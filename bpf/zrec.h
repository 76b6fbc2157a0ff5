/* SPDX-License-Identifier: GPL-2.0 */
/*
 * zrec.h - what bpf/ and user/ agree on
 *
 * The one header that both sides of the kernel boundary include. Everything is
 * fixed width, explicitly padded and in the byte order of the machine, except
 * the CCDF, which stays as firmware wrote it: 32 bytes, big-endian.
 * Whoever changes a layout here raises ZREC_ABI: pins of another ABI are not
 * reused.
 */
#ifndef ZREC_H
#define ZREC_H

#include "zpci.h"

#define ZREC_ABI		4

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

/* Bits of zrec_span.flags */
#define ZREC_SPAN_DEVICE	(1u << 0)	/* the fields of the PCI device are valid */
#define ZREC_SPAN_NOTIFIED	(1u << 1)	/* an ERR eventfd was signalled */
#define ZREC_SPAN_UNHEARD	(1u << 2)	/* mediated, but no ERR eventfd was set */
#define ZREC_SPAN_POLICY	(1u << 3)	/* a policy was asked: see zrec_span_policy() */
#define ZREC_RECORD_EXIT	(1u << 31)	/* not a span: struct zrec_policy_exit */

/*
 * The ring buffer carries spans and, between them, what becomes of policies.
 * All records begin like this.
 */
struct zrec_record {
	__zrec_u16 abi;			/* ZREC_ABI */
	__zrec_u16 size;		/* of the record */
	__zrec_u32 flags;		/* ZREC_SPAN_* or ZREC_RECORD_* */
};

/* One recovery, complete */
struct zrec_span {
	__zrec_u16 abi;			/* ZREC_ABI */
	__zrec_u16 size;		/* of the record: sizeof(struct zrec_span), or more */
	__zrec_u32 flags;		/* ZREC_SPAN_* */
	__zrec_u64 id;			/* recovery id, unique since boot */
	__zrec_u64 begin_ns;		/* CLOCK_MONOTONIC, the error event */
	__zrec_u64 total_ns;		/* == sum of step_ns[], always */
	__zrec_u64 step_ns[ZREC_NR_STEPS];	/* time in each step */
	__zrec_u64 step_at_ns[ZREC_NR_STEPS];	/* its first begin, ns after begin_ns */
	__zrec_s32 step_result[ZREC_NR_STEPS];	/* 0, -errno or PCI_ERS_RESULT_* */
	__zrec_u16 step_count[ZREC_NR_STEPS];	/* how often it ran */
	__zrec_u32 fid;
	__zrec_u32 fh;			/* as in the CCDF */
	__zrec_u32 uid;
	__zrec_u32 class_code;		/* 24 bits, as in /sys/bus/pci/devices/.../class */
	__zrec_u16 vendor;
	__zrec_u16 device;
	__zrec_u16 domain;
	__zrec_u8 bus;
	__zrec_u8 devfn;
	__zrec_u16 pec;
	__zrec_u16 pchid;
	__zrec_u8 pft;
	__zrec_u8 outcome;		/* enum zpci_outcome */
	__zrec_u8 reason;		/* enum zpci_reason or enum zpci_drop_reason */
	__zrec_u8 recoverer;		/* enum zrec_recoverer */
	__zrec_u8 pending_max;		/* most errors unread at one time */
	__zrec_u8 pad0[3];
	__zrec_u32 events;		/* error events in this recovery, >= 1 */
	__zrec_u32 reads;		/* errors read by user space */
	__zrec_u32 overflows;		/* errors lost to the full pending queue */
	__zrec_u32 reset_tries;		/* VFIO_DEVICE_RESET calls */
	__zrec_u32 reset_failures;	/* those that did not return 0 */
	__zrec_s32 drop_rc;		/* of a failed handle refresh */
	__zrec_u8 ccdf[ZPCI_CCDF_LEN];	/* of the first event, raw */
	char driver[ZPCI_DRIVER_LEN];
};

_Static_assert(sizeof(struct zrec_span) == 32 + ZREC_NR_STEPS * 22 +
	       4 * 4 + 3 * 2 + 2 + 2 * 2 + 5 + 3 + 6 * 4 +
	       ZPCI_CCDF_LEN + ZPCI_DRIVER_LEN, "struct zrec_span has a hole");

/* A policy's answer that was not "default" */
struct zrec_answer {
	char policy[ZPCI_POLICY_NAME_LEN];
	__zrec_u64 ns;			/* how long it took */
	__zrec_u32 dflt;		/* what the kernel does by itself */
	__zrec_u32 verdict;		/* what the policy said */
	__zrec_u32 effective;		/* what the kernel made of it; in shadow: would have */
	__zrec_u8 member;		/* enum zpci_member */
	__zrec_u8 shadow;		/* 1: recorded only */
	__zrec_u8 pad[2];
};

#define ZREC_MAX_ANSWERS	6

/* What policies said in a recovery; the ring buffer has it right behind its span */
struct zrec_span_policy {
	char policy[ZPCI_POLICY_NAME_LEN];	/* the enforced one that was asked last, "": none */
	__zrec_u64 ns;			/* in all programs of all policies */
	__zrec_u32 decisions;		/* of the enforced policy, "default" included */
	__zrec_u32 shadow_decisions;
	__zrec_u32 nr;			/* of answer[] */
	__zrec_u32 unlisted;		/* answers that found no room there */
	struct zrec_answer answer[ZREC_MAX_ANSWERS];
};

struct zrec_full_span {
	struct zrec_span span;
	struct zrec_span_policy policy;
};

_Static_assert(sizeof(struct zrec_answer) == ZPCI_POLICY_NAME_LEN + 24,
	       "struct zrec_answer has a hole");
_Static_assert(sizeof(struct zrec_span_policy) == ZPCI_POLICY_NAME_LEN + 24 +
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
	__zrec_u16 abi;			/* ZREC_ABI */
	__zrec_u16 size;		/* sizeof(struct zrec_policy_exit), or more */
	__zrec_u32 flags;		/* ZREC_RECORD_EXIT */
	__zrec_u64 at_ns;		/* CLOCK_MONOTONIC */
	__zrec_u32 kind;		/* enum zpci_policy_exit */
	__zrec_u32 code;		/* of a budget: 1 isolations, 2 clamps, 3 failures */
	char policy[ZPCI_POLICY_NAME_LEN];
	char text[ZPCI_EXIT_TEXT_LEN];	/* the same for people, as the kernel says it */
};

_Static_assert(sizeof(struct zrec_record) == 8, "struct zrec_record has a hole");
_Static_assert(sizeof(struct zrec_policy_exit) == 24 + ZPCI_POLICY_NAME_LEN + ZPCI_EXIT_TEXT_LEN,
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
 * searched for by halves, down to four bits, of which a constant knows.
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
	ZREC_HIST_BY_FUNCTION,	/* total of a recovery; id: FID; no driver */
	ZREC_HIST_BY_PEC,	/* total of a recovery; id: PEC; no driver */
	ZREC_NR_HIST_BY
};

struct zrec_hist_key {
	__zrec_u32 by;			/* enum zrec_hist_by */
	__zrec_u32 id;
	char driver[ZPCI_DRIVER_LEN];	/* padded with zeroes */
};

struct zrec_hist {
	__zrec_u64 count;
	__zrec_u64 sum_ns;
	__zrec_u64 max_ns;
	__zrec_u32 bucket[ZREC_HIST_BUCKETS];
};

_Static_assert(sizeof(struct zrec_hist_key) == 8 + ZPCI_DRIVER_LEN,
	       "struct zrec_hist_key has a hole");
_Static_assert(sizeof(struct zrec_hist) == 24 + 4 * ZREC_HIST_BUCKETS,
	       "struct zrec_hist has a hole");

/* How often an outcome came about; outcome counts from 0 as enum zpci_outcome */
struct zrec_counter_key {
	__zrec_u32 fid;
	__zrec_u16 pec;
	__zrec_u8 outcome;
	__zrec_u8 pad;
};

/* Places where a whole span can be lost */
enum zrec_lost {
	ZREC_LOST_NO_SLOT,	/* too many recoveries open at one time */
	ZREC_LOST_RING_FULL,	/* nobody read the ring buffer in time */
	ZREC_LOST_UNSEEN,	/* the recovery was under way when observing began */
	ZREC_NR_LOST
};

/* Places where a span is delivered but missing in a sum */
enum zrec_unsummed {
	ZREC_UNSUMMED_DRIVER,	/* no room for histograms of one more driver */
	ZREC_UNSUMMED_KEY,	/* ... of one more function or PEC */
	ZREC_UNSUMMED_COUNTER,	/* no room for one more (fid, PEC, outcome) */
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
};

/*
 * What the pinned maps hold. The tables fill slot by slot, claimed with a
 * compare-and-swap on the tag, and never shrink. Histograms come in shards, so
 * that few processors write to one; a key may be in several shards and, after
 * a race, twice in one: readers add up.
 */
#define ZREC_OPEN_SLOTS		512	/* powers of two, all of them */
#define ZREC_COUNTER_SLOTS	1024
#define ZREC_DRIVER_SLOTS	16	/* a shard */
#define ZREC_KEY_SLOTS		128	/* a shard */
#define ZREC_MAX_SHARDS		4

/* What is observed and how, written before the programs are loaded */
struct zrec_info {
	__zrec_u32 abi;			/* ZREC_ABI */
	__zrec_u32 span_size;		/* sizeof(struct zrec_span) */
	__zrec_u32 shards;
	__zrec_u32 ring_bytes;
	__zrec_u64 since_ns;		/* CLOCK_MONOTONIC */
	char version[24];		/* of the zrec that began */
};

/* A recovery between its error event and its outcome, or an event not judged yet */
struct zrec_open {
	__zrec_u64 id;			/* 0: free */
	__zrec_u64 last_ns;		/* begin of what .step names */
	__zrec_u64 step;		/* where time goes now: enum zpci_step */
	struct zrec_span span;
	struct zrec_span_policy policy;	/* as of the first decision, see ZREC_SPAN_POLICY */
};

struct zrec_driver_hists {
	__zrec_u32 state;		/* 0: free, 1: being claimed, 2: in use */
	__zrec_u32 pad;
	char driver[ZPCI_DRIVER_LEN];
	struct zrec_hist step[ZREC_NR_STEPS];
	struct zrec_hist total;
};

struct zrec_key_hist {
	__zrec_u64 tag;			/* ZREC_KEY_TAG(), 0: free */
	struct zrec_hist hist;
};

#define ZREC_KEY_TAG(by, id)	((__zrec_u64)((by) + 1) << 32 | (__zrec_u32)(id))

struct zrec_counter {
	__zrec_u64 tag;			/* ZREC_COUNTER_TAG(), 0: free */
	__zrec_u64 count;
};

#define ZREC_COUNTER_TAG(fid, pec, outcome) \
	((__zrec_u64)(fid) << 32 | (__zrec_u32)(pec) << 16 | (__zrec_u32)((outcome) + 1))

#endif /* ZREC_H */
