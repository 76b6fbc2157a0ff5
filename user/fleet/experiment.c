// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "fleet/experiment-int.h"
#include "keep/experiment-stats.h"

#define RECOVERIES	"zrec_experiment_recoveries_total"
#define RELAPSES	"zrec_experiment_relapses_total"
#define MISSING		"zrec_recorder_recoveries_missing_total"
#define EXITS		"zrec_policy_last_exit_time_seconds"

#define MAX_ENDS	1000
#define END_PIECES	128
#define MAX_NAMES	64

/* --- what is asked --- */

/* Braces and a comma too many are no reason to refuse it */
static int set_matchers(struct fleet *f)
{
	const char *match = f->opts->match ?: "";
	size_t len;

	match += strspn(match, " {,");
	len = strlen(match);
	while (len && strchr(" },", match[len - 1]))
		len--;
	if (asprintf(&f->matchers, "%s%.*s", len ? "," : "", (int)len, match) < 0)
		f->matchers = NULL;
	return f->matchers ? 0 : -ENOMEM;
}

/* NAME{experiment="THIS",...}; to be freed */
static char *selector(const struct fleet *f, const char *metric)
{
	char *name = prometheus_quote(f->data->name), *ret = NULL;

	if (name && asprintf(&ret, "%s{experiment=%s%s}", metric, name, f->matchers) < 0)
		ret = NULL;
	free(name);
	return ret;
}

static void list_names(const json_t *names, char *buf, size_t size)
{
	size_t at = 0, i;
	json_t *name;

	buf[0] = '\0';
	json_array_foreach((json_t *)names, i, name)
		if (i < MAX_NAMES && at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? ", " : "",
					       text_shown(json_string_value(name)));
}

static int choose(struct fleet *f, const json_t *names)
{
	size_t nr = json_array_size(names), i;
	char list[512];
	json_t *name;

	list_names(names, list, sizeof(list));
	json_array_foreach((json_t *)names, i, name)
		if (f->data->named && !strcmp(json_string_value(name), f->data->name))
			return 0;
	if (f->data->named || !nr) {
		log_error("%s: no metrics of %s%s%s between --since and --until%s%s",
			  text_shown(f->opts->http.url), f->data->named ? "the experiment '" : "an experiment",
			  f->data->named ? text_shown_array(f->data->name) : "",
			  f->data->named ? "'" : "", nr ? "; there are: " : "", list);
		return -ENOENT;
	}
	if (nr > 1) {
		log_error("%s: there are several experiments: %s; choose one by --name",
			  text_shown(f->opts->http.url), list);
		return -EEXIST;
	}
	snprintf(f->data->name, sizeof(f->data->name), "%s",
		 json_string_value(json_array_get(names, 0)));
	return 0;
}

static int find_experiment(struct fleet *f)
{
	json_t *names = NULL;
	char *match;
	int err;

	if (asprintf(&match, RECOVERIES "{experiment!=\"\"%s}", f->matchers) < 0)
		return -ENOMEM;
	err = prometheus_label_values(f->p, "experiment", match, f->window.since_ms,
				      f->window.until_ms, &names);
	if (!err)
		err = choose(f, names);
	json_decref(names);
	free(match);
	return err;
}

static int read_entries(struct fleet *f, struct entries *ret, char *selector)
{
	struct counters counters = { 0 };
	int err = selector ? counters_read(&counters, f->p, selector, &f->window) : -ENOMEM;

	if (!err)
		err = entries_of(ret, &counters, f->opts->ignore, f->opts->nr_ignore);
	counters_free(&counters);
	free(selector);
	return err;
}

static int read_all(struct fleet *f)
{
	char *missing = NULL;
	int err = read_entries(f, &f->recoveries, selector(f, RECOVERIES));

	if (!err)
		err = read_entries(f, &f->relapses, selector(f, RELAPSES));
	if (!err)
		err = read_entries(f, &f->times, selector(f, FLEET_TIMES));
	if (!err && asprintf(&missing, MISSING "{job=~\".*\"%s}", f->matchers) < 0)
		missing = NULL;
	return err ? err : read_entries(f, &f->missing, missing);
}

/* Also of buckets in which nothing is: they end the one above */
static int read_bounds(struct fleet *f)
{
	char *match = selector(f, FLEET_TIMES);
	json_t *values = NULL;
	int err = match ? prometheus_label_values(f->p, "le", match, f->window.since_ms,
						  f->window.until_ms, &values) : -ENOMEM;

	if (!err)
		err = fleet_add_bounds(&f->x->metrics, values);
	json_decref(values);
	free(match);
	return err;
}

/* --- what the report says besides --- */

static void count_missing(struct fleet *f)
{
	for (size_t i = 0; i < f->missing.nr; i++)
		if (fleet_find_host(f, f->missing.e[i].host) >= 0 &&
		    __builtin_add_overflow(f->data->missing, f->missing.e[i].n, &f->data->missing))
			f->data->missing = UINT64_MAX;
}

static void count_restarts(struct fleet *f)
{
	const char *last = "";

	for (size_t i = 0; i < f->recoveries.nr; i++) {
		const struct entry *e = &f->recoveries.e[i];

		if (!e->resets || !strcmp(last, e->host))
			continue;
		last = e->host;
		f->x->metrics.restarted++;
	}
}

