/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session.h - the kernel's policies and ours, for commands that change them
 *
 * All functions return 0 or a negative errno and have said on stderr why;
 * -EREFUSED: the kernel, as it is now, does not accept the policy.
 */
#ifndef ZREC_POLICY_SESSION_H
#define ZREC_POLICY_SESSION_H

#include "policy/ops.h"
#include "policy/pins.h"
#include "policy/state.h"

struct policy_session {
	struct policy_state state;	/* before anything was changed */
	struct policy_ops *ops;
	struct policy_pins pins;	/* locked, if it has pins */
};

/* Begins with what the kernel has, and with the permission to change it */
int policy_session_open(struct policy_session *session);
void policy_session_close(struct policy_session *session);

/* Locks the pins, and looks at the kernel again. Without @create, -ENOENT if zrec has none. */
int policy_session_lock(struct policy_session *session, bool create);

/* The same, but silent about -ENOENT */
int policy_session_pins(struct policy_session *session, bool create);

/* Says why the kernel did not accept @name, for which it returned @err */
int policy_session_refused(const struct policy_session *session, const char *name, int err);

/* The name of a pinned policy, "?" if it cannot be read */
void policy_session_name(const struct policy_session *session, const char *place,
			 char name[ZPCI_POLICY_NAME_LEN]);

#endif /* ZREC_POLICY_SESSION_H */
