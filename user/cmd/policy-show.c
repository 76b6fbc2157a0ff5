// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "cmd/policy-cmd.h"
#include "policy/in-force.h"

struct show_args {
	struct policy_args common;
	bool rules;
};

/* Just the rules, to be read by zrec again */
static int print_rules(const struct policy *policy)
{
	struct policy_about about;

	if (policy_rules(policy)) {
		rules_print(policy_rules(policy), stdout);
		return output_flush(stdout);
	}
	policy_about(policy, &about);
	log_error("%s has no rules: it is a BPF object", about.path);
	return -EREFUSED;
}

/* A rule file says best itself what it does, with its comments */
static int print_text(const struct policy *policy, const struct policy_about *about)
{
	size_t len;
	const char *text = policy_text(policy, &len);

	policy_about_print(stdout, about);
	if (text) {
		putchar('\n');
		text_print(stdout, text, len);
	}
	return output_flush(stdout);
}

static int print_json(const struct policy *policy, const struct policy_about *about,
		      enum output_format format)
{
	const struct rules *rules = policy_rules(policy);
	struct output o;
	int err = output_open(&o, stdout, format);

	if (!err && rules)
		err = output_list(&o, "rules", "rule");
	for (size_t i = 0; !err && rules && i < rules_count(rules); i++)
		err = output_item(&o, rules_rule_to_json(rules, i));
	if (!err)
		err = output_value(&o, "policy", policy_about_to_json(about));
	return err ? err : output_close(&o);
}

static int run(void *args)
{
	const struct show_args *a = args;
	struct policy_about about;
	struct policy *policy;
	int err = strcmp(a->common.what, POLICY_IN_FORCE) ?
		  policy_open(&policy, a->common.what, log_errors()) :
		  policy_open_in_force(&policy, log_errors());

	if (err)
		return err;
	policy_about(policy, &about);
	if (a->common.format != OUTPUT_TEXT)
		err = output_exit_code(print_json(policy, &about, a->common.format), EXIT_OK);
	else if (a->rules)
		err = print_rules(policy);
	else
		err = output_exit_code(print_text(policy, &about), EXIT_OK);
	policy_close(policy);
	return err;
}

static const struct cli_option options[] = {
	{ 0, "rules", NULL, "Only the rules, as a rule file in one canonical form",
	  CLI_FLAG(struct show_args, rules) },
	CLI_FORMAT(struct show_args, common.format),
	{ 0 }
};

static const struct cli_option arguments[] = {
	POLICY_ARGUMENT(struct show_args, common.what), { 0 }
};

const struct command policy_cmd_show = {
	.name = "show",
	.summary = "show what a policy is and decides",
	.doc = "Show what a policy is: its description, what it decides, its budget, and its "
	       "rules if it is a rule file; or the one that the kernel follows now, '"
	       POLICY_IN_FORCE "'. Loads nothing.",
	.page = "zrec-policy(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct show_args),
	.run = run,
};
