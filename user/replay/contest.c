// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "record/names.h"
#include "replay/contest.h"

/* A shadow that is promoted is taken out of the shadows in the same command */
#define PROMOTION_NS	(10 * (uint64_t)NSEC_PER_SEC)

/* What became of the policy in a boot, and when */
struct life {
	uint64_t at_ns;			/* CLOCK_MONOTONIC; 0: not known yet */
	int64_t wall_ns;
	size_t seq;			/* in the recording */
	enum { LIFE_SHADOW, LIFE_ENFORCED, LIFE_END, LIFE_PROMOTED } what;
};

/* The policy in a boot */
struct stand {
	struct replay_engine *engine;	/* NULL: not begun */
	struct replay_standing standing;
	bool registered;
	bool shadow;
	bool seen_shadow;		/* in the record */
	bool seen_enforced;
	uint64_t promoted_ns;
	struct life *life;
	size_t nr_lives;
	size_t next_life;
	bool sorted;
};

/* What goes with a call from asking to judging */
struct mark {
	bool asked;
	bool begins;			/* the kernel registers the policy right before it */
	bool shadow;
	uint64_t since_ns;
	uint32_t answer;
	uint32_t decided;
};

struct replay_contestant {
	FILE *errors;
	struct replay_program program;
	struct replay_judge judge;
	struct replay_result result;
	struct stand *stand;		/* by the number of the boot */
	size_t nr_stands;
	bool seen;			/* anywhere in the recording */
	struct mark *mark;
	size_t nr_marks;
};

/* --- its place in each boot --- */

static struct stand *stand_of(struct replay_contestant *c, const struct replay_boot *boot)
{
	while (c->nr_stands <= boot->number)
		if (!array_add(&c->stand, &c->nr_stands, sizeof(*c->stand)))
			return NULL;
	return &c->stand[boot->number];
}

int replay_contest_event(struct replay_contestant *c, const struct replay_boot *boot,
			 const struct history_policy_event *event)
{
	struct stand *s;
	struct life *life;

	if (strncmp(event->policy, c->program.about.name, sizeof(event->policy)))
		return 0;
	c->seen = true;
	/* Told before the decision that was one too many; the kernel's rules eject it here, too */
	if (!strcmp(event->what, name_exit(ZPCI_POLICY_EXIT_BUDGET)))
		return 0;
	s = stand_of(c, boot);
	life = s ? array_add(&s->life, &s->nr_lives, sizeof(*life)) : NULL;
	if (!life)
		return -ENOMEM;
	life->at_ns = event->at_ns;
	life->wall_ns = event->wall_ns;
	life->seq = s->nr_lives;
	life->what = !strcmp(event->what, "shadow") ? LIFE_SHADOW :
		     !strcmp(event->what, "enforced") ? LIFE_ENFORCED : LIFE_END;
	return 0;
}

int replay_contest_look(struct replay_contestant *c, const struct replay_boot *boot,
			const struct zrec_span_policy *decided)
{
	const char *name = c->program.about.name;
	struct stand *s = stand_of(c, boot);

	if (!s)
		return -ENOMEM;
	if (!strncmp(decided->policy, name, ZPCI_POLICY_NAME_LEN))
		c->seen = s->seen_enforced = true;
	for (uint32_t i = 0; i < decided->nr && i < ZREC_MAX_ANSWERS; i++)
		if (!strncmp(decided->answer[i].policy, name, ZPCI_POLICY_NAME_LEN)) {
			c->seen = true;
			if (decided->answer[i].shadow)
				s->seen_shadow = true;
			else
				s->seen_enforced = true;
		}
	return 0;
}

/* --- when it is registered --- */

