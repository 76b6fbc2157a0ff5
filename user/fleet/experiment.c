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
#include "fleet/entries.h"
#include "fleet/experiment.h"
#include "keep/experiment-stats.h"

#define RECOVERIES	"zrec_experiment_recoveries_total"
#define RELAPSES	"zrec_experiment_relapses_total"
#define TIMES		"zrec_experiment_recovery_duration_seconds_bucket"
#define MISSING		"zrec_recorder_recoveries_missing_total"
#define EXITS		"zrec_policy_last_exit_time_seconds"

/* 10 million are 320 MB: beyond that a counter is not to be trusted */
#define MAX_RECOVERIES	10000000u
#define MAX_ENDS	1000
#define END_PIECES	128
#define MAX_NAMES	64

struct fleet {
	const struct fleet_opts *opts;
	struct prometheus *p;
	struct fleet_experiment *x;
	struct experiment_data *data;
	struct entries recoveries, relapses, times, missing;
	char **hosts;			/* in order; of data->hosts, by index */
	const char *matchers;		/* ",NAME="VALUE",..." or "" */
	char *own_matchers;
	struct counter_window window;
	uint64_t sum;
};

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
	if (asprintf(&f->own_matchers, "%s%.*s", len ? "," : "", (int)len, match) < 0) {
		f->own_matchers = NULL;
		return -ENOMEM;
	}
	f->matchers = f->own_matchers;
	return 0;
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

static int list_names(const json_t *names, char *buf, size_t size)
{
	size_t at = 0, i;
	json_t *name;

	buf[0] = '\0';
	json_array_foreach((json_t *)names, i, name)
		if (i < MAX_NAMES && at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? ", " : "",
					       text_shown(json_string_value(name)));
	return 0;
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
		err = read_entries(f, &f->times, selector(f, TIMES));
	if (!err && asprintf(&missing, MISSING "{job=~\".*\"%s}", f->matchers) < 0)
		missing = NULL;
	return err ? err : read_entries(f, &f->missing, missing);
}

/* --- recoveries --- */

/* Index of an arm, added if it is not there; -E2BIG after its message, or -ENOMEM */
static int find_arm(struct experiment_data *data, const char *name)
{
	experiment_name *arm;

	for (size_t i = 0; i < data->nr_arms; i++)
		if (!strcmp(data->arms[i], name))
			return (int)i;
	if (data->nr_arms == STATS_MAX_ARMS) {
		log_error("experiment '%s' has more than %d arms", text_shown_array(data->name),
			  STATS_MAX_ARMS);
		return -E2BIG;
	}
	arm = array_add(&data->arms, &data->nr_arms, sizeof(*arm));
	if (!arm)
		return -ENOMEM;
	snprintf(*arm, sizeof(*arm), "%s", name);
	return (int)data->nr_arms - 1;
}

