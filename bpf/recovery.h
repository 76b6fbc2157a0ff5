/* SPDX-License-Identifier: GPL-2.0 */
/*
 * recovery.h - the state machine: from an error event to one span
 *
 * A recovery is open from its error event to its outcome. Meanwhile its span
 * grows in a slot; the outcome sends it to the ring buffer and into the sums.
 * Nothing here knows how the kernel is observed: the attach points of each tier
 * call it with what they have.
 *
 * Time is kept by one rule: whatever passed since the last change goes to the step
 * that was open, or to "other" when none was, so nothing is counted twice or left
 * out.
 *
 * All of it runs inside somebody's recovery, some twenty times each. So a step
 * costs one look at the clock, one slot and a few stores, and all arithmetic waits
 * for the outcome.
 *
 * The caller holds the function's locks, so that one processor at a time uses a slot.
 * Only a user who closes or reads the device holds none of them: these paths use
 * atomic operations, and an abandoned recovery is finished on a copy.
 */
#ifndef ZREC_RECOVERY_H
#define ZREC_RECOVERY_H

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "kernel.h"
#include "open.h"
#include "sums.h"
#include "takeover.h"
#include "zrec.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);	/* the loader may change it */
} spans SEC(".maps");

/* What a tier knows of the function when its recovery begins */
struct recovery_device {
	__u32 uid;
	__u32 life;
	__u32 class_code;
	__u16 pchid;
	__u16 domain;
	__u16 vendor;
	__u16 device;
	__u8 bus;
	__u8 devfn;
	__u8 pft;
	const char *driver;	/* in the kernel; unreadable if there is none */
};

static __always_inline __u64 next_seq(void)
{
	return __sync_fetch_and_add(&stats.records, 1);
}

/* Time since the last change goes to the step that is open now, if one is */
static __always_inline void account(const struct zrec_open *r, __u64 *step_ns, __u64 now)
{
	__u64 ns = now - r->last_ns;
	__u64 step = r->step;

	/* Negative if another processor has been here since we read the clock */
	if (step < ZREC_STEP_OTHER && (__s64)ns > 0)
		step_ns[step] += ns;
}

/* For readers that report recoveries that stay open; small, as most end soon */
static __always_inline void announce(__u64 id, __u64 begin_ns)
{
	struct zrec_event *e = bpf_ringbuf_reserve(&spans, sizeof(*e), 0);

	if (!e) {
		next_seq();
		count(&stats.event_records_lost);
		return;
	}
	e->abi = ZREC_ABI;
	e->size = sizeof(*e);
	e->flags = ZREC_RECORD_EVENT;
	e->seq = next_seq();
	e->id = id;
	e->begin_ns = begin_ns;
	bpf_ringbuf_submit(e, 0);
}

/* @ccdf is the kernel's copy of firmware's description */
static __always_inline int recovery_event(__u64 id, const struct zpci_ccdf_err *ccdf)
{
	struct zrec_open *r = open_claim(id);
	struct zpci_ccdf_err *copy;
	struct zrec_span *s;

	if (!state.first_id)
		__sync_val_compare_and_swap(&state.first_id, 0, id);
	if (!r) {
		count(&stats.emitted);
		count(&stats.lost[ZREC_LOST_NO_SLOT]);
		return 0;
	}
	s = &r->span;
	__builtin_memset(s, 0, sizeof(*s));
	s->abi = ZREC_ABI;
	s->size = sizeof(*s);
	s->events = 1;
	s->seen = ZREC_SEEN_EVENT | ZREC_SEEN_WALL_CLOCK;
	copy = (struct zpci_ccdf_err *)s->ccdf;
	copy->reserved1 = ccdf->reserved1;
	copy->fh = ccdf->fh;
	copy->fid = ccdf->fid;
	copy->bits = ccdf->bits;
	copy->faddr = ccdf->faddr;
	copy->reserved3 = ccdf->reserved3;
	copy->reserved4 = ccdf->reserved4;
	copy->pec = ccdf->pec;
	s->fh = bpf_ntohl(copy->fh);
	s->fid = bpf_ntohl(copy->fid);
	s->pec = bpf_ntohs(copy->pec);
	r->step = ZREC_STEP_OTHER;
	r->deadline_ns = 0;
	r->pec = s->pec;
	s->tai_ns = bpf_ktime_get_tai_ns();
	s->begin_ns = bpf_ktime_get_ns();
	r->last_ns = s->begin_ns;
	/* Whoever looks at the table takes the slot for empty until then */
	barrier();
	s->id = id;
	announce(id, s->begin_ns);
	return 0;
}

