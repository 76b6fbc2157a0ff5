// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "policy/batch.h"
#include "replay/engine.h"
#include "rules/run.h"

struct replay_engine {
	const struct replay_program *program;
	struct rules_run *run;			/* of a rule file */
	struct policy_batch *batch;		/* of an object */
	size_t nr;				/* calls in the batch */
	uint32_t *answer[POLICY_BATCH_ROOM];
};

static int set_canary(struct replay_program *p, const struct policy_canary *canary, FILE *errors)
{
	int err;

	if (!canary)
		return 0;
	p->canary = *canary;
	err = policy_set_canary(p->policy, canary);
	if (err == -EOPNOTSUPP && errors)
		fprintf(errors, "%s: it was made without policy.h, so it cannot be for some functions only; leave out --canary\n",
			text_shown(p->about.path));
	return err;
}

int replay_program_open(struct replay_program *p, const char *what,
			const struct policy_canary *canary, FILE *errors)
{
	int err = policy_open(&p->policy, what, errors);

	if (err)
		return err;
	policy_about(p->policy, &p->about);
	err = set_canary(p, canary, errors);
	if (!err && p->about.is_rules)
		err = rules_compile(policy_rules(p->policy), &p->table);
	return err;
}

void replay_program_close(struct replay_program *p)
{
	rules_table_free(p->table);
	policy_close(p->policy);
	*p = (struct replay_program){ 0 };
}

bool replay_program_has(const struct replay_program *p, uint32_t member)
{
	/* The program of rule files is asked everything but how it ended */
	return p->table ? member != ZPCI_MEMBER_DONE : p->about.member[member];
}

int replay_engine_new(struct replay_engine **ret, const struct replay_program *p, FILE *errors)
{
	struct replay_engine *e = calloc(1, sizeof(*e));
	int err = -ENOMEM;

	if (!e)
		return err;
	e->program = p;
	err = p->table ? rules_run_new(&e->run, p->table) :
	      policy_batch_open(&e->batch, p->policy, errors);
	if (err)
		replay_engine_free(e);
	else
		*ret = e;
	return err;
}

void replay_engine_free(struct replay_engine *e)
{
	if (!e)
		return;
	rules_run_free(e->run);
	policy_batch_close(e->batch);
	free(e);
}

int replay_engine_ask(struct replay_engine *e, const struct zpci_replay *call, uint32_t *answer)
{
	int err = 0;

	if (e->run) {
		*answer = ZPCI_VERDICT_DEFAULT;
		/* An object has it compiled in */
		if (policy_canary_has(&e->program->canary, call->event.fid))
			*answer = rules_run_decide(e->run, &call->event, call->member);
		return 0;
	}
	policy_batch_calls(e->batch)[e->nr] = *call;
	e->answer[e->nr++] = answer;
	if (e->nr == POLICY_BATCH_ROOM)
		err = replay_engine_flush(e);
	return err;
}

int replay_engine_flush(struct replay_engine *e)
{
	const struct zpci_replay *calls;
	int err;

	if (!e->nr)
		return 0;
	err = policy_batch_run(e->batch, e->nr);
	if (err)
		return err;
	calls = policy_batch_calls(e->batch);
	for (size_t i = 0; i < e->nr; i++)
		*e->answer[i] = calls[i].verdict;
	e->nr = 0;
	return 0;
}

uint64_t replay_engine_untracked(const struct replay_engine *e)
{
	return e->run ? rules_run_untracked(e->run) : 0;
}
