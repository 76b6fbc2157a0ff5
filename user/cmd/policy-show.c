// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "cmd/policy-cmd.h"

/* A rule file says best itself what it does, with its comments */
static int print_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (!f)
		return -errno;
	putchar('\n');
	while ((len = getline(&line, &size, f)) > 0)
		text_print(stdout, line, (size_t)len);
	free(line);
	fclose(f);
	return 0;
}

static int print_text(const struct policy_about *about)
{
	policy_about_print(stdout, about);
	if (about->is_rules) {
		int err = print_file(about->path);

		if (err)
			return err;
	}
	return output_flush(stdout);
}

static int print_json(const struct policy_about *about, enum output_format format)
{
	struct output o;
	int err = output_open(&o, stdout, format);

	if (!err)
		err = output_value(&o, "policy", policy_about_to_json(about));
	return err ? err : output_close(&o);
}

static int run(void *args)
{
	const struct policy_args *a = args;
	struct policy_about about;
	struct policy *policy;
	int err = policy_open(&policy, a->what, log_errors());

	if (err)
		return err;
	policy_about(policy, &about);
	err = a->format == OUTPUT_TEXT ? print_text(&about) : print_json(&about, a->format);
	policy_close(policy);
	return output_exit_code(err, EXIT_OK);
}

static const struct cli_option options[] = { CLI_FORMAT(struct policy_args, format), { 0 } };

static const struct cli_option arguments[] = { POLICY_ARGUMENT(struct policy_args, what), { 0 } };

const struct command policy_cmd_show = {
	.name = "show",
	.summary = "what one is and decides",
	.doc = "Show what a policy is: its description, what it decides, its budget, and its "
	       "rules if it is a rule file. Loads nothing.",
	.page = "zrec-policy(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct policy_args),
	.run = run,
};
