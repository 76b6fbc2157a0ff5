// SPDX-License-Identifier: GPL-2.0
#include "cmd/cli.h"
#include "cmd/command.h"
#include "cmd/policy-cmd.h"

static const struct command commands[] = {
	{ "list", policy_cmd_list, "policies that are installed" },
	{ "show", policy_cmd_show, "what one is and decides" },
	{ "check", policy_cmd_check, "whether a file is a good policy, without using it" },
	{ "test", policy_cmd_test, "run a policy on its test vectors" },
	{ "shadow", policy_cmd_shadow, "have the kernel ask a policy, and only record its answers" },
	{ "apply", policy_cmd_apply, "have the kernel follow a policy" },
	{ "promote", policy_cmd_promote, "follow the policy that is in shadow" },
	{ "rollback", policy_cmd_rollback, "back to the policy before" },
	{ "detach", policy_cmd_detach, "end a policy" },
	{ "status", policy_cmd_status, "policies in the kernel, and what they did" },
};

static const struct command_table table = {
	.name = "zrec policy",
	.doc = "Change what the kernel decides when a PCI function has failed, first in shadow, "
	       "then for real.",
	.epilog = "See zrec-policy(8) for how to begin.",
	.commands = commands,
	.nr = sizeof(commands) / sizeof(commands[0]),
};

int cmd_policy(int argc, char **argv)
{
	return command_run(&table, argc, argv);
}
