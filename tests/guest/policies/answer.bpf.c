// SPDX-License-Identifier: GPL-2.0
/*
 * answer.bpf.c - a policy that always answers the same, for the tests
 *
 * Compiled once for each answer: -DMEMBER=event -DVERDICT=2 -DNAME="event-2".
 * With SETTINGS it has more in its struct: "-DSETTINGS=.max_isolations = 1,", and
 * SECTION is where that is.
 */
#include "policy.h"

#ifndef SETTINGS
#define SETTINGS
#endif

static __always_inline __u32 decide(const struct zpci_event_in *e, __u32 member)
{
	return VERDICT;
}

#define ENTRY_(member)	ZPCI_MEMBER_PROG(member, 0, decide)
#define ENTRY(member)	ENTRY_(member)
#define PROGRAM_(member) zpci_##member
#define PROGRAM(member)	PROGRAM_(member)

ZPCI_POLICY("always answers the same, for the tests");
ENTRY(MEMBER);
ZPCI_REPLAY(decide);

SEC(SECTION)
struct zpci_recovery_ops answer = {
	.MEMBER = (void *)PROGRAM(MEMBER),
	SETTINGS
	.name = NAME,
};
