/* SPDX-License-Identifier: GPL-2.0 */
/*
 * replay.h - policies decide about recorded recoveries
 *
 * replay_new(), replay_add_policy() for each; against what was recorded then
 * replay_look() at all of it; then replay_add() each recovery, as history_each_by_boot() has
 * them, and replay_end(). All return 0 or a negative errno.
 */
#ifndef ZREC_REPLAY_H
#define ZREC_REPLAY_H

#include "keep/record.h"
#include "replay/engine.h"
#include "replay/result.h"

struct replay;

/* What cannot be replayed is said on @errors */
int replay_new(struct replay **ret, enum replay_against against, FILE *errors);
void replay_free(struct replay *r);

/* A name or file as policy_open() reads it, or one more of REPLAY_MAX_POLICIES: -E2BIG */
int replay_add_policy(struct replay *r, const char *what, const struct policy_canary *canary);

/* Before the first replay_add(): when policies began and ended, and where they were asked */
int replay_look_at_policy(struct replay *r, const struct history_policy_event *event);
int replay_look(struct replay *r, const struct history_recovery *recovery);

/* What the report calls the recording; has to stay */
void replay_name_recording(struct replay *r, const char *path);
/* -EINVAL: not in that order */
int replay_add(struct replay *r, const struct history_recovery *recovery);
void replay_add_gap(struct replay *r, const struct history_gap *gap);
int replay_end(struct replay *r);

/* What was found, after replay_end() */
const struct replay_recording *replay_recording(const struct replay *r);
const struct replay_knowledge *replay_knowledge(const struct replay *r);
/* What the first two policies decide on the same questions */
const struct replay_comparison *replay_between(const struct replay *r);
size_t replay_policies(const struct replay *r);
const struct replay_program *replay_program(const struct replay *r, size_t nr);
const struct replay_result *replay_result(const struct replay *r, size_t nr);
/* As asked for, or what took effect if the recording has no answers of that policy */
enum replay_against replay_compared_with(const struct replay *r, size_t nr);

#endif /* ZREC_REPLAY_H */
