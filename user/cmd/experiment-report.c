// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "cmd/experiment-cmd.h"
#include "cmd/values.h"
#include "keep/experiment-report.h"
#include "keep/experiment-stats.h"
#include "record/names.h"
#include "rules/time.h"

struct report_args {
	struct experiment_report report;
	enum output_format format;
	const char **files;
	size_t nr_files;
	const char *name;
	const char *control;
};

static int add_file(void *args, const char *value)
{
	struct report_args *a = args;
	const char **place;

	if (!*value)
		return -EINVAL;
	place = array_add(&a->files, &a->nr_files, sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = value;
	return 0;
}

/* "3/5" */
static int parse_look(void *args, const char *value)
{
	struct stats_plan *plan = &((struct report_args *)args)->report.plan;
	char look[12];
	size_t len = strcspn(value, "/");

	if (!value[len] || len >= sizeof(look))
		return -EINVAL;
	memcpy(look, value, len);
	look[len] = '\0';
	if (name_parse_u32(look, &plan->look) || name_parse_u32(value + len + 1, &plan->looks) ||
	    !plan->look || plan->look > plan->looks || plan->looks > STATS_MAX_LOOKS)
		return -EINVAL;
	return 0;
}

/* A number of points or per cent with at most a point in it, as a share; "%" may follow */
static int parse_share(const char *value, double least, double most, double *ret)
{
	char *end;
	double share;

	if (strspn(value, "0123456789.") != strcspn(value, "%") || !*value || *value == '%')
		return -EINVAL;
	errno = 0;
	share = strtod(value, &end) / 100;
	if (errno || (*end && strcmp(end, "%")) || !(share >= least && share <= most))
		return -EINVAL;
	*ret = share;
	return 0;
}

static int parse_effect(void *args, const char *value)
{
	return parse_share(value, 0.001, 0.49, &((struct report_args *)args)->report.plan.effect);
}

static int parse_alpha(void *args, const char *value)
{
	return parse_share(value, 0.0001, 0.5, &((struct report_args *)args)->report.plan.alpha);
}

static int parse_power(void *args, const char *value)
{
	return parse_share(value, 0.5, 0.999, &((struct report_args *)args)->report.plan.power);
}

static int parse_seed(void *args, const char *value)
{
	uint32_t seed;
	int err = name_parse_u32(value, &seed);

	if (!err)
		((struct report_args *)args)->report.plan.seed = seed;
	return err ? -EINVAL : 0;
}

static int parse_within(void *args, const char *value)
{
	struct report_args *a = args;
	uint64_t ns;

	if (rules_parse_span(value, &ns) || !ns)
		return -EINVAL;
	a->report.within_ns = ns;
	return 0;
}

/* What the tables of options cannot say */
static void set_defaults(struct experiment_report *r)
{
	if (!r->plan.looks)
		r->plan.look = r->plan.looks = 1;
	if (!(r->plan.alpha > 0))
		r->plan.alpha = 0.05;
	if (!(r->plan.power > 0))
		r->plan.power = 0.8;
	if (!(r->plan.effect > 0))
		r->plan.effect = 0.05;
	if (!r->plan.seed)
		r->plan.seed = 1;
	if (!r->within_ns)
		r->within_ns = 300 * NSEC_PER_SEC;
}

static int read_files(struct report_args *a)
{
	struct experiment_data *data = &a->report.data;
	int err = 0;

	experiment_data_init(data, a->name);
	for (size_t i = 0; !err && i < a->nr_files; i++)
		err = experiment_data_add(data, a->files[i]);
	return err ? err : experiment_data_finish(data, a->report.within_ns, a->control);
}

static int print(const struct report_args *a)
{
	struct output o;
	int err;

	if (a->format == OUTPUT_TEXT) {
		experiment_report_print(stdout, &a->report);
		return output_flush(stdout);
	}
	err = output_open(&o, stdout, a->format);
	if (!err)
		err = experiment_report_put(&o, &a->report);
	return err ? err : output_close(&o);
}

static int run(void *args)
{
	struct report_args *a = args;
	int err;

	set_defaults(&a->report);
	err = read_files(a);
	if (!err)
		err = experiment_analyse(&a->report.data, &a->report.plan, &a->report.result);
	return err ? err : output_exit_code(print(a), EXIT_OK);
}

static void release(void *args)
{
	struct report_args *a = args;

	experiment_data_free(&a->report.data);
	free(a->files);
}

static const struct cli_option options[] = {
	{ 0, "name", "NAME", "This experiment, if the recordings have several",
	  CLI_TEXT(struct report_args, name) },
	{ 0, "control", "ARM", "Compare the others with this arm (default: the arm \"default\")",
	  CLI_TEXT(struct report_args, control) },
	{ 0, "look", "N/M", "This is the N-th look of M that were planned (default: 1/1)",
	  .parse = parse_look, .wants = "N/M, 1/1 to 100/100" },
	{ 0, "relapse", "TIME", "An error so soon after a recovery is a relapse (default: 5m)",
	  .parse = parse_within, .wants = "a time of at most a day, for example 5m" },
	{ 0, "effect", "POINTS", "The smallest difference in success worth knowing (default: 5)",
	  .parse = parse_effect, .wants = "0.1 to 49 percentage points" },
	{ 0, "power", "PERCENT", "How sure it is to be found (default: 80)",
	  .parse = parse_power, .wants = "50 to 99.9 per cent" },
	{ 0, "alpha", "PERCENT", "False alarms that are accepted (default: 5)",
	  .parse = parse_alpha, .wants = "0.01 to 50 per cent" },
	{ 0, "seed", "NUMBER", "Of the random draws behind the intervals of times (default: 1)",
	  .parse = parse_seed, .wants = "a number below 2^32" },
	CLI_FORMAT(struct report_args, format),
	{ 0 }
};

static const struct cli_option arguments[] = {
	{ .arg = "RECORDING", .wants = "one or more files of zrec record or zrec history export",
	  .parse = add_file, .complete = complete_files, .required = true, .more = true },
	{ 0 }
};

const struct command experiment_cmd_report = {
	.name = "report",
	.summary = "what came of an experiment",
	.doc = "Compare the arms of an experiment, from the recordings of all hosts that took part: "
	       "how many recoveries succeeded, how many relapsed and how long they took, with what "
	       "the numbers allow to say and how many more are needed.",
	.page = "zrec-experiment(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct report_args),
	.run = run,
	.release = release,
};
