// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "cmd/policy-cmd.h"

static int print_text(const struct policy *policy, const struct policy_about *about)
{
	size_t len;
	const char *text = policy_text(policy, &len);

	policy_about_print(stdout, about);
	/* A rule file says best itself what it does, with its comments */
	if (about->is_rules) {
		putchar('\n');
		text_print(stdout, text, len);
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
	err = a->format == OUTPUT_TEXT ? print_text(policy, &about) : print_json(&about, a->format);
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
