// SPDX-License-Identifier: GPL-2.0
/*
 * observe.bpf.c - one span for each recovery of a zPCI function
 *
 * A recovery is open from its error event to its outcome. Meanwhile its span
 * grows in a slot; the outcome sends it to the ring buffer and into the sums.
 *
 * Time is kept by a state machine: whatever passed since the last change goes
 * to the step that was open, or to "other" when none was, so nothing is counted
 * twice or left out.
 *
 * These programs run inside somebody's recovery, some twenty times each. So a
 * step costs one look at the clock, one slot and a few stores, and all
 * arithmetic waits for the outcome. Slots are an array in the data section,
 * which needs no lookup call; the recovery id says where to look first.
 *
 * The kernel runs the events of one recovery one after the other, except that
 * s390_zpci_pending, the vfio_pci events and an outcome "abandoned" may come
 * from another processor at the same moment. The first two change with atomic
 * operations what they change; an abandoned recovery is finished on a copy.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "kernel.h"
#include "sums.h"
#include "zrec.h"

#define ENOMSG		42	/* nothing to read: not a failure */
#define PROBES		4	/* slots that one recovery id may use */

/* For whoever finds the pins */
const volatile struct zrec_info info __attribute__((used)) SEC(".rodata.info");

struct zrec_open open_recoveries[ZREC_OPEN_SLOTS] SEC(".bss.open");

/* The first recovery of which this observation can have seen all */
__u64 first_id SEC(".bss.state");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);	/* the loader may change it */
} spans SEC(".maps");

static __always_inline struct zrec_open *open_find(__u64 id)
{
	if (!id)
		return NULL;
	for (__u32 i = 0; i < PROBES; i++) {
		struct zrec_open *r = &open_recoveries[(id + i) & (ZREC_OPEN_SLOTS - 1)];

		if (r->id == id)
			return r;
	}
	return NULL;
}

static __always_inline struct zrec_open *open_claim(__u64 id)
{
	for (__u32 i = 0; i < PROBES; i++) {
		struct zrec_open *r = &open_recoveries[(id + i) & (ZREC_OPEN_SLOTS - 1)];

		if (!r->id && !__sync_val_compare_and_swap(&r->id, 0, id))
			return r;
	}
	return NULL;
}

/* Time since the step began that is open now, if one is, goes to it */
static __always_inline void account(const struct zrec_open *r, __u64 *step_ns, __u64 now)
{
	__u64 ns = now - r->last_ns;
	__u64 step = r->step;

	/* Negative if another processor has been here since we read the clock */
	if (step < ZREC_STEP_OTHER && (__s64)ns > 0)
		step_ns[step] += ns;
}

