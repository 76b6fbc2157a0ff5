/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy-cmd.h - what the commands of `zrec policy` share
 */
#ifndef ZREC_POLICY_CMD_H
#define ZREC_POLICY_CMD_H

#include "base/output.h"
#include "cmd/command.h"
#include "cmd/values.h"
#include "policy/object.h"
#include "policy/ops.h"
#include "policy/pins.h"
#include "policy/sysfs.h"

extern const struct command policy_cmd_apply, policy_cmd_check, policy_cmd_detach, policy_cmd_list,
	policy_cmd_promote, policy_cmd_rollback, policy_cmd_shadow, policy_cmd_show,
	policy_cmd_status, policy_cmd_test;

/* What most of them have: --format, and one argument */
struct policy_args {
	const char *what;	/* NULL: not given */
	enum output_format format;
};

/* The argument of those that need a policy; @member is a const char * of struct @type */
#define POLICY_ARGUMENT(type, member)							\
	{ .arg = "POLICY", .wants = "a file, or a name from 'zrec policy list'",	\
	  .required = true, .complete = complete_policies, CLI_TEXT(type, member) }

/* Of what policy_open() returns, and of what policy_load() does, whose errors mean other things */
int policy_open_exit_code(int err);
int policy_load_exit_code(int err);

/* What the kernel has. Says on stderr why not: returns an exit code. */
int policy_state_read(struct policy_state *state);

/* The kernel's policies and ours, for a command that changes something */
struct policy_session {
	struct policy_state state;	/* before the command changed anything */
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
 * Locks the pins without a word, and looks at the kernel again, now that nobody
 * else changes it. What policy_pins_open() returns.
 */
int policy_session_pins(struct policy_session *session, bool create);

/*
 * Says on stdout what came of @command, which was about @policy, NULL: none or
 * all: @text, or a document with what was and what is now in the kernel. Returns
 * an exit code.
 */
int policy_session_tell(const struct policy_session *session, enum output_format format,
			const char *command, const char *policy, const char *text);
json_t *policy_result_to_json(const char *command, const char *policy,
			      const struct policy_state *before, const struct policy_state *now);

/*
 * Says on stderr why the kernel did not take the policy @name, and returns the
 * exit code.
 */
int policy_session_refused(const struct policy_session *session, const char *name, int err);

/* The name of a pinned policy, "?" if it cannot be told */
void policy_session_name(const struct policy_session *session, const char *place,
			 char name[ZPCI_POLICY_NAME_LEN]);

#endif /* ZREC_POLICY_CMD_H */
