// SPDX-License-Identifier: GPL-2.0
/* zrec replay: what policies would have decided about recorded recoveries */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "cmd/history-cmd.h"
#include "cmd/out-file.h"
#include "cmd/out-page.h"
#include "keep/filter.h"
#include "replay/replay.h"
#include "report/what-if.h"

struct replay_args {
	struct history_opts recording;
	const char **policy;
	size_t nr;
	struct policy_canary canary;
	const char *canary_text;	/* NULL: none */
	enum replay_against against;
	bool what_if;
	bool report;
	struct out_file out;
	enum output_format format;
};

static int parse_policy(void *args, const char *value)
{
	struct replay_args *a = args;
	const char **place;

	if (!*value)
		return -EINVAL;
	place = array_add(&a->policy, &a->nr, sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = value;
	return 0;
}

static int parse_canary(void *args, const char *value)
{
	struct replay_args *a = args;

	a->canary_text = value;
	return policy_parse_canary(value, &a->canary);
}

static const char *const against_words[] = {
	[REPLAY_RECORDED - 1]	= "recorded",
	[REPLAY_DEFAULT - 1]	= "default",
	NULL
};

static int parse_against(void *args, const char *value)
{
	for (unsigned int i = 0; against_words[i]; i++) {
		if (!strcmp(value, against_words[i])) {
			((struct replay_args *)args)->against = i + 1;
			return 0;
		}
	}
	return -EINVAL;
}

/* --- reading --- */

static int look(void *r, const struct history_recovery *recovery)
{
	return replay_look(r, recovery);
}

static int look_at_policy(void *r, const struct history_policy_event *event)
{
	return replay_look_at_policy(r, event);
}

static int add(void *r, const struct history_recovery *recovery)
{
	return replay_add(r, recovery);
}

static int add_gap(void *r, const struct history_boot *boot, const struct history_gap *gap)
{
	(void)boot;
	replay_add_gap(r, gap);
	return 0;
}

static int read_recording(struct replay *r, struct history *h, const struct replay_args *a)
{
	const struct history_filter *filter = &a->recording.filter;
	int err = 0;

	if (a->against == REPLAY_RECORDED) {
		err = history_each_policy_event(h, filter, look_at_policy, r);
		if (!err)
			err = history_each_by_boot(h, filter, look, r);
	}
	if (!err)
		err = history_each_gap(h, filter, add_gap, r);
	if (!err)
		err = history_each_by_boot(h, filter, add, r);
	return err ? err : replay_end(r);
}

/* A policy that could not be loaded for one more boot has said why */
static bool is_told(int err)
{
	return err == -EREFUSED || err == -EPERM || err == -EOPNOTSUPP || err == -EMFILE ||
	       err == -ENFILE;
}

/* The recording says what is wrong with itself */
static int read_all(struct replay *r, const struct replay_args *a)
{
	struct history *h = NULL;
	int err = history_source_open(&h, a->recording.file);
	const char *why;

	if (err)
		return err;
	err = read_recording(r, h, a);
	why = history_error(h);
	if (err && why && *why)
		return history_source_end(h, err);
	if (err && !is_told(err))
		log_error("cannot replay %s: %s", a->recording.file, strerror(-err));
	history_close(h);
	return err;
}

/* --- showing --- */

static int print_json(const struct replay *r, enum output_format format)
{
	struct output o;
	int err = output_open(&o, stdout, format);

	if (!err)
		err = output_value(&o, "recording", replay_recording_to_json(r));
	if (!err)
		err = output_list(&o, "policies", "policy");
	for (size_t i = 0; !err && i < replay_policies(r); i++)
		err = output_item(&o, replay_policy_to_json(r, i));
	if (!err && replay_policies(r) > 1)
		err = output_value(&o, "between", replay_between_to_json(r));
	return err ? err : output_close(&o);
}

static int print(const struct replay *r, const struct replay_args *a)
{
	if (log_is_quiet())
		return 0;
	if (a->format != OUTPUT_TEXT)
		return print_json(r, a->format);
	if (a->what_if)
		replay_print_what_if(stdout, r);
	else
		replay_print_text(stdout, r);
	return output_flush(stdout);
}

struct page {
	const struct replay *replay;
	struct what_if_about about;
};

static int make_page(void *ctx, FILE *f)
{
	const struct page *p = ctx;

	return what_if_write(p->replay, &p->about, f);
}

/* 0 or a negative errno, after its message if it is about a file */
static int write_page(const struct replay *r, struct replay_args *a)
{
	const struct history_filter *f = &a->recording.filter;
	struct page page = {
		.replay = r,
		.about = {
			.since_ns = f->since_ns, .until_ns = f->until_ns,
			.filtered = history_filter_is_some(f),
			.canary = a->canary_text,
			.made_ns = (int64_t)clock_ns(CLOCK_REALTIME),
		},
	};
	int err = out_file_close(&a->out, out_page_write(a->out.f, make_page, &page));

	if (err && !out_file_is_stdout(&a->out))
		log_error("cannot write %s: %s", text_shown(a->out.to), strerror(-err));
	return err;
}

/* What was asked for with --against has happened: something is different */
static int result_of(const struct replay *r, const struct replay_args *a)
{
	if (a->against == REPLAY_EFFECTIVE)
		return EXIT_OK;
	for (size_t i = 0; i < replay_policies(r); i++) {
		const struct replay_comparison *c = &replay_result(r, i)->comparison;

		if (c->compared != c->same)
			return EXIT_CONDITION;
	}
	return EXIT_OK;
}

static int show(const struct replay *r, struct replay_args *a)
{
	int err;

	if (!a->report || (log_is_quiet() && out_file_is_stdout(&a->out)))
		return output_exit_code(print(r, a), result_of(r, a));
	err = write_page(r, a);
	return err && !out_file_is_stdout(&a->out) ? exit_code(err) :
	       output_exit_code(err, result_of(r, a));
}

/* --- */

static int add_policies(struct replay *r, const struct replay_args *a)
{
	int err = 0;

	for (size_t i = 0; !err && i < a->nr; i++)
		err = replay_add_policy(r, a->policy[i], a->canary_text ? &a->canary : NULL);
	return err;
}

static int check_report(const struct replay_args *a)
{
	if (!a->report && a->out.to)
		return cli_usage_error("zrec replay", "--output is where --report writes its page");
	if (!a->report)
		return EXIT_OK;
	if (!a->what_if)
		return cli_usage_error("zrec replay", "--report is a page of --what-if: give both");
	if (a->format != OUTPUT_TEXT)
		return cli_usage_error("zrec replay", "--report is HTML: it has no --format");
	if (!a->out.to && isatty(STDOUT_FILENO))
		return cli_usage_error("zrec replay", "--report is HTML, which is not for a terminal: "
				       "name a file with --output");
	if (out_file_is(&a->out, a->recording.file))
		return cli_usage_error("zrec replay", "--output is the recording itself");
	return EXIT_OK;
}

static int check_usage(const struct replay_args *a)
{
	if (!a->nr)
		return cli_usage_error("zrec replay", "which policy? Name it with --policy");
	if (a->nr > REPLAY_MAX_POLICIES)
		return cli_usage_error("zrec replay", "%zu policies, expected at most %d", a->nr,
				       REPLAY_MAX_POLICIES);
	if (a->what_if && a->nr < 2)
		return cli_usage_error("zrec replay", "--what-if compares policies: name two with --policy");
	return check_report(a);
}

static int run(void *args)
{
	struct replay_args *a = args;
	struct replay *r = NULL;
	int err = check_usage(a);

	if (err)
		return err;
	/* Before a long replay */
	if (a->report)
		err = out_file_open(&a->out);
	if (err)
		return err;
	err = replay_new(&r, a->against, log_errors());
	if (!err)
		err = add_policies(r, a);
	if (!err) {
		replay_name_recording(r, a->recording.file);
		err = read_all(r, a);
	}
	if (!err)
		err = show(r, a);
	if (a->out.f)
		out_file_close(&a->out, err ? -ECANCELED : 0);
	replay_free(r);
	return err;
}

static void release(void *args)
{
	struct replay_args *a = args;

	free(a->policy);
	history_opts_release(args);
}

static const struct cli_option options[] = {
	{ 'p', "policy", "POLICY", "Replay this policy, by name or file; may be repeated",
	  .parse = parse_policy, .wants = "a policy", .complete = complete_policies },
	{ 0, "against", "WHAT",
	  "Compare with what the policy itself answered then (recorded) or with the kernel's default "
	  "(default); exit code 2 if something is different",
	  .parse = parse_against, .words = against_words },
	{ 'w', "what-if", NULL, "Print a table with a column for each policy, in Markdown",
	  CLI_FLAG(struct replay_args, what_if) },
	{ 0, "report", NULL, "With --what-if, make it a page: HTML, to attach to a change request",
	  CLI_FLAG(struct replay_args, report) },
	{ 'o', "output", "FILE", "Where --report writes the page (default: standard output)",
	  CLI_TEXT(struct replay_args, out.to), .complete = complete_files },
	{ 'c', "canary", "WHICH", "As if the policies were for some functions only: 10%, or fid=FID,...",
	  .parse = parse_canary, .wants = "a share such as 10%, or fid=FID,... of at most 128" },
	CLI_FORMAT(struct replay_args, format),
	{ 'S', "since", "TIME", "Not what is older: \"2026-11-25 10:00\", -2h, yesterday, ...",
	  .parse = history_opt_since, .wants = WHEN_WANTS },
	{ 'U', "until", "TIME", "Only what is older",
	  .parse = history_opt_until, .wants = WHEN_WANTS },
	{ 'F', "fid", "FID", "Only this function ID; may be repeated",
	  .parse = history_opt_fid, .wants = FID_WANTS, .complete = complete_fids },
	{ 'D', "driver", "DRIVER", "Only functions of this driver; may be repeated",
	  .parse = history_opt_driver, .wants = "a driver's name", .complete = complete_drivers },
	{ 'P', "pec", "PEC", "Only this PCI event code, by number or name; may be repeated",
	  .parse = history_opt_pec, .wants = PEC_WANTS, .complete = complete_pecs },
	{ 0, "function", "FUNCTION", "Only this function; may be repeated",
	  .parse = history_opt_function, .wants = FUNCTION_WANTS, .complete = complete_functions },
	{ 0, "outcome", "OUTCOME", "Only recoveries with this outcome; may be repeated",
	  .parse = history_opt_outcome, .wants = OUTCOME_WANTS, .complete = complete_outcomes },
	{ 0, "host", "HOST", "Only of this host, by name or machine ID; may be repeated",
	  .parse = history_opt_host, .wants = "a host" },
	{ 0 }
};

static const struct cli_option arguments[] = {
	{ .arg = "RECORDING", .wants = "a recording, or - for standard input", .required = true,
	  CLI_TEXT(struct replay_args, recording.file), .complete = complete_files },
	{ 0 }
};

const struct command cmd_replay = {
	.name = "replay",
	.summary = "what policies would have decided about recorded recoveries",
	.doc = "Run policies over a recording and say what they would have decided, beside what was "
	       "decided. Rule files need no rights and no BPF.",
	.page = "zrec-replay(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct replay_args),
	.run = run,
	.release = release,
};