SEC("tp_btf/s390_zpci_error_event")
int BPF_PROG(error_event, __u64 id, const struct zpci_ccdf_err *ccdf)
{
	struct zrec_open *r = open_claim(id);
	struct zpci_ccdf_err *copy;
	struct zrec_span *s;

	if (!first_id)
		first_id = id;
	if (!r) {
		count(&stats.emitted);
		count(&stats.lost[ZREC_LOST_NO_SLOT]);
		return 0;
	}
	s = &r->span;
	__builtin_memset(s, 0, sizeof(*s));
	s->abi = ZREC_ABI;
	s->size = sizeof(*s);
	s->id = id;
	s->events = 1;
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
	s->begin_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/s390_zpci_recovery_begin")
int BPF_PROG(recovery_begin, __u64 id, struct zpci_dev *zdev, struct pci_dev *pdev)
{
	struct zrec_open *r = open_find(id);
	struct zrec_span *s;

	if (!r)
		return 0;
	s = &r->span;
	s->uid = zdev->uid;
	s->pchid = zdev->pchid;
	s->pft = zdev->pft;
	s->domain = zdev->zbus->domain_nr;
	s->bus = pdev->bus->number;
	s->devfn = pdev->devfn;
	s->vendor = pdev->vendor;
	s->device = pdev->device;
	s->class_code = pdev->class;
	/* Without a driver the read fails and leaves the name empty */
	bpf_probe_read_kernel_str(s->driver, sizeof(s->driver), pdev->driver->name);
	s->flags |= ZREC_SPAN_DEVICE;
	return 0;
}

SEC("tp_btf/s390_zpci_step_begin")
int BPF_PROG(step_begin, __u64 id, __u32 fid, __u64 step)
{
	struct zrec_open *r = open_find(id);
	__u64 now;

	if (!r)
		return 0;
	now = bpf_ktime_get_ns();
	/* "user" has no end if another error comes meanwhile */
	account(r, r->span.step_ns, now);
	if (step >= ZREC_STEP_OTHER) {
		/* A step that this version has no name for */
		r->step = ZREC_STEP_OTHER;
		return 0;
	}
	r->last_ns = now;
	r->step = step;
	if (!r->span.step_count[step]++)
		r->span.step_at_ns[step] = now - r->span.begin_ns;
	return 0;
}

SEC("tp_btf/s390_zpci_step_end")
int BPF_PROG(step_end, __u64 id, __u32 fid, __u64 step, int result)
{
	struct zrec_open *r = open_find(id);

	if (!r)
		return 0;
	account(r, r->span.step_ns, bpf_ktime_get_ns());
	r->step = ZREC_STEP_OTHER;
	if (step < ZREC_STEP_OTHER)
		r->span.step_result[step] = result;
	return 0;
}

/* The parts add up to the total, whoever else runs, if nobody else can reach @s */
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
	/* Whoever recovers a function has its driver asked first */
	if (!s->step_count[ZPCI_STEP_ERROR_DETECTED])
		s->recoverer = ZREC_BY_NOBODY;
	else if (s->recoverer != ZREC_BY_USER)
		s->recoverer = ZREC_BY_HOST;
	counter_add(ZREC_COUNTER_TAG(s->fid, s->pec, outcome));
	if (outcome != ZPCI_OUTCOME_IGNORED && outcome != ZPCI_OUTCOME_DROPPED)
		sum_up(s);
}

static __always_inline struct zrec_open *open_ends(__u64 id)
{
	struct zrec_open *r = open_find(id);

	/* Without a slot it was counted at its event, if that was seen */
	if (r || !first_id || id < first_id)
		count(&stats.emitted);
	if (!r && (!first_id || id < first_id))
		count(&stats.lost[ZREC_LOST_UNSEEN]);
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

SEC("tp_btf/s390_zpci_recovery_end")
int BPF_PROG(recovery_end, __u64 id, __u32 fid, __u64 outcome, __u64 reason)
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
	counter_add(ZREC_COUNTER_TAG(0, 0, ZPCI_OUTCOME_DROPPED));
	s = bpf_ringbuf_reserve(&spans, sizeof(*s), 0);
	if (!s) {
		count(&stats.lost[ZREC_LOST_RING_FULL]);
		return 0;
	}
	__builtin_memset(s, 0, sizeof(*s));
	s->abi = ZREC_ABI;
	s->size = sizeof(*s);
	s->begin_ns = bpf_ktime_get_ns();
	s->events = 1;
	s->outcome = ZPCI_OUTCOME_DROPPED;
	s->reason = ZPCI_DROP_CHANNEL_OVERFLOW;
	count(&stats.delivered);
	bpf_ringbuf_submit(s, 0);
	return 0;
}

SEC("tp_btf/s390_zpci_event_dropped")
int BPF_PROG(event_dropped, __u64 id, __u32 fid, __u32 fh, __u64 reason, int rc)
{
	if (!id)
		return channel_overflow();
	return finish(id, ZPCI_OUTCOME_DROPPED, reason, rc);
}

SEC("tp_btf/s390_zpci_pending")
int BPF_PROG(pending, __u64 id, __u64 event_id, __u32 fid, __u32 action, __u32 depth)
{
	struct zrec_open *r = open_find(id), *event;

	/* Its time is in the open recovery's steps; it gets no outcome of its own */
	if (event_id && event_id != id) {
		event = open_find(event_id);
		if (event)
			event->id = 0;
		count(&stats.joined);
		if (r)
			__sync_fetch_and_add(&r->span.events, 1);
	}
	if (!r)
		return 0;
	switch (action) {
	case ZPCI_PENDING_OVERFLOW:
		__sync_fetch_and_add(&r->span.overflows, 1);
		r->span.recoverer = ZREC_BY_USER;
		break;
	case ZPCI_PENDING_STORED:
		r->span.recoverer = ZREC_BY_USER;
		if (depth > r->span.pending_max)
			r->span.pending_max = depth;
		break;
	case ZPCI_PENDING_READ:
		__sync_fetch_and_add(&r->span.reads, 1);
		break;
	}
	return 0;
}

