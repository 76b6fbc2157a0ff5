/* SPDX-License-Identifier: GPL-2.0 */
/*
 * engine.h - a policy's own code and state, for the calls of one boot
 *
 * A rule file decides in this program, an object in the kernel, many calls at a time.
 */
#ifndef ZREC_REPLAY_ENGINE_H
#define ZREC_REPLAY_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "policy/object.h"

/* What all boots share */
struct replay_program {
	struct policy *policy;
	struct policy_about about;
	struct policy_canary canary;
	struct rules_table *table;	/* NULL: an object */
};

/*
 * Says on @errors why a policy cannot be replayed: what policy_open() and policy_load()
 * say. @canary NULL: for all functions
 */
int replay_program_open(struct replay_program *p, const char *what,
			const struct policy_canary *canary, FILE *errors);
void replay_program_close(struct replay_program *p);
/* True if the kernel would call the policy there; of ZPCI_MEMBER_DONE, too */
bool replay_program_has(const struct replay_program *p, uint32_t member);

struct replay_engine;

/* Begins with no state */
int replay_engine_new(struct replay_engine **ret, const struct replay_program *p, FILE *errors);
void replay_engine_free(struct replay_engine *e);
/* *answer is there after the next flush */
int replay_engine_ask(struct replay_engine *e, const struct zpci_replay *call, uint32_t *answer);
int replay_engine_flush(struct replay_engine *e);
/* Errors that rules could not keep count of */
uint64_t replay_engine_untracked(const struct replay_engine *e);

#endif /* ZREC_REPLAY_ENGINE_H */
