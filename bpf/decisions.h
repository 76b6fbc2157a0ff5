/* SPDX-License-Identifier: GPL-2.0 */
/*
 * decisions.h - what policies were asked in a recovery, and what they said
 */
#ifndef ZREC_DECISIONS_H
#define ZREC_DECISIONS_H

#include <bpf/bpf_helpers.h>

#include "recovery.h"

/* One call of one policy, as the kernel reports it */
struct decision {
	const char *policy;	/* its name, in the kernel */
	__u64 member;
	__u64 ns;
	__u32 dflt;
	__u32 verdict;
	__u32 effective;
	_Bool shadow;
};

/*
 * The point that the decision belongs to. All policies are asked one after the
 * other, always in the same order, so that a new point begins with another member,
 * or with the policy that was the first to be asked at the last one.
 */
static __always_inline __u32 decision_point(struct zrec_open *r, const struct decision *d)
{
	struct zrec_span_policy *p = &r->policy;
	__u32 nr = p->nr_points;
	struct zrec_point *at;

	if (nr && nr <= ZREC_MAX_POINTS && !p->unlisted_points && p->point[nr - 1].member == d->member &&
	    r->point_policy != (__u64)d->policy) {
		p->point[nr - 1].asked |= d->shadow ? ZREC_ASKED_SHADOW : ZREC_ASKED_ENFORCED;
		return nr - 1;
	}
	if (nr >= ZREC_MAX_POINTS) {
		if (!p->unlisted_points || r->point_policy == (__u64)d->policy) {
			r->point_policy = (__u64)d->policy;
			p->unlisted_points++;
		}
		return ZREC_MAX_POINTS;
	}
	r->point_policy = (__u64)d->policy;
	at = &p->point[nr];
	at->at_ns = bpf_ktime_get_ns() - r->span.begin_ns;
	at->dflt = d->dflt;
	at->pec = r->pec;
	at->member = d->member;
	at->vote = r->span.step_result[ZPCI_STEP_ERROR_DETECTED];
	at->attempt = r->span.step_count[ZPCI_STEP_RESET];
	at->asked = d->shadow ? ZREC_ASKED_SHADOW : ZREC_ASKED_ENFORCED;
	p->nr_points = nr + 1;
	return nr;
}

static __always_inline void decision_answer(struct zrec_span_policy *p, const struct decision *d,
					    __u32 point)
{
	__u64 nr = p->nr;
	struct zrec_answer *a;

	if (nr >= ZREC_MAX_ANSWERS) {
		p->unlisted++;
		return;
	}
	a = &p->answer[nr];
	bpf_probe_read_kernel_str(a->policy, sizeof(a->policy), d->policy);
	a->ns = d->ns;
	a->dflt = d->dflt;
	a->verdict = d->verdict;
	a->effective = d->effective;
	a->member = d->member;
	a->shadow = d->shadow;
	a->point = point;
	p->nr = nr + 1;
}

static __always_inline int recovery_decision(__u64 id, const struct decision *d)
{
	struct zrec_open *r = open_find(id);
	struct zrec_span_policy *p;
	__u32 point;

	if (!r)
		return 0;
	p = &r->policy;
	if (!(r->span.flags & ZREC_SPAN_POLICY)) {
		__builtin_memset(p, 0, sizeof(*p));
		r->span.size = sizeof(struct zrec_full_span);
		__sync_fetch_and_or(&r->span.flags, ZREC_SPAN_POLICY);
	}
	p->ns += d->ns;
	if (d->shadow) {
		p->shadow_decisions++;
	} else {
		p->decisions++;
		bpf_probe_read_kernel_str(p->policy, sizeof(p->policy), d->policy);
	}
	point = decision_point(r, d);
	/* The kernel arms the timer of a deadline right after this */
	if (d->member == ZPCI_MEMBER_DEADLINE && !d->shadow && d->effective)
		r->deadline_ns = bpf_ktime_get_ns() + d->effective * 1000000ULL;
	if (d->verdict != ZPCI_VERDICT_DEFAULT)
		decision_answer(p, d, point);
	return 0;
}

static __always_inline int policy_ends(const char *policy, __u64 kind, __u32 code, const char *text)
{
	struct zrec_policy_exit *e;

	count(&stats.policy_exits);
	e = bpf_ringbuf_reserve(&spans, sizeof(*e), 0);
	if (!e) {
		next_seq();
		count(&stats.policy_exits_lost);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->abi = ZREC_ABI;
	e->size = sizeof(*e);
	e->flags = ZREC_RECORD_EXIT;
	e->seq = next_seq();
	e->at_ns = bpf_ktime_get_ns();
	e->tai_ns = bpf_ktime_get_tai_ns();
	e->kind = kind;
	e->code = code;
	bpf_probe_read_kernel_str(e->policy, sizeof(e->policy), policy);
	bpf_probe_read_kernel_str(e->text, sizeof(e->text), text);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

#endif /* ZREC_DECISIONS_H */
