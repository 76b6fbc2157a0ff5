/* SPDX-License-Identifier: GPL-2.0 */
/*
 * judge.h - what a policy's answers would have done
 *
 * A policy is asked at every decision that the recording has, as a policy in shadow is,
 * since nobody knows which decisions another way would have had. Here its answers are put
 * to the kernel's rules. Where one leads away from the record, the rest of that recovery
 * counts no more, and after an isolation no later recovery of that function does.
 *
 * Against what the policy itself answered then, it is registered as it was, and nothing
 * leads away.
 */
#ifndef ZREC_REPLAY_JUDGE_H
#define ZREC_REPLAY_JUDGE_H

#include "replay/result.h"

struct replay_judge {
	unsigned int number;		/* of the policy */
	const char *name;
	bool is_rules;			/* which do not look at the function's counts */
	enum replay_against against;
	struct replay_result *result;
};

/* A policy in one boot */
struct replay_standing {
	struct kernel_policy kernel;
	struct heap deadlines;		/* of recoveries in which user space will be late */
};

#define REPLAY_UNDECIDED	0xffffffffu

/*
 * @asked: the policy was called, and this is its answer; of an end: it is registered.
 * Called in the order of time, for each call of the boot. *decided is what is done then, or
 * REPLAY_UNDECIDED if nothing is decided under this policy there. 0 or -ENOMEM
 */
int replay_judge(const struct replay_judge *j, struct replay_standing *s,
		 const struct replay_call *call, bool asked, uint32_t answer, uint32_t *decided);
void replay_standing_free(struct replay_standing *s);

/* True if the record says that a policy of that name was asked there, in shadow or not */
bool replay_was_asked(const struct replay_call *call, const char *name, bool shadow);

#endif /* ZREC_REPLAY_JUDGE_H */