static int by_host(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Index of a host that takes part; -ENOENT */
static ssize_t find_host(const struct fleet *f, const char *host)
{
	char **found = f->data->nr_hosts ? bsearch(&host, f->hosts, f->data->nr_hosts,
						   sizeof(*f->hosts), by_host) : NULL;

	return found ? found - f->hosts : -ENOENT;
}

/* Entries are in the order of hosts. Sets last_host */
static int add_host(struct fleet *f, const struct entry *e)
{
	struct experiment_data *data = f->data;
	struct experiment_host *host;
	size_t nr = data->nr_hosts;
	char **text;

	if (nr && !strcmp(f->hosts[nr - 1], e->host)) {
		data->last_host = nr - 1;
		return 0;
	}
	text = array_add(&f->hosts, &nr, sizeof(*text));
	host = text ? array_add(&data->hosts, &data->nr_hosts, sizeof(*host)) : NULL;
	if (!host)
		return -ENOMEM;
	*text = e->host;
	snprintf(host->key, sizeof(host->key), "%s", e->instance);
	data->last_host = data->nr_hosts - 1;
	return 0;
}

static int add_rows(struct fleet *f, struct experiment_data *to, struct experiment_row row, uint64_t n)
{
	if (n > MAX_RECOVERIES - f->sum) {
		log_error("%s: more than %u recoveries, which cannot be", text_shown(f->opts->http.url),
			  MAX_RECOVERIES);
		return -EBADMSG;
	}
	f->sum += n;
	for (; n; n--) {
		struct experiment_row *place = array_add(&to->rows, &to->nr_rows, sizeof(*place));

		if (!place)
			return -ENOMEM;
		*place = row;
	}
	return 0;
}

/* How many of the recovered ones of a unit relapsed: both are in the same order */
static uint64_t relapses_of(const struct fleet *f, const struct entry *e, size_t *at)
{
	while (*at < f->relapses.nr && entry_compare_unit(&f->relapses.e[*at], e) < 0)
		(*at)++;
	if (*at == f->relapses.nr || entry_compare_unit(&f->relapses.e[*at], e))
		return 0;
	return f->relapses.e[*at].n < e->n ? f->relapses.e[*at].n : e->n;
}

static void note_time(struct experiment_data *data, const struct entry *e)
{
	int64_t first = e->first_ms * NSEC_PER_MSEC, last = e->last_ms * NSEC_PER_MSEC;

	if (!e->n)
		return;
	if (!data->from_ns || first < data->from_ns)
		data->from_ns = first;
	if (last > data->to_ns)
		data->to_ns = last;
}

static int add_recoveries(struct fleet *f, const struct entry *e, uint32_t unit, size_t *relapse)
{
	struct experiment_row row = { .total_ns = STATS_NO_TIME, .fid = unit };
	uint64_t relapsed;
	int arm = find_arm(f->data, e->arm), err = arm < 0 ? arm : add_host(f, e);

	if (err)
		return err;
	note_time(f->data, e);
	f->data->hosts[f->data->last_host].arms |= (uint8_t)(1u << arm);
	row.host = (uint32_t)f->data->last_host;
	row.arm = (uint8_t)arm;
	row.success = strcmp(e->what, "recovered") ? STATS_NO : STATS_YES;
	if (row.success == STATS_NO) {
		row.relapse = STATS_UNKNOWN;
		return add_rows(f, f->data, row, e->n);
	}
	relapsed = relapses_of(f, e, relapse);
	row.relapse = STATS_NO;
	err = add_rows(f, f->data, row, e->n - relapsed);
	row.relapse = STATS_YES;
	return err ? err : add_rows(f, f->data, row, relapsed);
}

static int build_recoveries(struct fleet *f)
{
	const struct entry *last = NULL;
	uint32_t unit = 0;
	size_t relapse = 0;
	int err = 0;

	for (size_t i = 0; !err && i < f->recoveries.nr; i++) {
		const struct entry *e = &f->recoveries.e[i];

		unit += last && (strcmp(last->host, e->host) || strcmp(last->pchid, e->pchid));
		/* What began before the window, and has not increased in it */
		if (e->n)
			err = add_recoveries(f, e, unit, &relapse);
		last = e;
	}
	if (err || f->data->nr_rows)
		return err;
	log_error("%s: no recovery of the experiment '%s' between --since and --until",
		  text_shown(f->opts->http.url), text_shown_array(f->data->name));
	return -ENOENT;
}

/* --- times --- */

/* "+Inf" or seconds; 0 or -EBADMSG after its message */
static int parse_bound(const char *le, uint64_t *ret)
{
	char *end;
	double seconds = strtod(le, &end);

	if (!*le || *end || isnan(seconds) || seconds < 0) {
		log_error(TIMES " has le=\"%s\", which is no bound", text_shown(le));
		return -EBADMSG;
	}
	*ret = seconds < 1e9 ? (uint64_t)llround(seconds * 1e9) : EXPERIMENT_BEYOND_NS;
	return 0;
}

struct bucket {
	uint64_t bound, count;
};

static int by_bound(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;

	return x->bound < y->bound ? -1 : x->bound > y->bound;
}

static int by_ns(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The buckets of one host and arm count what is below, too */
static int add_buckets(struct fleet *f, struct bucket *b, size_t nr, uint32_t host, uint8_t arm)
{
	struct experiment_row row = {
		.host = host, .arm = arm, .success = STATS_YES, .relapse = STATS_UNKNOWN,
	};
	uint64_t below = 0;
	int err = 0;

	qsort(b, nr, sizeof(*b), by_bound);
	for (size_t i = 0; !err && i < nr; i++) {
		if (b[i].count <= below)
			continue;
		row.total_ns = b[i].bound;
		err = add_rows(f, &f->x->times, row, b[i].count - below);
		below = b[i].count;
	}
	return err;
}

static int arm_index(const struct experiment_data *data, const char *name)
{
	for (size_t i = 0; i < data->nr_arms; i++)
		if (!strcmp(data->arms[i], name))
			return (int)i;
	return -ENOENT;
}

/* Entries from @from on that are of one host and arm: how many */
static size_t same_unit(const struct entries *e, size_t from)
{
	size_t nr = 1;

	while (from + nr < e->nr && !entry_compare_unit(&e->e[from], &e->e[from + nr]))
		nr++;
	return nr;
}

static int build_unit(struct fleet *f, const struct entry *e, size_t nr)
{
	struct bucket *buckets = calloc(nr, sizeof(*buckets));
	ssize_t host = find_host(f, e->host);
	int arm = arm_index(f->data, e->arm), err = buckets ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < nr; i++) {
		buckets[i].count = e[i].n;
		err = parse_bound(e[i].what, &buckets[i].bound);
	}
	if (!err && host >= 0 && arm >= 0)
		err = add_buckets(f, buckets, nr, (uint32_t)host, (uint8_t)arm);
	free(buckets);
	return err;
}

static int add_bounds(struct experiment_metrics *m, const json_t *values)
{
	json_t *value;
	size_t i, to = 0;
	int err = 0;

	m->bounds_ns = calloc(json_array_size(values) + 1, sizeof(*m->bounds_ns));
	if (!m->bounds_ns)
		return -ENOMEM;
	json_array_foreach((json_t *)values, i, value) {
		err = parse_bound(json_string_value(value), &m->bounds_ns[m->nr_bounds]);
		if (err)
			return err;
		m->nr_bounds += m->bounds_ns[m->nr_bounds] != EXPERIMENT_BEYOND_NS;
	}
	qsort(m->bounds_ns, m->nr_bounds, sizeof(*m->bounds_ns), by_ns);
	for (i = 0; i < m->nr_bounds; i++)
		if (!to || m->bounds_ns[to - 1] != m->bounds_ns[i])
			m->bounds_ns[to++] = m->bounds_ns[i];
	m->nr_bounds = to;
	return 0;
}

/* Also of buckets in which nothing is: they end the one above */
static int read_bounds(struct fleet *f)
{
	char *match = selector(f, TIMES);
	json_t *values = NULL;
	int err = match ? prometheus_label_values(f->p, "le", match, f->window.since_ms,
						  f->window.until_ms, &values) : -ENOMEM;

	if (!err)
		err = add_bounds(&f->x->metrics, values);
	json_decref(values);
	free(match);
	return err;
}

static int build_times(struct fleet *f)
{
	int err = read_bounds(f);
	size_t nr;

	f->sum = 0;
	for (size_t i = 0; !err && i < f->times.nr; i += nr) {
		nr = same_unit(&f->times, i);
		err = build_unit(f, &f->times.e[i], nr);
	}
	f->x->times.nr_arms = f->data->nr_arms;
	return err;
}

/* --- what the report says besides --- */

static void count_missing(struct fleet *f)
{
	for (size_t i = 0; i < f->missing.nr; i++)
		if (find_host(f, f->missing.e[i].host) >= 0 &&
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
	found = host ? find_host(f, host) : -ENOMEM;
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
		err = build_recoveries(f);
	if (!err)
		err = experiment_data_order_arms(f->data, control);
	if (!err)
		err = build_times(f);
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
	free(f.own_matchers);
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
