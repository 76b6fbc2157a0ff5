/* SPDX-License-Identifier: GPL-2.0 */
/*
 * enforce.h - from a policy's file to one that the kernel can follow
 *
 * All functions return 0 or a negative errno and have said on stderr why.
 */
#ifndef ZREC_POLICY_ENFORCE_H
#define ZREC_POLICY_ENFORCE_H

#include "policy/object.h"
#include "policy/session.h"

/* Its author may mean a policy for shadow only; who promotes it has seen what it does there */
enum policy_purpose { POLICY_TO_SHADOW, POLICY_TO_ENFORCE, POLICY_TO_PROMOTE };

/*
 * Reads the file and makes it what it is to be: in shadow or enforced, for all functions
 * (@canary NULL) or some. -EREFUSED: that cannot be.
 */
int policy_open_for(struct policy **ret, const char *what, enum policy_purpose purpose,
		    const struct policy_canary *canary);

/* Before it is loaded. -EREFUSED: an object that was not made with policy.h */
int policy_only_for(struct policy *policy, const struct policy_canary *canary);

/* Through the verifier, and ready to be linked */
int policy_session_load(struct policy_session *session, struct policy *policy);

/* Puts one that is loaded in force; the pins are locked */
int policy_session_enforce(struct policy_session *session, struct policy *policy);

/* ... or in shadow, with a twin that can be enforced */
int policy_session_shadow(struct policy_session *session, struct policy *policy);

#endif /* ZREC_POLICY_ENFORCE_H */