static bool has_end(const struct experiment_data *data, const struct experiment_end *end)
{
	for (size_t i = 0; i < data->nr_ends; i++)
		if (data->ends[i].wall_ns == end->wall_ns && !strcmp(data->ends[i].host, end->host) &&
		    !memcmp(data->ends[i].policy, end->policy, sizeof(end->policy)))
			return true;
	return false;
}

static void copy_label(char *to, size_t size, const json_t *labels, const char *key)
{
	snprintf(to, size, "%s", json_string_value(json_object_get(labels, key)) ?: "");
}

/* The value is when it was */
static int take_end(void *ctx, const struct prometheus_series *series, int64_t at_ms, double value)
{
	const json_t *labels = series->labels;
	struct fleet *f = ctx;
	struct experiment_end end = { 0 }, *place;
	int64_t ms = value > 0 && value < 1e11 ? llround(value * 1000) : 0;
	char *host;
	ssize_t found;

	(void)at_ms;
	if (ms < f->window.since_ms || ms > f->window.until_ms || f->data->nr_ends == MAX_ENDS)
		return 0;
	host = entry_host(labels, f->opts->ignore, f->opts->nr_ignore);
	found = host ? fleet_find_host(f, host) : -ENOMEM;
	free(host);
	if (found < 0)
		return found == -ENOENT ? 0 : (int)found;
	copy_label(end.host, sizeof(end.host), labels, "instance");
	copy_label(end.policy, sizeof(end.policy), labels, "policy");
	copy_label(end.what, sizeof(end.what), labels, "kind");
	end.wall_ns = ms * NSEC_PER_MSEC;
	if (has_end(f->data, &end))
		return 0;
	place = array_add(&f->data->ends, &f->data->nr_ends, sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = end;
	return 0;
}

/* A policy that the kernel ended has done harm. Those in shadow are among them: metrics do not say */
static int read_ends(struct fleet *f)
{
	int64_t step = (f->window.until_ms - f->window.since_ms) / END_PIECES;
	char *query;
	int err;

	if (step < 60000)
		step = 60000;
	if (asprintf(&query, EXITS "{kind=~\"budget|killed\"%s}", f->matchers) < 0)
		return -ENOMEM;
	err = prometheus_range(f->p, query, f->window.until_ms - (f->window.until_ms -
			       f->window.since_ms) / step * step, f->window.until_ms, step,
			       take_end, f);
	free(query);
	return err;
}

/* --- all of it --- */

static int read_fleet(struct fleet *f, const char *control)
{
	int err = set_matchers(f);

	if (!err)
		err = find_experiment(f);
	if (!err)
		err = read_all(f);
	if (!err)
		err = fleet_build_recoveries(f);
	if (!err)
		err = experiment_data_order_arms(f->data, control);
	if (!err)
		err = read_bounds(f);
	if (!err)
		err = fleet_build_times(f);
	if (err)
		return err;
	count_missing(f);
	count_restarts(f);
	return read_ends(f);
}

int fleet_experiment_read(struct fleet_experiment *ret, struct experiment_data *data,
			  const struct fleet_opts *opts, const char *control)
{
	struct fleet f = {
		.opts = opts, .x = ret, .data = data,
		.window = { opts->since_ns / NSEC_PER_MSEC, opts->until_ns / NSEC_PER_MSEC },
	};
	int err;

	*ret = (struct fleet_experiment){
		.metrics = { .url = opts->http.url, .since_ns = opts->since_ns,
			     .until_ns = opts->until_ns },
	};
	err = prometheus_open(&f.p, &opts->http);
	if (!err)
		err = read_fleet(&f, control);
	if (err == -ENOMEM)
		log_error("%s: not enough memory for its answers", text_shown(opts->http.url));
	prometheus_close(f.p);
	free(f.hosts);
	entries_free(&f.recoveries);
	entries_free(&f.relapses);
	entries_free(&f.times);
	entries_free(&f.missing);
	free(f.matchers);
	return err;
}

int fleet_experiment_analyse(const struct fleet_experiment *x, const struct experiment_data *data,
			     struct stats_plan *plan, struct stats_result *ret)
{
	struct stats_result times;
	int err = experiment_analyse(data, plan, ret);

	if (err)
		return err;
	err = experiment_analyse(&x->times, plan, &times);
	if (err)
		return err;
	ret->resamples = times.resamples;
	for (uint32_t i = 0; i < ret->nr_arms; i++) {
		ret->arm[i].nr_times = times.arm[i].nr_times;
		memcpy(ret->arm[i].time, times.arm[i].time, sizeof(times.arm[i].time));
		ret->comparison[i].faster = times.comparison[i].faster;
		ret->comparison[i].median = (struct stats_difference){ NAN, NAN, NAN, NAN, NAN };
	}
	return 0;
}

void fleet_experiment_free(struct fleet_experiment *x)
{
	free(x->metrics.bounds_ns);
	free(x->times.rows);
	*x = (struct fleet_experiment){ 0 };
}
