// SPDX-License-Identifier: GPL-2.0
/* The report as a document. What cannot be said of the data has no key */
#include <math.h>

#include "base/clock.h"
#include "base/text.h"
#include "keep/experiment-report.h"

static int set_real(json_t *o, const char *key, double value)
{
	return isnan(value) ? 0 : json_object_set_new(o, key, json_real(value));
}

static int set_count(json_t *o, const char *key, uint64_t value)
{
	return json_object_set_new(o, key, output_count(value));
}

/* Also below zero; a whole number of nanoseconds */
static int set_ns(json_t *o, const char *key, double ns)
{
	return isnan(ns) ? 0 : json_object_set_new(o, key, json_integer((json_int_t)(ns < 0 ? ns - 0.5 : ns + 0.5)));
}

static json_t *finish(json_t *o, int err)
{
	if (!err)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *proportion_to_json(const struct stats_proportion *p)
{
	json_t *o = json_object();
	int err = set_count(o, "n", p->n) | set_count(o, "count", p->yes);

	err |= set_real(o, "share", p->p) | set_real(o, "low", p->low) |
	       set_real(o, "high", p->high) | set_real(o, "design_effect", p->deff);
	return finish(o, err);
}

static int set_time(json_t *o, const struct stats_quantile *t)
{
	return set_ns(o, "time_ns", t->ns) | set_ns(o, "low_ns", t->low) |
	       set_ns(o, "high_ns", t->high);
}

/* Beyond the last bound there is no number */
static int set_bound(json_t *o, const char *key, uint64_t ns)
{
	return ns == EXPERIMENT_BEYOND_NS ? 0 : json_object_set_new(o, key, output_ns(ns));
}

/* Metrics have no time, but the bucket that it is in */
static int set_bucket(json_t *o, const struct experiment_metrics *m, const struct stats_quantile *t)
{
	uint64_t above, at_most, none;
	int err;

	experiment_bucket(m, t->ns, &above, &at_most);
	err = set_bound(o, "above_ns", above) | set_bound(o, "at_most_ns", at_most);
	if (isnan(t->low))
		return err;
	experiment_bucket(m, t->low, &above, &none);
	experiment_bucket(m, t->high, &none, &at_most);
	return err | set_bound(o, "low_ns", above) | set_bound(o, "high_ns", at_most);
}

static json_t *times_to_json(const struct experiment_metrics *m, const struct stats_arm *arm)
{
	json_t *list = json_array();
	int err = 0;

	for (int q = 0; arm->nr_times && q < STATS_NR_QUANTILES; q++) {
		json_t *o = json_object();

		err |= set_real(o, "quantile", stats_quantiles[q]);
		err |= m ? set_bucket(o, m, &arm->time[q]) : set_time(o, &arm->time[q]);
		err |= json_array_append_new(list, o);
	}
	return finish(list, err);
}

static json_t *arm_to_json(const char *name, const struct experiment_metrics *m,
			   const struct stats_arm *arm)
{
	json_t *o = json_object();
	int err = json_object_set_new(o, "arm", text_to_json(name));

	err |= set_count(o, "recoveries", arm->n) | set_count(o, "clusters", arm->clusters);
	err |= json_object_set_new(o, "success", proportion_to_json(&arm->success));
	err |= json_object_set_new(o, "relapse", proportion_to_json(&arm->relapse));
	err |= json_object_set_new(o, "times", times_to_json(m, arm));
	return finish(o, err);
}

static json_t *difference_to_json(const struct stats_difference *d)
{
	json_t *o = json_object();
	int err = set_real(o, "difference", d->estimate) | set_real(o, "low", d->low);

	err |= set_real(o, "high", d->high) | set_real(o, "p_uncorrected", d->p_raw) |
	       set_real(o, "p", d->p);
	return finish(o, err);
}

static json_t *faster_to_json(const struct stats_comparison *c)
{
	json_t *o = json_object();
	int err = set_real(o, "chance_faster", c->faster.estimate);

	err |= set_real(o, "low", c->faster.low) | set_real(o, "high", c->faster.high) |
	       set_real(o, "p_uncorrected", c->faster.p_raw) | set_real(o, "p", c->faster.p);
	err |= set_ns(o, "median_ns", c->median.estimate) | set_ns(o, "low_ns", c->median.low) |
	       set_ns(o, "high_ns", c->median.high);
	return finish(o, err);
}

static json_t *comparison_to_json(const struct experiment_report *r, size_t i)
{
	const struct stats_comparison *c = &r->result.comparison[i];
	json_t *o = json_object();
	int err = json_object_set_new(o, "arm", text_to_json(r->data.arms[i]));

	err |= json_object_set_new(o, "control", text_to_json(r->data.arms[0]));
	err |= json_object_set_new(o, "success", difference_to_json(&c->success));
	err |= json_object_set_new(o, "relapse", difference_to_json(&c->relapse));
	err |= json_object_set_new(o, "time", faster_to_json(c));
	if (!isnan(c->need))
		err |= set_count(o, "needed", (uint64_t)c->need) |
		       set_count(o, "more_arm", experiment_lacks(r, i, i)) |
		       set_count(o, "more_control", experiment_lacks(r, i, 0));
	return finish(o, err);
}

static json_t *end_to_json(const struct experiment_end *e)
{
	char when[CLOCK_TEXT_LEN];

	return json_pack("{s:o, s:o, s:o, s:o, s:s}", "host", text_to_json(e->host), "policy",
			 text_to_json(e->policy), "kind", text_to_json(e->what), "text",
			 text_to_json(e->text), "time", clock_utc(e->wall_ns, when));
}

/* What was asked, and what it cannot answer */
static int set_metrics(json_t *o, const struct experiment_metrics *m)
{
	char since[CLOCK_TEXT_LEN], until[CLOCK_TEXT_LEN];

	return json_object_set_new(o, "metrics", json_pack("{s:o, s:s, s:s, s:o, s:[sss]}",
		"url", text_to_json(m->url), "since", clock_utc(m->since_ns, since),
		"until", clock_utc(m->until_ns, until), "restarted_hosts", output_count(m->restarted),
		"not_known", "time_ns", "median_ns", "relapse_of_last_5m"));
}

static json_t *experiment_to_json(const struct experiment_report *r)
{
	const struct experiment_data *d = &r->data;
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN];
	json_t *o = json_object();
	int err = json_object_set_new(o, "name", text_to_json(d->name));

	err |= set_count(o, "hosts", experiment_hosts(d));
	err |= json_object_set_new(o, "cluster",
				   json_string(experiment_by_host(d) ? "host" : "pchid"));
	err |= json_object_set_new(o, "from", json_string(clock_utc(d->from_ns, from)));
	err |= json_object_set_new(o, "to", json_string(clock_utc(d->to_ns, to)));
	err |= set_real(o, "alpha", r->plan.alpha) | set_real(o, "power", r->plan.power) |
	       set_real(o, "effect", r->plan.effect) |
	       set_real(o, "alpha_of_look", r->result.alpha_look);
	err |= set_count(o, "look", r->plan.look) | set_count(o, "looks", r->plan.looks) |
	       set_count(o, "seed", r->plan.seed) | set_count(o, "resamples", r->result.resamples);
	err |= json_object_set_new(o, "relapse_within_ns", output_ns(r->within_ns));
	err |= set_count(o, "missing", d->missing);
	err |= r->metrics ? set_metrics(o, r->metrics) : set_count(o, "in_two_recordings", d->doubles);
	return finish(o, err);
}

int experiment_report_put(struct output *o, const struct experiment_report *r)
{
	int err = output_value(o, "experiment", experiment_to_json(r));

	if (!err)
		err = output_list(o, "arms", "arm");
	for (size_t i = 0; !err && i < r->data.nr_arms; i++)
		err = output_item(o, arm_to_json(r->data.arms[i], r->metrics, &r->result.arm[i]));
	if (!err)
		err = output_list(o, "comparisons", "comparison");
	for (size_t i = 1; !err && i < r->data.nr_arms; i++)
		err = output_item(o, comparison_to_json(r, i));
	if (!err)
		err = output_list(o, "ends", "end");
	for (size_t i = 0; !err && i < r->data.nr_ends; i++)
		err = output_item(o, end_to_json(&r->data.ends[i]));
	return err;
}
