/* SPDX-License-Identifier: GPL-2.0 */
/*
 * contest.h - one policy in a replay: asked in each boot with a state of its own, judged
 */
#ifndef ZREC_REPLAY_CONTEST_H
#define ZREC_REPLAY_CONTEST_H

#include "replay/engine.h"
#include "replay/judge.h"

struct replay_contestant;

int replay_contestant_new(struct replay_contestant **ret, unsigned int number, const char *what,
			  const struct policy_canary *canary, enum replay_against against,
			  FILE *errors);
void replay_contestant_free(struct replay_contestant *c);

/* What the recording says about it, before the first call: see replay.h */
int replay_contest_event(struct replay_contestant *c, const struct replay_boot *boot,
			 const struct history_policy_event *event);
int replay_contest_look(struct replay_contestant *c, const struct replay_boot *boot,
			const struct zrec_span_policy *decided);

/* Calls in the order of time, all of one boot */
int replay_contest(struct replay_contestant *c, const struct replay_call *call, size_t nr);
/* What is done at call number @nr of the last ones, or REPLAY_UNDECIDED */
uint32_t replay_contest_decided(const struct replay_contestant *c, size_t nr);
/* The boot has no more calls */
void replay_contest_leave(struct replay_contestant *c, const struct replay_boot *boot);
void replay_contest_end(struct replay_contestant *c);

const struct replay_program *replay_contestant_program(const struct replay_contestant *c);
const struct replay_result *replay_contestant_result(const struct replay_contestant *c);
enum replay_against replay_contestant_against(const struct replay_contestant *c);

#endif /* ZREC_REPLAY_CONTEST_H */