static __always_inline int recovery_begin_with(__u64 id, const struct recovery_device *d)
{
	struct zrec_open *r = open_find(id);
	struct zrec_span *s;

	if (!r)
		return 0;
	s = &r->span;
	s->uid = d->uid;
	s->life = d->life;
	s->pchid = d->pchid;
	s->pft = d->pft;
	s->domain = d->domain;
	s->bus = d->bus;
	s->devfn = d->devfn;
	s->vendor = d->vendor;
	s->device = d->device;
	s->class_code = d->class_code;
	/* Without a driver the read fails and leaves the name empty */
	bpf_probe_read_kernel_str(s->driver, sizeof(s->driver), d->driver);
	s->flags |= ZREC_SPAN_DEVICE;
	s->seen |= ZREC_SEEN_DEVICE;
	return 0;
}

static __always_inline int recovery_step_begin(__u64 id, __u64 step)
{
	struct zrec_open *r = open_find(id);
	__u64 now;

	if (!r)
		return 0;
	now = bpf_ktime_get_ns();
	/* "user" has no end if another error comes meanwhile */
	account(r, r->span.step_ns, now);
	r->last_ns = now;
	if (step >= ZREC_STEP_OTHER) {
		/* A step that this version has no name for */
		r->step = ZREC_STEP_OTHER;
		return 0;
	}
	r->step = step;
	if (!r->span.step_count[step]++)
		r->span.step_at_ns[step] = now - r->span.begin_ns;
	return 0;
}

static __always_inline int recovery_step_end(__u64 id, __u64 step, int result)
{
	struct zrec_open *r = open_find(id);
	__u64 now;

	if (!r)
		return 0;
	now = bpf_ktime_get_ns();
	account(r, r->span.step_ns, now);
	r->last_ns = now;
	r->step = ZREC_STEP_OTHER;
	if (step < ZREC_STEP_OTHER)
		r->span.step_result[step] = result;
	return 0;
}

/* The parts add up to the total even if others run, as long as only we can reach @s */
static __always_inline void close_times(struct zrec_span *s, const struct zrec_open *r, __u64 now)
{
	__u64 total = now - s->begin_ns, named = 0;

	account(r, s->step_ns, now);
	for (__u32 step = 0; step < ZREC_STEP_OTHER; step++)
		named += s->step_ns[step];
	if (named > total)
		total = named;
	s->total_ns = total;
	s->step_ns[ZREC_STEP_OTHER] = total - named;
}

static __always_inline void conclude(struct zrec_span *s, const struct zrec_open *r, __u64 outcome,
				     __u64 reason, int drop_rc)
{
	close_times(s, r, bpf_ktime_get_ns());
	s->outcome = outcome;
	s->reason = reason;
	s->drop_rc = drop_rc;
	s->seen |= ZREC_SEEN_OUTCOME;
	/*
	 * A recovery asks the driver first, whoever recovers the function. A policy may
	 * isolate it before that: then it is whoever would have recovered it.
	 */
	if (!s->step_count[ZPCI_STEP_ERROR_DETECTED] && outcome != ZPCI_OUTCOME_ISOLATED)
		s->recoverer = ZREC_BY_NOBODY;
	else if (s->recoverer != ZREC_BY_USER)
		s->recoverer = ZREC_BY_HOST;
	s->seq = next_seq();
	sum_up(s);
}

static __always_inline struct zrec_open *open_ends(__u64 id)
{
	struct zrec_open *r = open_find(id);

	/* Without a slot it was counted at its event, if that was seen */
	if (!r && (!state.first_id || id < state.first_id))
		takeover_unseen_end(id);
	else if (r)
		count(&stats.emitted);
	return r;
}

static __always_inline int finish(__u64 id, __u64 outcome, __u64 reason, int drop_rc)
{
	struct zrec_open *r = open_ends(id);
	long failed;

	if (!r)
		return 0;
	conclude(&r->span, r, outcome, reason, drop_rc);
	if (r->span.flags & ZREC_SPAN_POLICY)
		failed = bpf_ringbuf_output(&spans, &r->span, sizeof(struct zrec_full_span), 0);
	else
		failed = bpf_ringbuf_output(&spans, &r->span, sizeof(r->span), 0);
	if (failed)
		count(&stats.lost[ZREC_LOST_RING_FULL]);
	else
		count(&stats.delivered);
	r->id = 0;
	return 0;
}

/*
 * User space closes the device, which takes no device lock: the event code may
 * just be taking a step, so the span is finished on a copy
 */
