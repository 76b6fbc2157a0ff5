// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/when.h"
#include "cmd/experiment-cmd.h"
#include "cmd/values.h"
#include "fleet/experiment.h"
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
	struct fleet_opts fleet;
	struct fleet_experiment x;
};

static int add_text(const char ***list, size_t *nr, const char *value)
{
	const char **place;

	if (!*value)
		return -EINVAL;
	place = array_add(list, nr, sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = value;
	return 0;
}

static int add_file(void *args, const char *value)
{
	struct report_args *a = args;

	return add_text(&a->files, &a->nr_files, value);
}

static int add_ignored(void *args, const char *value)
{
	struct fleet_opts *fleet = &((struct report_args *)args)->fleet;

	return add_text(&fleet->ignore, &fleet->nr_ignore, value);
}

static int parse_since(void *args, const char *value)
{
	return when_parse(value, (int64_t)clock_ns(CLOCK_REALTIME),
			  &((struct report_args *)args)->fleet.since_ns);
}

static int parse_until(void *args, const char *value)
{
	return when_parse(value, (int64_t)clock_ns(CLOCK_REALTIME),
			  &((struct report_args *)args)->fleet.until_ns);
}

static int parse_timeout(void *args, const char *value)
{
	uint64_t ns;

	if (rules_parse_span(value, &ns) || !ns)
		return -EINVAL;
	((struct report_args *)args)->fleet.http.timeout_ns = ns;
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

/* NULL: it makes sense, else what does not */
static const char *check_source(const struct report_args *a)
{
	const struct fleet_opts *f = &a->fleet;

	if (!f->http.url && (f->http.ca_file || f->http.bearer_file || f->http.login_file ||
			     f->http.tenant || f->http.timeout_ns || f->match || f->nr_ignore ||
			     f->since_ns || f->until_ns))
		return "--since, --until, --match, --ignore-label and what a server wants go with --prometheus";
	if (!f->http.url)
		return a->nr_files ? NULL : "a RECORDING is missing, or --prometheus";
	if (a->nr_files)
		return "the numbers are from recordings or from --prometheus, not from both";
	if (a->report.within_ns)
		return "metrics have relapses within 5m only: --relapse goes with recordings";
	if (f->http.bearer_file && f->http.login_file)
		return "a server wants --bearer-file or --login-file, not both";
	return NULL;
}

#define DAY_NS	(24 * 3600 * NSEC_PER_SEC)

static int read_metrics(struct report_args *a)
{
	struct fleet_opts *f = &a->fleet;
	int err;

	if (!f->until_ns)
		f->until_ns = (int64_t)clock_ns(CLOCK_REALTIME);
	if (!f->since_ns)
		f->since_ns = f->until_ns > 30 * DAY_NS ? f->until_ns - 30 * DAY_NS : 1;
	if (f->until_ns - f->since_ns < 60 * NSEC_PER_SEC) {
		log_error("--since is less than a minute before --until");
		return EXIT_USAGE;
	}
	if (!f->http.timeout_ns)
		f->http.timeout_ns = 60 * NSEC_PER_SEC;
	experiment_data_init(&a->report.data, a->name);
	err = fleet_experiment_read(&a->x, &a->report.data, f, a->control);
	if (err)
		return err == -EINVAL ? EXIT_USAGE : err;
	a->report.metrics = &a->x.metrics;
	return fleet_experiment_analyse(&a->x, &a->report.data, &a->report.plan, &a->report.result);
}

static int read_files(struct report_args *a)
{
	struct experiment_data *data = &a->report.data;
	int err = 0;

	experiment_data_init(data, a->name);
	for (size_t i = 0; !err && i < a->nr_files; i++)
		err = experiment_data_add(data, a->files[i]);
	if (!err)
		err = experiment_data_finish(data, a->report.within_ns, a->control);
	return err ? err : experiment_analyse(data, &a->report.plan, &a->report.result);
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
	const char *wrong = check_source(a);
	int err;

	if (wrong)
		return cli_usage_error("zrec experiment report", "%s", wrong);
	set_defaults(&a->report);
	err = a->fleet.http.url ? read_metrics(a) : read_files(a);
	return err ? err : output_exit_code(print(a), EXIT_OK);
}

static void release(void *args)
{
	struct report_args *a = args;

	experiment_data_free(&a->report.data);
	fleet_experiment_free(&a->x);
	free(a->fleet.ignore);
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
	{ 0, "prometheus", "URL", "Instead of recordings: the metrics of a Prometheus, Thanos or Mimir",
	  CLI_TEXT(struct report_args, fleet.http.url) },
	{ 0, "since", "WHEN", "Metrics from then on (default: 30 days)",
	  .parse = parse_since, .wants = WHEN_WANTS },
	{ 0, "until", "WHEN", "Metrics up to then (default: now)",
	  .parse = parse_until, .wants = WHEN_WANTS },
	{ 0, "match", "MATCHERS", "Only series with these labels, as 'job=\"zrec\",cluster=~\"a|b\"'",
	  CLI_TEXT(struct report_args, fleet.match) },
	{ 0, "ignore-label", "LABEL", "Series that differ in this label only are of one host; may be repeated",
	  .parse = add_ignored, .wants = "the name of a label, for example replica" },
	{ 0, "tenant", "ID", "Whose metrics, as Mimir wants it (X-Scope-OrgID)",
	  CLI_TEXT(struct report_args, fleet.http.tenant) },
	{ 0, "bearer-file", "FILE", "It has the token that the server wants",
	  CLI_TEXT(struct report_args, fleet.http.bearer_file), .complete = complete_files },
	{ 0, "login-file", "FILE", "It has USER:PASSWORD, for basic authentication",
	  CLI_TEXT(struct report_args, fleet.http.login_file), .complete = complete_files },
	{ 0, "ca-file", "FILE", "Authorities to trust instead of the system's",
	  CLI_TEXT(struct report_args, fleet.http.ca_file), .complete = complete_files },
	{ 0, "timeout", "TIME", "How long each answer may take (default: 60s)",
	  .parse = parse_timeout, .wants = "a time of at most a day, for example 60s" },
	CLI_FORMAT(struct report_args, format),
	{ 0 }
};

static const struct cli_option arguments[] = {
	{ .arg = "RECORDING", .wants = "one or more files of zrec record or zrec history export",
	  .parse = add_file, .complete = complete_files, .more = true },
	{ 0 }
};

const struct command experiment_cmd_report = {
	.name = "report",
	.summary = "what came of an experiment",
	.doc = "Compare the arms of an experiment, from the recordings of all hosts that took part, "
	       "or from their metrics: how many recoveries succeeded, how many relapsed and how long they took, with what "
	       "the numbers allow to say and how many more are needed.",
	.page = "zrec-experiment(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct report_args),
	.run = run,
	.release = release,
};
