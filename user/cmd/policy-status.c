// SPDX-License-Identifier: GPL-2.0
#include "cmd/policy-cmd.h"
#include "policy/status.h"

struct status_args {
	enum output_format format;
};

static int show(const struct policy_status *status, enum output_format format)
{
	struct output o;
	int err = output_open(&o, stdout, format);

	if (!err && format == OUTPUT_TEXT)
		policy_status_print(stdout, status);
	else if (!err)
		err = policy_status_put(&o, status);
	return err ? err : output_close(&o);
}

static int run(void *args)
{
	const struct status_args *a = args;
	struct policy_status status = { 0 };
	int err = policy_status_read(&status);

	return err ? err : output_exit_code(show(&status, a->format), EXIT_OK);
}

static const struct cli_option options[] = { CLI_FORMAT(struct status_args, format), { 0 } };

const struct command policy_cmd_status = {
	.name = "status",
	.summary = "policies in the kernel, and what they did",
	.doc = "Show which policies the kernel follows or asks in shadow, since when, how often "
	       "they decided, where that differed from what the kernel does by itself, what is "
	       "left of the budget, and how the last one ended.",
	.page = "zrec-policy(8)",
	.options = options,
	.size = sizeof(struct status_args),
	.run = run,
};
