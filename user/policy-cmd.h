/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy-cmd.h - what the commands of `zrec policy` share
 */
#ifndef ZREC_POLICY_CMD_H
#define ZREC_POLICY_CMD_H

#include "policy-object.h"
#include "policy-ops.h"
#include "policy-pins.h"
#include "policy-sysfs.h"

/* argv[0] is the full name, "zrec policy list"; they return an exit code */
int policy_cmd_apply(int argc, char **argv);
int policy_cmd_detach(int argc, char **argv);
int policy_cmd_list(int argc, char **argv);
int policy_cmd_promote(int argc, char **argv);
int policy_cmd_rollback(int argc, char **argv);
int policy_cmd_shadow(int argc, char **argv);
int policy_cmd_show(int argc, char **argv);
int policy_cmd_status(int argc, char **argv);

/* The kernel's policies and ours, for a command that changes something */
struct policy_session {
	struct policy_state state;	/* as the command began */
	struct policy_ops *ops;
	struct policy_pins pins;	/* locked, if it has pins */
};

/*
 * Begins with what the kernel has. Says on stderr why not: returns an exit code,
 * EXIT_OK if all is well.
 */
int policy_session_open(struct policy_session *session);
void policy_session_close(struct policy_session *session);

/* Locks the pins; likewise. Without @create, EXIT_USAGE if zrec has none. */
int policy_session_lock(struct policy_session *session, bool create);

/*
 * Says on stderr why the kernel did not take the policy @name, and returns the
 * exit code.
 */
int policy_session_refused(const struct policy_session *session, const char *name, int err);

/* The name of a pinned policy, "?" if it cannot be told */
void policy_session_name(const struct policy_session *session, const char *place,
			 char name[POLICY_NAME_LEN]);

#endif /* ZREC_POLICY_CMD_H */
