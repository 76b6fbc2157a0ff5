// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "replay/judge.h"

#define bit(n)	(1u << (n))

/* --- what the record says --- */

/* A record of strangers may have any number */
static size_t nr_answers(const struct zrec_span_policy *d)
{
	return d->nr < ZREC_MAX_ANSWERS ? d->nr : ZREC_MAX_ANSWERS;
}

/* @name NULL: the enforced policy, whatever its name */
static const struct zrec_answer *recorded_answer(const struct replay_call *call, const char *name,
						 bool shadow)
{
	const struct zrec_span_policy *d = call->r->decided;

	if (!d || call->point->number == REPLAY_REBUILT)
		return NULL;
	for (size_t i = 0; i < nr_answers(d); i++)
		if (d->answer[i].point == call->point->number && !d->answer[i].shadow == !shadow &&
		    (!name || !strncmp(d->answer[i].policy, name, ZPCI_POLICY_NAME_LEN)))
			return &d->answer[i];
	return NULL;
}

bool replay_was_asked(const struct replay_call *call, const char *name, bool shadow)
{
	const struct zrec_span_policy *d = call->r->decided;

	/* A point without room in the record; only its answer is not known */
	if (call->point->number == REPLAY_REBUILT)
		return true;
	if (shadow)
		return call->point->asked & ZREC_ASKED_SHADOW;
	return d && call->point->asked & ZREC_ASKED_ENFORCED &&
	       !strncmp(d->policy, name, ZPCI_POLICY_NAME_LEN);
}

/* Default means what the kernel does by itself */
static uint32_t action(uint32_t verdict, uint32_t dflt)
{
	return verdict ? verdict : dflt;
}

/* What was done; *by_policy: because a policy said so */
static uint32_t taken(const struct replay_call *call, bool *by_policy)
{
	const struct zrec_answer *a = recorded_answer(call, NULL, false);
	uint32_t dflt = call->point->dflt, did = a ? action(a->effective, dflt) : dflt;

	*by_policy = did != dflt;
	return did;
}

/* --- counting --- */

static void count_answer(struct replay_result *result, uint32_t member, uint32_t verdict)
{
	uint32_t kind = verdict;

	if (member == ZPCI_MEMBER_DEADLINE)
		kind = !!verdict;
	else if (verdict >= ZPCI_NR_VERDICTS)
		kind = REPLAY_OTHER_ANSWER;
	result->answers[member][kind]++;
}

static void count_missing(const struct replay_judge *j, struct replay_recovery *r)
{
	uint32_t missing = r->missing;

	if (j->is_rules)
		missing &= ~bit(REPLAY_MISSING_COUNTS);
	if (!missing || r->counted & bit(j->number))
		return;
	r->counted |= (uint8_t)bit(j->number);
	j->result->incomplete++;
	for (unsigned int i = 0; i < REPLAY_NR_MISSING; i++)
		j->result->missing[i] += missing >> i & 1;
}

static void count_ejection(const struct replay_judge *j, const struct replay_standing *s,
			   const struct replay_recovery *r, uint64_t now_ns)
{
	const struct replay_ejection ejection = {
		.in = replay_example_of(r, now_ns), .budget = s->kernel.ejected_by,
	};

	replay_keep_early(j->result->ejection, REPLAY_MAX_EJECTIONS, j->result->ejections++, &ejection,
			  sizeof(ejection));
}

/* --- away from the record --- */

static struct replay_change *find_change(struct replay_result *result,
					 const struct replay_recovery *r, enum replay_path path)
{
	struct replay_known_key key = replay_known_key(r);
	struct replay_change *c;

	for (size_t i = 0; i < result->nr_changes; i++)
		if (result->change[i].path == path &&
		    !replay_known_compare(&result->change[i].key, &key))
			return &result->change[i];
	if (result->nr_changes == REPLAY_MAX_CHANGES)
		return NULL;
	c = array_add(&result->change, &result->nr_changes, sizeof(*c));
	if (!c)
		return NULL;
	c->key = key;
	c->path = path;
	return c;
}

