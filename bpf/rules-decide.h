/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rules-decide.h - the decision of rules.bpf.c
 *
 * A file of its own, so that zrec runs the same on machines without BPF, of either
 * byte order (user/rules/run.c). Whoever includes it declares struct rules_self, which
 * all functions pass on: empty where there is one set of tables, as in rules.bpf.c. With
 * it table(), histories_of() and untracked_of() get at the tables, and event_field() and
 * so on look at a struct rules_event.
 */
#ifndef ZREC_RULES_DECIDE_H
#define ZREC_RULES_DECIDE_H

#include "rules-abi.h"

/*
 * The compiler must not make a branch of what is computed here: the verifier
 * would follow both sides of each, and there are many
 */
#define opaque(value)	asm("" : "+r"(value))

/* ... and must make each turn of this loop code of its own */
#ifdef __clang__
#define unrolled	_Pragma("clang loop unroll(full)")
#else
#define unrolled
#endif

/*
 * The bits of the first word of what matches so far; behind it, where the sets begin
 * that the other words come from, by dimension, then driver, then state
 */
struct lookup {
	__u64 bits;
	__u32 set[RULES_NR_DIMS + 2];
};

enum { SET_DRIVER = RULES_NR_DIMS, SET_STATE, NR_SETS };

/*
 * Read-only for the verifier, which so takes out what a rule set does not use.
 * Not volatile, as the compiler may well keep what it has read.
 */
static __always_inline const struct rules_head *head_of(struct rules_self self)
{
	return (const struct rules_head *)table(self, rules_head, struct rules_head);
}

/*
 * The set of @key. One path through it for the verifier, whatever the key: it knows
 * the steps, and from them that what they add up to stays in the table. Each is code
 * of its own; the verifier leaves those that the table has.
 */
static __always_inline __u32 dim_set(struct rules_self self, const struct rules_dim_index *dim,
				     __u32 key)
{
	const volatile char *at =
		(const volatile char *)table(self, rules_intervals, struct rules_interval);
	__u64 past = (__u64)key + 1, step = dim->step;

	at += dim->first * sizeof(struct rules_interval);
	unrolled
	for (int shift = RULES_STEP_SHIFT; shift >= 0; shift--) {
		const volatile struct rules_interval *next =
			(const volatile struct rules_interval *)at + (1u << shift);
		__u64 reached;

		if (step < 1u << shift)
			continue;
		/* 1 if the key is in that interval or behind it; some verifiers fork at a mask */
		reached = (next->start - past) >> 63;
		opaque(reached);
		at += (reached << shift) * sizeof(struct rules_interval);
	}
	return ((const volatile struct rules_interval *)at)->set;
}

static __always_inline __u32 driver_set(struct rules_self self, const struct rules_head *head,
					const struct rules_event *e)
{
	const __zrec_u64 *name = event_driver(e);
	const volatile struct rules_driver *driver;
	__u64 other;

	driver = table(self, rules_drivers, struct rules_driver) +
		 rules_driver_slot(name, head->driver_seed, head->nr_drivers);
	/* An empty slot has no name and the set of drivers that are not here */
	other = (driver->name[0] ^ name[0]) | (driver->name[1] ^ name[1]) |
		(driver->name[2] ^ name[2]);
	other |= -other;
	opaque(other);
	other = (__u64)((__s64)other >> 63);
	opaque(other);
	return (driver->set & ~other) | (head->driver_set & other);
}

/* Mediated or not, and the attempt as far as it makes a difference */
static __always_inline __u32 state_of(const struct rules_event *e)
{
	__u64 attempt = event_field(e, attempt), over = RULES_ATTEMPT_LAST - attempt;

	opaque(over);
	over = (__u64)((__s64)over >> 63);
	opaque(over);
	attempt = (attempt & ~over) | (RULES_ATTEMPT_LAST & over);
	return ((event_field(e, mediated) & 1) << 2 | attempt) & (RULES_NR_STATES - 1);
}

/* Word @word of the set that begins at @set */
static __always_inline __u64 set_word(struct rules_self self, const struct rules_head *head,
				      __u32 set, __u32 word)
{
	return table(self, rules_sets, __u64)[((__u64)set + word) & head->set_mask];
}

static __always_inline void narrow(struct rules_self self, const struct rules_head *head,
				   struct lookup *l, int which, __u32 set)
{
	l->set[which] = set;
	l->bits &= set_word(self, head, set, 0);
}

/* Each field is read where it is needed, so not at all if no rule asks */
static __always_inline void classify(struct rules_self self, const struct rules_head *head,
				     struct lookup *l, const struct rules_event *e)
{
	const struct rules_dim_index *dim = head->dim;

