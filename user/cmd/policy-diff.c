// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "base/log.h"
#include "base/output.h"
#include "cmd/policy-cmd.h"
#include "policy/diff.h"
#include "policy/in-force.h"

struct diff_args {
	const char *a;
	const char *b;		/* NULL: from what is enforced to a */
	enum output_format format;
};

static int open_side(struct policy **ret, const char *what)
{
	if (!strcmp(what, POLICY_IN_FORCE))
		return policy_open_in_force(ret, log_errors());
	return policy_open(ret, what, log_errors());
}

static int show(const struct policy_diff *diff, enum output_format format)
{
	struct output o;
	int err;

	/* The result is the exit code then */
	if (log_is_quiet())
		return 0;
	if (format == OUTPUT_TEXT) {
		policy_diff_print(stdout, diff);
		return output_flush(stdout);
	}
	err = output_open(&o, stdout, format);
	if (!err)
		err = policy_diff_put(&o, diff);
	return err ? err : output_close(&o);
}

static int compare(const struct policy *a, const struct policy *b, enum output_format format)
{
	struct policy_diff *diff;
	int err = policy_diff_make(a, b, &diff);

	if (err) {
		log_error("cannot compare the policies: %s", strerror(-err));
		return err;
	}
	err = output_exit_code(show(diff, format), policy_diff_any(diff) ? EXIT_CONDITION : EXIT_OK);
	policy_diff_free(diff);
	return err;
}

static int run(void *args)
{
	const struct diff_args *d = args;
	struct policy *a = NULL, *b = NULL;
	int err = 0;

	if (d->b && !strcmp(d->a, "-") && !strcmp(d->b, "-"))
		return cli_usage_error("zrec policy diff", "only one of both can be standard input");
	/* The file first: its mistakes matter also where nothing is enforced */
	if (d->b)
		err = open_side(&a, d->a);
	if (!err)
		err = open_side(&b, d->b ?: d->a);
	if (!err && !d->b)
		err = open_side(&a, POLICY_IN_FORCE);
	if (!err)
		err = compare(a, b, d->format);
	policy_close(a);
	policy_close(b);
	return err;
}

static void complete_sides(FILE *f)
{
	fputs(POLICY_IN_FORCE "\tthe rules that the kernel follows now\n", f);
	complete_policies(f);
}

static const struct cli_option options[] = { CLI_FORMAT(struct diff_args, format), { 0 } };

static const struct cli_option arguments[] = {
	{ .arg = "POLICY", .wants = "a file, a name from 'zrec policy list', or " POLICY_IN_FORCE,
	  .required = true, .complete = complete_sides, CLI_TEXT(struct diff_args, a) },
	{ .arg = "POLICY", .complete = complete_sides, CLI_TEXT(struct diff_args, b) },
	{ 0 }
};

const struct command policy_cmd_diff = {
	.name = "diff",
	.summary = "compare two policies",
	.doc = "Show which settings and rules differ between the first policy and the second, or "
	       "between what the kernel follows now, '" POLICY_IN_FORCE "', and the only one given. "
	       "The exit code is 2 if any differ.",
	.page = "zrec-policy(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct diff_args),
	.run = run,
};
