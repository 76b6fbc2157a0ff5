// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/output.h"
#include "cmd/policy-cmd.h"
#include "policy/vectors.h"

static uint32_t or_default(uint32_t limit, uint32_t dflt)
{
	return limit ? limit : dflt;
}

static struct policy_budget budget_of(const struct policy_about *about)
{
	return (struct policy_budget){
		.window_s = or_default(about->budget.window_s, ZPCI_WINDOW_S),
		.max_isolations = or_default(about->budget.max_isolations, ZPCI_ISOLATIONS),
		.max_clamps = or_default(about->budget.max_clamps, ZPCI_CLAMPS),
		.max_failures = or_default(about->budget.max_failures, ZPCI_FAILURES),
	};
}

/* A rule file says best itself what it does, with its comments */
static int print_file(const char *path)
{
	char buf[4096];
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return -errno;
	putchar('\n');
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		fwrite(buf, 1, n, stdout);
	fclose(f);
	return 0;
}

static int print_text(const struct policy_about *about)
{
	struct policy_budget budget = budget_of(about);
	int err = 0;

	printf("name         %s\n", about->name);
	if (about->description[0])
		printf("description  %s\n", about->description);
	printf("file         %s\n", about->path);
	if (about->is_rules)
		printf("kind         rules (%zu)\n", about->rules);
	else
		printf("kind         object\n");
	printf("mode         %s\n", about->mode == POLICY_SHADOW ? "shadow" : "enforce");
	fputs("decides     ", stdout);
	for (int i = 0; i < ZPCI_NR_MEMBERS; i++)
		if (about->member[i])
			printf(" %s", vector_member(i));
	printf("\nbudget       in %" PRIu32 " s: isolations %" PRIu32 ", clamps %" PRIu32
	       ", failures %" PRIu32 "\n", budget.window_s, budget.max_isolations,
	       budget.max_clamps, budget.max_failures);
	printf("canary       %s\n", about->has_canary ? "possible" : "not possible");
	printf("replay       %s\n", about->has_replay ? "possible" : "not possible");
	if (about->is_rules)
		err = print_file(about->path);
	return err ? err : output_flush(stdout);
}

static json_t *members_to_json(const struct policy_about *about)
{
	json_t *list = json_array();

	for (int i = 0; list && i < ZPCI_NR_MEMBERS; i++) {
		if (about->member[i] && json_array_append_new(list, json_string(vector_member(i))) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static int print_json(const struct policy_about *about, enum output_format format)
{
	struct policy_budget budget = budget_of(about);
	struct output o;
	json_t *policy;
	int err;

	policy = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:o, s:{s:I, s:I, s:I, s:I}}",
			   "name", about->name, "description", about->description,
			   "path", about->path, "kind", about->is_rules ? "rules" : "object",
			   "mode", about->mode == POLICY_SHADOW ? "shadow" : "enforce",
			   "canary", about->has_canary, "replay", about->has_replay,
			   "members", members_to_json(about),
			   "budget", "window_s", (json_int_t)budget.window_s,
			   "isolations", (json_int_t)budget.max_isolations,
			   "clamps", (json_int_t)budget.max_clamps,
			   "failures", (json_int_t)budget.max_failures);
	if (policy && about->is_rules &&
	    json_object_set_new(policy, "rules", json_integer((json_int_t)about->rules)) < 0) {
		json_decref(policy);
		policy = NULL;
	}
	err = output_open(&o, stdout, format);
	if (err)
		json_decref(policy);
	else
		err = output_value(&o, "policy", policy);
	return err ? err : output_close(&o);
}

static int run(void *args)
{
	const struct policy_args *a = args;
	struct policy_about about;
	struct policy *policy;
	int err = policy_open(&policy, a->what, stderr);

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
