// SPDX-License-Identifier: GPL-2.0
/* test_policy_canary.c - which of ten functions a policy decides for */
#include <stdio.h>

#include "harness.h"
#include "inject.h"
#include "policy.h"

#define CANARY_FNS	10

/* Which of the functions the policy answered for, as a bit mask */
static int canary_of(struct gt *t, const char *who, unsigned int *ret)
{
	const char *const argv[] = {
		"zrec", "policy", "shadow", "--canary", who, POLICY_DIR "/event-isolate.bpf.o", NULL,
	};
	uint64_t before;

	*ret = 0;
	GT_EQ(t, "exit code of zrec policy shadow", policy_run(argv), 0);
	for (int i = 0; i < CANARY_FNS; i++) {
		before = policy_value("shadow0", "disagreements");
		GT_OK(t, "inject", inject(&t->fn[i], PEC_SERVICE_ACTION, 0));
		if (policy_value("shadow0", "disagreements") != before)
			*ret |= 1u << i;
	}
	return GT_PASS;
}

static int canary_is_stable(struct gt *t)
{
	unsigned int first, again, more;

	GT_TRY(policy_begin(t));
	GT_TRY(canary_of(t, "40%", &first));
	GT_TRY(policy_begin(t));
	GT_TRY(canary_of(t, "40%", &again));
	GT_EQ(t, "functions the second time", again, first);
	GT_TRY(canary_of(t, "70%", &more));
	GT_EQ(t, "functions of 40 % that 70 % has not", first & ~more, 0);
	return GT_PASS;
}

static int canary_of_all(struct gt *t)
{
	unsigned int who;

	GT_TRY(policy_begin(t));
	GT_TRY(canary_of(t, "100%", &who));
	GT_EQ(t, "functions of 100 %", who, (1u << CANARY_FNS) - 1);
	return GT_PASS;
}

static int canary_of_two(struct gt *t)
{
	unsigned int who;
	char list[64];

	GT_TRY(policy_begin(t));
	snprintf(list, sizeof(list), "fid=0x%x,%u", t->fn[2].fid, t->fn[7].fid);
	GT_TRY(canary_of(t, list, &who));
	GT_EQ(t, "functions", who, 1u << 2 | 1u << 7);
	return GT_PASS;
}

static const struct gt_test canary_tests[] = {
	{ "canary-is-stable", canary_is_stable, .driver = GT_VFIO, .fns = CANARY_FNS, .seconds = 60 },
	{ "canary-of-all", canary_of_all, .driver = GT_VFIO, .fns = CANARY_FNS, .seconds = 60 },
	{ "canary-of-two", canary_of_two, .driver = GT_VFIO, .fns = CANARY_FNS, .seconds = 60 },
	{ 0 }
};

const struct gt_group group_policy_canary = { "policy-canary", canary_tests };