static int leave(const struct replay_judge *j, struct replay_recovery *r, enum replay_path path,
		 uint64_t now_ns)
{
	const struct replay_example example = replay_example_of(r, now_ns);
	struct replay_change *c = find_change(j->result, r, path);

	if (!c && j->result->nr_changes < REPLAY_MAX_CHANGES)
		return -ENOMEM;
	r->path[j->number] = (uint8_t)path;
	j->result->paths[path]++;
	if (c) {
		replay_keep_early(&c->example, 1, c->nr++, &example, sizeof(example));
		c->recorded[r->outcome % ZPCI_NR_OUTCOMES]++;
	} else {
		j->result->other_changes++;
	}
	if (path != REPLAY_ISOLATED && path != REPLAY_EXPIRED)
		return 0;
	r->function->given_up |= bit(j->number);
	j->result->given_up++;
	return 0;
}

/* A reset makes a difference where the driver would try without one */
static bool tries_without(uint8_t vote)
{
	return vote == ZPCI_VOTE_CAN_RECOVER || vote == ZPCI_VOTE_NONE ||
	       vote == ZPCI_VOTE_RECOVERED;
}

static enum replay_path path_of(const struct replay_call *call, uint32_t did, uint32_t does,
				bool by_policy)
{
	uint32_t member = call->point->member;

	if (member == ZPCI_MEMBER_DEADLINE || did == does)
		return REPLAY_SAME;
	if (does == ZPCI_VERDICT_ISOLATE)
		return REPLAY_ISOLATED;
	if (member == ZPCI_MEMBER_FAILED)
		return does == ZPCI_VERDICT_RESET ? REPLAY_AGAIN : REPLAY_SAME;
	if (did == ZPCI_VERDICT_ISOLATE && by_policy)
		return REPLAY_NOT_ISOLATED;
	if (!tries_without(call->r->vote))
		return REPLAY_SAME;
	return does == ZPCI_VERDICT_RESET ? REPLAY_RESET : REPLAY_WITHOUT;
}

/* --- deadlines --- */

void replay_standing_free(struct replay_standing *s)
{
	for (size_t i = 0; i < s->deadlines.nr; i++)
		replay_recovery_put(s->deadlines.item[i].what);
	free(s->deadlines.item);
}

/* The record knows already if user space is in time */
static int add_deadline(struct replay_standing *s, const struct replay_call *call, uint32_t ms)
{
	uint64_t at = call->point->at_ns + ms * (uint64_t)NSEC_PER_MSEC;
	int err = 0;

	if (at > call->r->end_ns)
		return 0;
	err = heap_push(&s->deadlines, at, call->r, 0);
	call->r->users += !err;
	return err;
}

static bool ended_by_deadline(const struct replay_recovery *r)
{
	return r->outcome == ZPCI_OUTCOME_ISOLATED && r->reason == ZPCI_REASON_DEADLINE;
}

static int expire(const struct replay_judge *j, struct replay_standing *s,
		  struct replay_recovery *r, uint64_t at_ns)
{
	if (r->path[j->number] != REPLAY_SAME || s->kernel.ejected)
		return 0;
	if (!kernel_policy_expired(&s->kernel, at_ns)) {
		count_ejection(j, s, r, at_ns);
		return 0;
	}
	if (!ended_by_deadline(r))
		return leave(j, r, REPLAY_EXPIRED, at_ns);
	r->expired |= (uint8_t)bit(j->number);
	return 0;
}

static int expire_all(const struct replay_judge *j, struct replay_standing *s, uint64_t now_ns)
{
	int err = 0;

	while (!err && s->deadlines.nr && s->deadlines.item[0].at <= now_ns) {
		struct heap_item item = heap_pop(&s->deadlines);

		err = expire(j, s, item.what, item.at);
		replay_recovery_put(item.what);
	}
	return err;
}

/* --- one call --- */

static uint32_t put_to_kernel(const struct replay_judge *j, struct replay_standing *s,
			      const struct replay_call *call, uint32_t answer)
{
	const struct kernel_question q = {
		.member = call->point->member, .pec = call->point->pec,
		.mediated = call->call.event.mediated, .vote = call->point->vote,
		.attempt = call->point->attempt, .now_ns = call->point->at_ns,
	};
	uint64_t clamps = s->kernel.total[KERNEL_BUDGET_CLAMPS];
	uint32_t effective = kernel_policy_answer(&s->kernel, &q, answer);

	count_answer(j->result, q.member, answer);
	j->result->clamps[q.member] += s->kernel.total[KERNEL_BUDGET_CLAMPS] - clamps;
	if (s->kernel.ejected)
		count_ejection(j, s, call->r, q.now_ns);
	count_missing(j, call->r);
	return effective;
}

