// SPDX-License-Identifier: GPL-2.0
#include "cmd/experiment-cmd.h"

static const struct command *const commands[] = {
	&experiment_cmd_start, &experiment_cmd_status, &experiment_cmd_stop, &experiment_cmd_report,
	&cmd_help, NULL
};

const struct command cmd_experiment = {
	.name = "experiment",
	.summary = "compare policies on real errors, with a number at the end",
	.doc = "Have some functions follow one policy and the others another, and find out which "
	       "does better, with an error bar.",
	.page = "zrec-experiment(8)",
	.commands = commands,
};