/* Not there in a kernel without policies; all of them answer one after the other */
SEC("tp_btf/s390_zpci_policy_decision")
int BPF_PROG(policy_decision, __u64 id, __u32 fid, const char *policy, __u64 member, __u32 dflt,
	     __u32 verdict, __u32 effective, _Bool shadow, __u64 ns)
{
	struct zrec_open *r = open_find(id);
	struct zrec_span_policy *p;
	struct zrec_answer *a;
	__u64 nr;

	if (!r)
		return 0;
	p = &r->policy;
	if (!(r->span.flags & ZREC_SPAN_POLICY)) {
		__builtin_memset(p, 0, sizeof(*p));
		r->span.size = sizeof(struct zrec_full_span);
		__sync_fetch_and_or(&r->span.flags, ZREC_SPAN_POLICY);
	}
	p->ns += ns;
	if (shadow) {
		p->shadow_decisions++;
	} else {
		p->decisions++;
		bpf_probe_read_kernel_str(p->policy, sizeof(p->policy), policy);
	}
	if (verdict == ZPCI_VERDICT_DEFAULT)
		return 0;
	nr = p->nr;
	if (nr >= ZREC_MAX_ANSWERS) {
		p->unlisted++;
		return 0;
	}
	a = &p->answer[nr];
	bpf_probe_read_kernel_str(a->policy, sizeof(a->policy), policy);
	a->ns = ns;
	a->dflt = dflt;
	a->verdict = verdict;
	a->effective = effective;
	a->member = member;
	a->shadow = shadow;
	p->nr = nr + 1;
	return 0;
}

/* Not there without policies either; outside of all recoveries, or once in one */
SEC("tp_btf/s390_zpci_policy_exit")
int BPF_PROG(policy_exit, const char *policy, __u64 kind, __u32 code, const char *text)
{
	struct zrec_policy_exit *e;

	count(&stats.policy_exits);
	e = bpf_ringbuf_reserve(&spans, sizeof(*e), 0);
	if (!e) {
		count(&stats.policy_exits_lost);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->abi = ZREC_ABI;
	e->size = sizeof(*e);
	e->flags = ZREC_RECORD_EXIT;
	e->at_ns = bpf_ktime_get_ns();
	e->kind = kind;
	e->code = code;
	bpf_probe_read_kernel_str(e->policy, sizeof(e->policy), policy);
	bpf_probe_read_kernel_str(e->text, sizeof(e->text), text);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("tp_btf/s390_zpci_mediation_start")
int BPF_PROG(mediation_start, __u32 fid)
{
	count(&stats.mediation_starts);
	return 0;
}

SEC("tp_btf/s390_zpci_mediation_stop")
int BPF_PROG(mediation_stop, __u32 fid)
{
	count(&stats.mediation_stops);
	return 0;
}

SEC("tp_btf/vfio_pci_error_notify")
int BPF_PROG(error_notify, struct pci_dev *pdev, __u64 id, _Bool listening)
{
	struct zrec_open *r = open_find(id);

	if (r)
		__sync_fetch_and_or(&r->span.flags,
				    listening ? ZREC_SPAN_NOTIFIED : ZREC_SPAN_UNHEARD);
	return 0;
}

SEC("tp_btf/vfio_pci_error_read")
int BPF_PROG(error_read, struct pci_dev *pdev, __u64 id, int rc)
{
	if (rc && rc != -ENOMSG)
		count(&stats.read_failures);
	return 0;
}

SEC("tp_btf/vfio_pci_reset_begin")
int BPF_PROG(reset_begin, struct pci_dev *pdev, __u64 id)
{
	struct zrec_open *r = open_find(id);

	if (r)
		__sync_fetch_and_add(&r->span.reset_tries, 1);
	return 0;
}

SEC("tp_btf/vfio_pci_reset_end")
int BPF_PROG(reset_end, struct pci_dev *pdev, __u64 id, int rc)
{
	struct zrec_open *r = open_find(id);

	if (r && rc)
		__sync_fetch_and_add(&r->span.reset_failures, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
