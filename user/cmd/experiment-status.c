// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmd/experiment-cmd.h"

struct status_args {
	enum output_format format;
};

int experiment_show(const struct experiments *experiments, enum output_format format)
{
	struct policy_state kernel;
	struct output o;
	int err;

	/* A kernel without policies is at its default */
	if (policy_sysfs_read(&kernel, NULL))
		memset(&kernel, 0, sizeof(kernel));
	if (format == OUTPUT_TEXT) {
		experiments_print(stdout, experiments, &kernel);
		return output_exit_code(output_flush(stdout), EXIT_OK);
	}
	err = output_open(&o, stdout, format);
	if (!err)
		err = experiments_put(&o, experiments, &kernel);
	return output_exit_code(err ? err : output_close(&o), EXIT_OK);
}

static int run(void *args)
{
	const struct status_args *a = args;
	struct experiments experiments;
	int ret = experiments_read(&experiments, NULL);

	if (!ret)
		ret = experiment_show(&experiments, a->format);
	experiments_free(&experiments);
	return ret;
}

static const struct cli_option options[] = { CLI_FORMAT(struct status_args, format), { 0 } };

const struct command experiment_cmd_status = {
	.name = "status",
	.summary = "the experiment that this host takes part in",
	.doc = "Show the experiment that this host takes part in, its arms, and if it still runs.",
	.page = "zrec-experiment(8)",
	.options = options,
	.size = sizeof(struct status_args),
	.run = run,
};
