// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "cmd/policy-cmd.h"
#include "policy/find.h"
#include "policy/vectors.h"
#include "record/names.h"

struct test_args {
	struct policy_args common;
	const char *vectors;
};

struct test_run {
	const char *path;
	const char *policy;
	enum output_format format;
	struct output o;
	uint64_t passed;
	uint64_t failed;
};

/* NAME.vectors beside NAME.conf or NAME.bpf.o */
static void vectors_path(char path[PATH_MAX], const char *policy)
{
	size_t len = strlen(policy), end = policy_suffix(policy);

	if (!end && len > 2 && !strcmp(policy + len - 2, ".o"))
		end = 2;
	if (snprintf(path, PATH_MAX, "%.*s.vectors", (int)(len - end), policy) >= PATH_MAX)
		path[0] = '\0';
}

/* Standard input has nothing beside it */
static int choose_vectors(const struct test_args *a, const struct policy *policy,
			  char path[PATH_MAX], FILE *errors)
{
	struct policy_about about;

	policy_about(policy, &about);
	if (a->vectors) {
		if (snprintf(path, PATH_MAX, "%s", a->vectors) >= PATH_MAX)
			return -ENAMETOOLONG;
	} else if (strcmp(a->common.what, "-")) {
		vectors_path(path, about.path);
	} else {
		if (errors)
			fprintf(errors, "%s: it has no vectors beside it, give them by --vectors\n",
				about.path);
		return -ENOENT;
	}
	return 0;
}

static int print_vector(struct test_run *run, const struct vector *v, uint32_t got)
{
	const char *member = name_member(v->member);
	char a[24], b[24];
	const char *verdict = name_answer(v->member, got, a, sizeof(a));
	const char *expected = name_answer(v->member, v->expected, b, sizeof(b));
	bool passed = got == v->expected;

	if (passed)
		run->passed++;
	else
		run->failed++;
	if (log_is_quiet())
		return 0;
	if (run->format == OUTPUT_TEXT) {
		if (!passed)
			printf("%s:%u: %s: got %s, expected %s\n", text_shown(run->path), v->line, member,
			       verdict, expected);
		return 0;
	}
	return output_item(&run->o, json_pack("{s:i, s:s, s:s, s:s, s:b}", "line", (int)v->line,
					      "member", member, "verdict", verdict, "expected",
					      expected, "passed", passed));
}

static int run_vectors(struct test_run *run, struct policy *policy, const struct vectors *vectors)
{
	int err = 0;

	for (size_t i = 0; !err && i < vectors->nr; i++) {
		const struct vector *v = &vectors->v[i];
		uint32_t verdict = 0;

		if (v->member == ZPCI_MEMBER_DONE) {
			err = policy_replay_done(policy, &v->event, v->outcome, v->reason);
		} else {
			err = policy_replay(policy, &v->event, v->member, &verdict);
			if (!err)
				err = print_vector(run, v, verdict);
		}
	}
	return err;
}

static int conclude(struct test_run *run)
{
	int err;

	if (log_is_quiet())
		return 0;
	if (run->format == OUTPUT_TEXT) {
		printf("%s: %" PRIu64 " passed, %" PRIu64 " failed\n", text_shown(run->policy), run->passed,
		       run->failed);
		return output_flush(stdout);
	}
	err = output_value(&run->o, "test", json_pack("{s:s, s:s, s:I, s:I}", "name", run->policy,
						      "path", run->path, "passed",
						      (json_int_t)run->passed, "failed",
						      (json_int_t)run->failed));
	return err ? err : output_close(&run->o);
}

static int test(struct policy *policy, const struct test_args *args, const struct vectors *vectors,
		const char *path)
{
	struct policy_about about;
	struct test_run run = { .path = path, .format = args->common.format };
	int err;

	policy_about(policy, &about);
	run.policy = about.name;
	/* Text is the format without a document */
	err = output_open(&run.o, stdout, log_is_quiet() ? OUTPUT_TEXT : run.format);
	if (!err)
		err = output_list(&run.o, "vectors", "vector");
	if (!err)
		err = run_vectors(&run, policy, vectors);
	if (!err)
		err = conclude(&run);
	return output_exit_code(err, run.failed ? EXIT_REFUSED : EXIT_OK);
}

static int run(void *args)
{
	const struct test_args *a = args;
	/* The result is the exit code then */
	FILE *errors = log_is_quiet() ? NULL : log_errors();
	struct policy *policy = NULL;
	struct vectors vectors = { 0 };
	char path[PATH_MAX];
	int err;

	if (a->vectors && !strcmp(a->vectors, "-") && !strcmp(a->common.what, "-"))
		return cli_usage_error("zrec policy test", "only one of policy and vectors can be standard input");
	err = policy_open(&policy, a->common.what, errors);
	if (!err)
		err = choose_vectors(a, policy, path, errors);
	if (!err)
		err = vectors_parse_file(path, &vectors, errors);
	/* Vectors with mistakes say nothing about a policy */
	if (err == -EINVAL)
		err = -EREFUSED;
	if (!err)
		err = policy_load(policy, POLICY_REPLAY, errors);
	if (!err)
		err = test(policy, a, &vectors, path);
	vectors_free(&vectors);
	policy_close(policy);
	return err < 0 && log_is_quiet() ? exit_code(err) : err;
}

static const struct cli_option options[] = {
	{ 't', "vectors", "FILE", "Its vectors, if they are not beside it",
	  .complete = complete_files, CLI_TEXT(struct test_args, vectors) },
	CLI_FORMAT(struct test_args, common.format),
	{ 0 }
};

static const struct cli_option arguments[] = {
	POLICY_ARGUMENT(struct test_args, common.what), { 0 }
};

const struct command policy_cmd_test = {
	.name = "test",
	.summary = "run a policy on its test vectors",
	.doc = "Run the test vectors of a policy through its replay entry, on any machine with BPF.",
	.page = "zrec-policy(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct test_args),
	.run = run,
};