	l->bits = ~0ull;
	if (dim[RULES_DIM_FID].step)
		narrow(self, head, l, RULES_DIM_FID,
		       dim_set(self, &dim[RULES_DIM_FID], event_field(e, fid)));
	if (dim[RULES_DIM_DEVICE].step)
		narrow(self, head, l, RULES_DIM_DEVICE,
		       dim_set(self, &dim[RULES_DIM_DEVICE],
			       (__u32)event_field(e, vendor) << 16 | event_field(e, device)));
	if (dim[RULES_DIM_CLASS].step)
		narrow(self, head, l, RULES_DIM_CLASS,
		       dim_set(self, &dim[RULES_DIM_CLASS], event_class(e)));
	if (dim[RULES_DIM_PEC].step)
		narrow(self, head, l, RULES_DIM_PEC,
		       dim_set(self, &dim[RULES_DIM_PEC], event_field(e, pec)));
	if (head->nr_drivers)
		narrow(self, head, l, SET_DRIVER, driver_set(self, head, e));
	if (head->uses_state)
		narrow(self, head, l, SET_STATE, head->state_set[state_of(e)]);
}

/* ... of the rules that match, but for the first */
static __always_inline __u64 match_word(struct rules_self self, const struct rules_head *head,
					const struct lookup *l, __u32 word)
{
	__u64 bits = ~0ull;

	if (head->dim[RULES_DIM_FID].step)
		bits &= set_word(self, head, l->set[RULES_DIM_FID], word);
	if (head->dim[RULES_DIM_DEVICE].step)
		bits &= set_word(self, head, l->set[RULES_DIM_DEVICE], word);
	if (head->dim[RULES_DIM_CLASS].step)
		bits &= set_word(self, head, l->set[RULES_DIM_CLASS], word);
	if (head->dim[RULES_DIM_PEC].step)
		bits &= set_word(self, head, l->set[RULES_DIM_PEC], word);
	if (head->nr_drivers)
		bits &= set_word(self, head, l->set[SET_DRIVER], word);
	if (head->uses_state)
		bits &= set_word(self, head, l->set[SET_STATE], word);
	return bits;
}

static const __u8 bit_number[64] = {
	0, 1, 2, 53, 3, 7, 54, 27, 4, 38, 41, 8, 34, 55, 48, 28,
	62, 5, 39, 46, 44, 42, 22, 9, 24, 35, 59, 56, 49, 18, 29, 11,
	63, 52, 6, 26, 37, 40, 33, 47, 61, 45, 43, 21, 23, 58, 17, 10,
	51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
};

/* Of a word that is not 0; BPF has no instruction for it */
static __always_inline __u32 first_bit(__u64 bits)
{
	return bit_number[((bits & -bits) * 0x022fdd63cc95386dull) >> 58];
}

/* FIDs come in rows: the second try is far from the next one's first */
static __always_inline struct rules_history *history_slot(struct rules_self self, __u32 fid,
							  __u32 probe)
{
	return &histories_of(self)[(fid + probe * 331) & (RULES_HISTORIES - 1)];
}

static __always_inline struct rules_history *history_of(struct rules_self self, __u32 fid)
{
	for (__u32 i = 0; i < RULES_HISTORY_PROBES; i++) {
		struct rules_history *h = history_slot(self, fid, i);

		if (h->owner == (__u64)fid + 1)
			return h;
	}
	return NULL;
}

static __always_inline struct rules_history *history_claim(struct rules_self self,
							   const struct rules_head *head,
							   __u32 fid, __u64 now)
{
	for (__u32 i = 0; i < RULES_HISTORY_PROBES; i++) {
		struct rules_history *h = history_slot(self, fid, i);
		__u64 owner = h->owner, last;

		last = h->at_ns[(h->events - 1) & (RULES_WINDOW_ERRORS_MAX - 1)];
		/* One whose errors are out of every window has nothing to lose */
		if (owner && now - last <= head->max_window_ns)
			continue;
		if (__sync_val_compare_and_swap(&h->owner, owner, (__u64)fid + 1) == owner) {
			h->events = 0;
			return h;
		}
	}
	__sync_fetch_and_add(untracked_of(self), 1);
	return NULL;
}

/* The kernel runs the events of one function one after the other */
static __always_inline void history_add(struct rules_self self, const struct rules_head *head,
					__u32 fid, __u64 now)
{
	struct rules_history *h = history_of(self, fid);

	if (!h)
		h = history_claim(self, head, fid, now);
	if (!h)
		return;
	h->at_ns[h->events & (RULES_WINDOW_ERRORS_MAX - 1)] = now;
	h->events++;
}

