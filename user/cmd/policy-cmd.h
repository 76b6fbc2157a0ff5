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
#include "policy/session.h"

extern const struct command policy_cmd_apply, policy_cmd_check, policy_cmd_detach, policy_cmd_diff,
	policy_cmd_list,
	policy_cmd_promote, policy_cmd_restore, policy_cmd_rollback, policy_cmd_shadow, policy_cmd_show,
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

/*
 * Says on stdout what came of @command, which was about @policy, NULL: none or
 * all: @text, or a document with what was and what is now in the kernel. Returns
 * an exit code, or a negative errno.
 */
int policy_print_result(const struct policy_session *session, enum output_format format,
			const char *command, const char *policy, const char *text);
json_t *policy_result_to_json(const char *command, const char *policy,
			      const struct policy_state *before, const struct policy_state *now);

#endif /* ZREC_POLICY_CMD_H */
