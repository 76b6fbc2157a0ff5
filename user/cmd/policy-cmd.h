/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy-cmd.h - what the commands of `zrec policy` share
 */
#ifndef ZREC_POLICY_CMD_H
#define ZREC_POLICY_CMD_H

#include <argp.h>

#include "base/output.h"
#include "policy/object.h"
#include "policy/ops.h"
#include "policy/pins.h"
#include "policy/sysfs.h"

/* argv[0] is the full name, "zrec policy list"; they return an exit code */
int policy_cmd_apply(int argc, char **argv);
int policy_cmd_check(int argc, char **argv);
int policy_cmd_detach(int argc, char **argv);
int policy_cmd_list(int argc, char **argv);
int policy_cmd_promote(int argc, char **argv);
int policy_cmd_rollback(int argc, char **argv);
int policy_cmd_shadow(int argc, char **argv);
int policy_cmd_show(int argc, char **argv);
int policy_cmd_status(int argc, char **argv);
int policy_cmd_test(int argc, char **argv);

/* What most of them take: --format, and one argument */
struct policy_args {
	const char *what;	/* NULL: not given */
	bool required;		/* a policy has to be given */
	enum output_format format;
};

/* A parser for argp; its input is a struct policy_args */
error_t policy_args_parse(int key, char *arg, struct argp_state *state);
/* The same for a command that has more options, with another input */
error_t policy_args_parse_into(struct policy_args *args, int key, char *arg,
			       const struct argp_state *state);

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