static __always_inline bool in_window(struct rules_self self, __u32 fid, __u64 now, __u32 errors,
				      __u64 window_ns)
{
	struct rules_history *h = history_of(self, fid);

	if (!h || errors > h->events || errors > RULES_WINDOW_ERRORS_MAX)
		return false;
	return now - h->at_ns[(h->events - errors) & (RULES_WINDOW_ERRORS_MAX - 1)] <= window_ns;
}

/* One after the other, those whose other conditions match */
struct search {
	struct rules_self self;
	struct lookup l;
	__u64 now;
	__u64 bits;		/* not looked at yet, of word */
	__u64 words;		/* not looked at yet */
	__u32 fid;
	__u32 word;
	__u32 found;
};

#define NONE	0xffffffffu

static long next_candidate(__u64 index __attribute__((unused)), struct search *s)
{
	const struct rules_head *head = head_of(s->self);
	const volatile struct rules_rule *rule;
	__u64 nr;

	if (!s->bits) {
		if (!s->words)
			return 1;
		s->word = first_bit(s->words);
		s->words &= s->words - 1;
		s->bits = match_word(s->self, head, &s->l, s->word + 1);
		return 0;
	}
	nr = (__u64)s->word * 64 + first_bit(s->bits);
	s->bits &= s->bits - 1;
	opaque(nr);
	if (nr >= head->nr_rules)
		return 1;
	rule = table(s->self, rules_rules, struct rules_rule) + nr;
	if (rule->window_errors &&
	    !in_window(s->self, s->fid, s->now, rule->window_errors, rule->window_ns))
		return 0;
	s->found = nr;
	return 1;
}

static __always_inline __u32 find_by_windows(struct rules_self self, const struct rules_head *head,
					     const struct rules_event *e, __u64 now)
{
	struct search s = {
		.self = self,
		.now = now,
		.fid = event_field(e, fid),
		.found = NONE,
	};

	classify(self, head, &s.l, e);
	if (head->words > 1)
		s.words = s.l.bits;
	else
		s.bits = s.l.bits;
	/* Each turn takes a rule or a word */
	bpf_loop(RULES_MAX + RULES_WORDS_MAX, next_candidate, &s, 0);
	return s.found;
}

/* One word is all there is of a set: where the sets begin is not kept */
static __always_inline __u32 find_in_word(struct rules_self self, const struct rules_head *head,
					  const struct rules_event *e)
{
	struct lookup l;

	classify(self, head, &l, e);
	return l.bits ? first_bit(l.bits) : NONE;
}

static __always_inline __u32 find_in_words(struct rules_self self, const struct rules_head *head,
					   const struct rules_event *e)
{
	struct lookup l = { 0 };

	classify(self, head, &l, e);
	for (__u32 i = 0; i < RULES_WORDS_MAX && l.bits; i++) {
		__u32 word = first_bit(l.bits);
		__u64 bits = match_word(self, head, &l, word + 1);

		if (bits)
			return word * 64 + first_bit(bits);
		l.bits &= l.bits - 1;
	}
	return NONE;
}

/* What the kernel would clamp is not answered: rules speak of many functions at once */
static __always_inline __u32 legal(const struct rules_event *e, __u32 member, __u32 verdict)
{
	if (verdict != ZPCI_VERDICT_RESET)
		return verdict;
	if (event_field(e, mediated))
		return ZPCI_VERDICT_DEFAULT;
	if (member == ZPCI_MEMBER_VOTE && event_field(e, vote) != ZPCI_VOTE_NONE &&
	    event_field(e, vote) != ZPCI_VOTE_CAN_RECOVER)
		return ZPCI_VERDICT_DEFAULT;
	if (member == ZPCI_MEMBER_FAILED && (event_field(e, attempt) >= ZPCI_ATTEMPTS_MAX ||
					     event_field(e, vote) == ZPCI_VOTE_DISCONNECT))
		return ZPCI_VERDICT_DEFAULT;
	return verdict;
}

static __always_inline __u32 decide(struct rules_self self, const struct rules_event *e,
				    __u32 member)
{
	const struct rules_head *head = head_of(self);
	const volatile struct rules_rule *rule;
	__u64 now, nr;

	if (head->windows) {
		now = event_now(e);
		if (member == ZPCI_MEMBER_EVENT)
			history_add(self, head, event_field(e, fid), now);
		nr = find_by_windows(self, head, e, now);
	} else if (head->words > 1) {
		nr = find_in_words(self, head, e);
	} else {
		nr = find_in_word(self, head, e);
	}
	opaque(nr);
	if (nr >= head->nr_rules)
		return ZPCI_VERDICT_DEFAULT;
	rule = table(self, rules_rules, struct rules_rule) + nr;
	if (member == ZPCI_MEMBER_DEADLINE)
		return event_field(e, mediated) ? rule->deadline_ms : 0;
	return legal(e, member, rule->verdict[member]);
}

#endif /* ZREC_RULES_DECIDE_H */
