// SPDX-License-Identifier: GPL-2.0
#include "cmd/policy-cmd.h"

static const struct command *const commands[] = {
	&policy_cmd_list, &policy_cmd_show, &policy_cmd_diff, &policy_cmd_check, &policy_cmd_test,
	&policy_cmd_shadow, &policy_cmd_apply, &policy_cmd_promote, &policy_cmd_rollback,
	&policy_cmd_detach, &policy_cmd_restore, &policy_cmd_status, &cmd_help, NULL
};

const struct command cmd_policy = {
	.name = "policy",
	.summary = "change what the kernel decides in a recovery",
	.doc = "Change what the kernel decides when a PCI function has failed, first in shadow, "
	       "then for real.",
	.page = "zrec-policy(8)",
	.commands = commands,
};