static int begin(struct replay_contestant *c, struct stand *s, bool shadow, bool keep_state,
		 uint64_t since_ns, struct mark *mark)
{
	int err = 0;

	if (s->engine && !keep_state) {
		err = replay_engine_flush(s->engine);
		c->result.untracked += replay_engine_untracked(s->engine);
		replay_engine_free(s->engine);
		s->engine = NULL;
	}
	if (!err && !s->engine)
		err = replay_engine_new(&s->engine, &c->program, c->errors);
	if (err)
		return err;
	s->registered = true;
	s->shadow = shadow;
	mark->begins = true;
	mark->shadow = shadow;
	mark->since_ns = since_ns;
	return 0;
}

static int live(struct replay_contestant *c, struct stand *s, const struct life *life,
		struct mark *mark)
{
	uint64_t at_ns = life->at_ns;
	bool promoted = life->what == LIFE_ENFORCED && s->registered && s->shadow;

	if (life->what == LIFE_END) {
		if (!s->promoted_ns || at_ns - s->promoted_ns > PROMOTION_NS)
			s->registered = false;
		s->promoted_ns = 0;
		return 0;
	}
	s->promoted_ns = promoted ? at_ns : 0;
	return begin(c, s, life->what == LIFE_SHADOW, promoted, at_ns, mark);
}