/* True if the record has no answer there, and would not have one */
static bool is_unlisted(const struct replay_call *call)
{
	const struct zrec_span_policy *d = call->r->decided;
	size_t nr = d ? nr_answers(d) : 0;

	return call->point->number == REPLAY_REBUILT ||
	       (d && d->unlisted && nr && call->point->number >= d->answer[nr - 1].point);
}

/* What it says now, beside what it said then */
static int judge_recorded(const struct replay_judge *j, struct replay_standing *s,
			  const struct replay_call *call, uint32_t answer)
{
	const struct zrec_answer *a = recorded_answer(call, j->name, s->kernel.shadow);
	uint32_t effective = put_to_kernel(j, s, call, answer);

	if (!a && is_unlisted(call)) {
		j->result->not_recorded++;
		return 0;
	}
	if (a && a->verdict == answer)
		return replay_compare(&j->result->comparison, call, a->effective, effective);
	return replay_compare(&j->result->comparison, call, a ? a->verdict : 0, answer);
}

static int judge_point(const struct replay_judge *j, struct replay_standing *s,
		       const struct replay_call *call, uint32_t answer, uint32_t *decided)
{
	uint32_t dflt = call->point->dflt, did, does;
	struct replay_recovery *r = call->r;
	enum replay_path path;
	bool by_policy;
	int err;

	does = action(put_to_kernel(j, s, call, answer), dflt);
	*decided = does;
	did = taken(call, &by_policy);
	err = replay_compare(&j->result->comparison, call,
			     j->against == REPLAY_DEFAULT ? dflt : did, does);
	path = path_of(call, did, does, by_policy);
	if (!err && path != REPLAY_SAME)
		err = leave(j, r, path, call->point->at_ns);
	else if (!err && call->point->member == ZPCI_MEMBER_DEADLINE && does)
		err = add_deadline(s, call, does);
	return err;
}

static int judge_done(const struct replay_judge *j, struct replay_standing *s,
		      const struct replay_recovery *r)
{
	uint64_t before = s->kernel.total[KERNEL_BUDGET_FAILURES];
	bool out = s->kernel.ejected;

	if (j->against == REPLAY_RECORDED && ended_by_deadline(r) && !s->kernel.shadow)
		kernel_policy_expired(&s->kernel, r->end_ns);
	kernel_policy_done(&s->kernel, r->outcome, r->reason, r->end_ns);
	j->result->failures += s->kernel.total[KERNEL_BUDGET_FAILURES] - before;
	if (s->kernel.ejected && !out)
		count_ejection(j, s, r, r->end_ns);
	return 0;
}

/* True if what the record goes on with did not happen under this policy */
static int is_away(const struct replay_judge *j, const struct replay_call *call, bool *ret)
{
	struct replay_recovery *r = call->r;

	*ret = true;
	if (r->path[j->number] != REPLAY_SAME)
		return 0;
	if (r->function->given_up & bit(j->number))
		return leave(j, r, REPLAY_NOT_REACHED, call->call.event.now_ns);
	*ret = false;
	return 0;
}

static int judge_end(const struct replay_judge *j, struct replay_standing *s,
		     struct replay_recovery *r)
{
	/* Nobody gave it up by then, though the record has that */
	if (ended_by_deadline(r) && !(r->expired & bit(j->number)))
		return leave(j, r, REPLAY_NOT_ISOLATED, r->end_ns);
	return judge_done(j, s, r);
}

int replay_judge(const struct replay_judge *j, struct replay_standing *s,
		 const struct replay_call *call, bool asked, uint32_t answer, uint32_t *decided)
{
	bool is_end = !call->point, away = false;
	int err = 0;

	*decided = REPLAY_UNDECIDED;
	if (j->against == REPLAY_RECORDED) {
		if (!asked || s->kernel.ejected)
			return 0;
		return is_end ? judge_done(j, s, call->r) : judge_recorded(j, s, call, answer);
	}
	err = expire_all(j, s, call->call.event.now_ns);
	if (!err)
		err = is_away(j, call, &away);
	if (err || away)
		return err;
	if (is_end)
		return judge_end(j, s, call->r);
	*decided = call->point->dflt;
	if (s->kernel.ejected) {
		j->result->after_ejection += asked;
		return 0;
	}
	return asked ? judge_point(j, s, call, answer, decided) : 0;
}