static __always_inline int abandon(__u64 id, __u64 reason)
{
	struct zrec_open *r = open_ends(id);
	struct zrec_span *s;

	if (!r)
		return 0;
	if (r->span.flags & ZREC_SPAN_POLICY) {
		struct zrec_full_span *full = bpf_ringbuf_reserve(&spans, sizeof(*full), 0);

		s = (struct zrec_span *)full;
		if (full)
			__builtin_memcpy(&full->policy, &r->policy, sizeof(full->policy));
	} else {
		s = bpf_ringbuf_reserve(&spans, sizeof(*s), 0);
	}
	if (s) {
		__builtin_memcpy(s, &r->span, sizeof(*s));
		conclude(s, r, ZPCI_OUTCOME_ABANDONED, reason, 0);
		count(&stats.delivered);
		bpf_ringbuf_submit(s, 0);
	} else {
		conclude(&r->span, r, ZPCI_OUTCOME_ABANDONED, reason, 0);
		count(&stats.lost[ZREC_LOST_RING_FULL]);
	}
	r->id = 0;
	return 0;
}

static __always_inline int recovery_ends(__u64 id, __u64 outcome, __u64 reason)
{
	if (outcome == ZPCI_OUTCOME_ABANDONED)
		return abandon(id, reason);
	return finish(id, outcome, reason, 0);
}

/* The channel subsystem lost an unknown number of events: a span of its own */
static __always_inline int channel_overflow(void)
{
	struct zrec_span *s;

	count(&stats.emitted);
	s = bpf_ringbuf_reserve(&spans, sizeof(*s), 0);
	if (!s) {
		next_seq();
		count(&stats.lost[ZREC_LOST_RING_FULL]);
		function_count(0, 0, ZREC_COUNTER_TAG(0, ZPCI_OUTCOME_DROPPED));
		return 0;
	}
	__builtin_memset(s, 0, sizeof(*s));
	s->abi = ZREC_ABI;
	s->size = sizeof(*s);
	s->tai_ns = bpf_ktime_get_tai_ns();
	s->begin_ns = bpf_ktime_get_ns();
	s->events = 1;
	s->outcome = ZPCI_OUTCOME_DROPPED;
	s->reason = ZPCI_DROP_CHANNEL_OVERFLOW;
	s->seen = ZREC_SEEN_OUTCOME | ZREC_SEEN_WALL_CLOCK;
	s->seq = next_seq();
	function_count(0, 0, ZREC_COUNTER_TAG(0, ZPCI_OUTCOME_DROPPED));
	count(&stats.delivered);
	bpf_ringbuf_submit(s, 0);
	return 0;
}

/* No recovery follows. @id is 0 when the channel subsystem has lost events itself */
static __always_inline int recovery_dropped(__u64 id, __u64 reason, int rc)
{
	if (!id)
		return channel_overflow();
	return finish(id, ZPCI_OUTCOME_DROPPED, reason, rc);
}

/* An event that comes while a recovery is open joins it, and gets no outcome of its own */
static __always_inline void recovery_joined(struct zrec_open *r, __u64 event_id)
{
	struct zrec_open *event = open_find(event_id);

	if (r && event)
		r->pec = event->span.pec;
	if (event)
		event->id = 0;
	count(&stats.joined);
	if (r)
		__sync_fetch_and_add(&r->span.events, 1);
}

/* User space has it: by whom, if that was seen */
static __always_inline void recovery_mediated(struct zrec_span *s)
{
	struct zrec_owner *o;

	s->recoverer = ZREC_BY_USER;
	if (s->owner_pid)
		return;
	o = owner_find(s->fid, false);
	if (!o || !o->pid)
		return;
	__builtin_memcpy(s->owner_comm, o->comm, sizeof(s->owner_comm));
	s->owner_pid = o->pid;
	__sync_fetch_and_or(&s->seen, ZREC_SEEN_OWNER);
}

/* The process at hand acts for the owner, who opened the device before we looked */
static __always_inline void recovery_user_acts(struct zrec_open *r)
{
	recovery_mediated(&r->span);
	if (r->span.owner_pid)
		return;
	owner_set(r->span.fid);
	recovery_mediated(&r->span);
}

static __always_inline int recovery_pending(__u64 id, __u64 event_id, __u32 action, __u32 depth)
{
	struct zrec_open *r = open_find(id);

	if (event_id && event_id != id)
		recovery_joined(r, event_id);
	if (!r)
		return 0;
	switch (action) {
	case ZPCI_PENDING_OVERFLOW:
		__sync_fetch_and_add(&r->span.overflows, 1);
		recovery_mediated(&r->span);
		break;
	case ZPCI_PENDING_STORED:
		recovery_mediated(&r->span);
		if (depth > r->span.pending_max)
			r->span.pending_max = depth;
		break;
	case ZPCI_PENDING_READ:
		__sync_fetch_and_add(&r->span.reads, 1);
		break;
	}
	return 0;
}

#endif /* ZREC_RECOVERY_H */