static int by_time(const void *a, const void *b)
{
	const struct life *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* A recorder notices an end at once, and a beginning a little later */
static void sort_lives(struct stand *s, const struct replay_boot *boot)
{
	for (size_t i = 0; i < s->nr_lives; i++)
		if (!s->life[i].at_ns)
			s->life[i].at_ns = replay_monotonic_ns(boot, s->life[i].wall_ns);
	if (s->nr_lives)
		qsort(s->life, s->nr_lives, sizeof(*s->life), by_time);
	s->sorted = true;
}

/* What the recording says about it up to this call */
static int follow_record(struct replay_contestant *c, struct stand *s,
			 const struct replay_call *call, struct mark *mark)
{
	uint64_t now = call->call.event.now_ns;
	bool enforced;
	int err = 0;

	if (!s->sorted)
		sort_lives(s, call->r->boot);
	for (; !err && s->next_life < s->nr_lives; s->next_life++) {
		if (s->life[s->next_life].at_ns > now)
			break;
		err = live(c, s, &s->life[s->next_life], mark);
	}
	if (err || !call->point || call->point->number == REPLAY_REBUILT)
		return err;
	/* Where the recording does not say when it began, it says where it was asked */
	enforced = replay_was_asked(call, c->program.about.name, false);
	if (enforced && (!s->registered || s->shadow))
		return begin(c, s, false, s->registered, s->registered ? now : 0, mark);
	if (!s->registered && s->seen_shadow && !s->nr_lives)
		return begin(c, s, true, false, 0, mark);
	return 0;
}

/* In force from the first error on */
static int follow_choice(struct replay_contestant *c, struct stand *s,
			 const struct replay_call *call, struct mark *mark)
{
	if (s->registered)
		return 0;
	return begin(c, s, false, false, call->call.event.now_ns, mark);
}

static bool is_asked(const struct replay_contestant *c, const struct stand *s,
		     const struct replay_call *call)
{
	if (!s->registered)
		return false;
	if (!call->point)
		return true;
	return replay_program_has(&c->program, call->call.member) &&
	       (c->judge.against != REPLAY_RECORDED ||
		replay_was_asked(call, c->program.about.name, s->shadow));
}

static int ask(struct replay_contestant *c, struct stand *s, const struct replay_call *call,
	       struct mark *mark)
{
	int err;

	*mark = (struct mark){ 0 };
	err = c->judge.against == REPLAY_RECORDED ? follow_record(c, s, call, mark) :
	      follow_choice(c, s, call, mark);
	if (err)
		return err;
	mark->asked = is_asked(c, s, call);
	if (!mark->asked || !replay_program_has(&c->program, call->call.member))
		return 0;
	return replay_engine_ask(s->engine, &call->call, &mark->answer);
}

static int judge(struct replay_contestant *c, struct stand *s, const struct replay_call *call,
		 struct mark *mark)
{
	if (mark->begins)
		kernel_policy_begin(&s->standing.kernel, &c->program.about.budget, mark->shadow,
				    mark->since_ns);
	return replay_judge(&c->judge, &s->standing, call, mark->asked, mark->answer,
			    &mark->decided);
}

int replay_contest(struct replay_contestant *c, const struct replay_call *call, size_t nr)
{
	struct stand *s = nr ? stand_of(c, call->r->boot) : NULL;
	int err = 0;

	if (!s)
		return nr ? -ENOMEM : 0;
	/* Against what was recorded, of a policy that is not in it: against what took effect */
	if (c->judge.against == REPLAY_RECORDED && !c->seen)
		c->judge.against = REPLAY_EFFECTIVE;
	while (c->nr_marks < nr)
		if (!array_add(&c->mark, &c->nr_marks, sizeof(*c->mark)))
			return -ENOMEM;
	for (size_t i = 0; !err && i < nr; i++)
		err = ask(c, s, &call[i], &c->mark[i]);
	if (!err && s->engine)
		err = replay_engine_flush(s->engine);
	for (size_t i = 0; !err && i < nr; i++)
		err = judge(c, s, &call[i], &c->mark[i]);
	return err;
}

uint32_t replay_contest_decided(const struct replay_contestant *c, size_t nr)
{
	return c->mark[nr].decided;
}

/* Most first, then by driver, PEC and path: the same order for the same input */
static int by_count(const void *a, const void *b)
{
	const struct replay_change *x = a, *y = b;
	int key;

	if (x->nr != y->nr)
		return x->nr < y->nr ? 1 : -1;
	key = replay_known_compare(&x->key, &y->key);
	return key ? key : (int)x->path - (int)y->path;
}

void replay_contest_end(struct replay_contestant *c)
{
	if (c->result.nr_changes)
		qsort(c->result.change, c->result.nr_changes, sizeof(*c->result.change), by_count);
	replay_comparison_end(&c->result.comparison);
}

static void free_stand(struct stand *s)
{
	replay_engine_free(s->engine);
	replay_standing_free(&s->standing);
	free(s->life);
	*s = (struct stand){ 0 };
}

void replay_contest_leave(struct replay_contestant *c, const struct replay_boot *boot)
{
	struct stand *s = boot->number < c->nr_stands ? &c->stand[boot->number] : NULL;

	if (!s)
		return;
	if (s->engine)
		c->result.untracked += replay_engine_untracked(s->engine);
	free_stand(s);
}

/* --- */

int replay_contestant_new(struct replay_contestant **ret, unsigned int number, const char *what,
			  const struct policy_canary *canary, enum replay_against against,
			  FILE *errors)
{
	struct replay_contestant *c = calloc(1, sizeof(*c));
	int err = c ? replay_program_open(&c->program, what, canary, errors) : -ENOMEM;
	struct replay_engine *engine = NULL;

	/* What cannot be loaded says so before a long recording is read */
	if (!err)
		err = replay_engine_new(&engine, &c->program, errors);
	replay_engine_free(engine);
	if (err) {
		replay_contestant_free(c);
		return err;
	}
	c->errors = errors;
	c->judge = (struct replay_judge){
		.number = number,
		.name = c->program.about.name,
		.is_rules = c->program.about.is_rules,
		.against = against,
		.result = &c->result,
	};
	*ret = c;
	return 0;
}

void replay_contestant_free(struct replay_contestant *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->nr_stands; i++)
		free_stand(&c->stand[i]);
	free(c->stand);
	free(c->result.comparison.difference);
	free(c->result.change);
	free(c->mark);
	replay_program_close(&c->program);
	free(c);
}

const struct replay_program *replay_contestant_program(const struct replay_contestant *c)
{
	return &c->program;
}

const struct replay_result *replay_contestant_result(const struct replay_contestant *c)
{
	return &c->result;
}

enum replay_against replay_contestant_against(const struct replay_contestant *c)
{
	return c->judge.against;
}
