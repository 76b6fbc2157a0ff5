// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "cmd/policy-cmd.h"

struct check_args {
	struct policy_args common;
	bool no_load;
};

/* How far a check went */
struct level {
	const char *word;
	const char *text;
};

static const struct level syntax = { "syntax", "syntax; not shown to the kernel" };
static const struct level replay = {
	"replay",
	"syntax, and the verifier of a kernel without the policy hook: the replay entry only",
};
static const struct level verifier = { "verifier", "syntax, and the kernel's verifier" };

static int load(struct policy *policy, const struct level **ret, FILE *errors)
{
	const struct level *level = policy_kernel_has_hook() ? &verifier : &replay;
	struct policy_about about;
	int err;

	*ret = &syntax;
	policy_about(policy, &about);
	if (level == &replay && !about.has_replay)
		return 0;
	err = policy_load(policy, level == &verifier ? POLICY_ATTACH : POLICY_REPLAY, errors);
	/* The file is good as far as one can see without rights or BTF; policy_load() said so */
	if (err == -EPERM || err == -EOPNOTSUPP)
		return 0;
	if (!err)
		*ret = level;
	return err;
}

static int print(const struct policy_about *about, const struct level *level,
		 enum output_format format)
{
	struct output o;
	json_t *checked;
	int err;

	if (format == OUTPUT_TEXT) {
		printf("%s: ok (%s)\n", text_shown(about->path), level->text);
		return output_flush(stdout);
	}
	checked = json_pack("{s:o, s:s, s:s, s:s, s:I}", "path", text_to_json(about->path),
			    "name", about->name, "kind", policy_kind(about),
			    "checked", level->word, "rules", (json_int_t)about->rules);
	err = output_open(&o, stdout, format);
	if (err) {
		json_decref(checked);
		return err;
	}
	err = output_value(&o, "check", checked);
	return err ? err : output_close(&o);
}

static int run(void *args)
{
	const struct check_args *a = args;
	/* The result is the exit code then */
	FILE *errors = log_is_quiet() ? NULL : log_errors();
	struct policy *policy = NULL;
	struct policy_about about;
	const struct level *level = &syntax;
	int err = policy_open(&policy, a->common.what, errors);

	if (!err && !a->no_load)
		err = load(policy, &level, errors);
	if (!err && !log_is_quiet()) {
		policy_about(policy, &about);
		err = output_exit_code(print(&about, level, a->common.format), EXIT_OK);
	}
	policy_close(policy);
	return err < 0 && log_is_quiet() ? exit_code(err) : err;
}

static const struct cli_option options[] = {
	{ 0, "no-load", NULL, "Only read it, do not show it to the kernel",
	  CLI_FLAG(struct check_args, no_load) },
	CLI_FORMAT(struct check_args, common.format),
	{ 0 }
};

static const struct cli_option arguments[] = {
	POLICY_ARGUMENT(struct check_args, common.what), { 0 }
};

const struct command policy_cmd_check = {
	.name = "check",
	.summary = "check a policy for mistakes, without using it",
	.doc = "Read a policy, say all that is wrong with it, and have the kernel's verifier look "
	       "at it. Nothing is attached.",
	.page = "zrec-policy(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct check_args),
	.run = run,
};
