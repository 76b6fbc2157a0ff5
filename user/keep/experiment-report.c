// SPDX-License-Identifier: GPL-2.0
/* The report as text, in 80 columns */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "keep/experiment-report.h"
#include "rules/time.h"

#define NAME_WIDTH	EXPERIMENT_NAME_WIDTH

size_t experiment_hosts(const struct experiment_data *data)
{
	size_t nr = 0;

	for (size_t i = 0; i < data->nr_hosts; i++)
		nr += data->hosts[i].arms != 0;
	return nr;
}

uint64_t experiment_lacks(const struct experiment_report *r, size_t comparison, size_t arm)
{
	double need = r->result.comparison[comparison].need;
	double has = (double)r->result.arm[arm].success.n;

	return need > has ? (uint64_t)(need - has) : 0;
}

const char *experiment_column(char buf[4 * HISTORY_NAME_LEN + 1], const char *name)
{
	text_copy(buf, 4 * HISTORY_NAME_LEN + 1, name, HISTORY_NAME_LEN);
	if (strlen(buf) > NAME_WIDTH)
		strcpy(buf + NAME_WIDTH - 2, "..");
	return buf;
}

#define COLUMN(name)	experiment_column((char[4 * HISTORY_NAME_LEN + 1]){ 0 }, name)

static const char *share_text(char buf[40], const struct stats_proportion *p)
{
	if (isnan(p->p))
		snprintf(buf, 40, "%7s", "-");
	else if (isnan(p->low))
		snprintf(buf, 40, "%5.1f %%  -", 100 * p->p);
	else
		snprintf(buf, 40, "%5.1f %%  %5.1f - %5.1f", 100 * p->p, 100 * p->low, 100 * p->high);
	return buf;
}

static void print_arms(FILE *f, const struct experiment_report *r)
{
	char within[32], success[40], relapse[40];

	rules_format_span(r->within_ns, within, sizeof(within));
	fprintf(f, "%-*s  recoveries  success  %4.3g %% interval  relapse in %s\n", NAME_WIDTH, "arm",
		100 * (1 - r->plan.alpha), within);
	for (size_t i = 0; i < r->data.nr_arms; i++) {
		const struct stats_arm *arm = &r->result.arm[i];

		fprintf(f, "%-*s  %10" PRIu64 "  %-22s  %s\n", NAME_WIDTH, COLUMN(r->data.arms[i]),
			arm->n, share_text(success, &arm->success),
			share_text(relapse, &arm->relapse));
	}
}

static void print_times(FILE *f, const struct experiment_report *r)
{
	char a[OUTPUT_DURATION_LEN], b[OUTPUT_DURATION_LEN], c[OUTPUT_DURATION_LEN];

	fprintf(f, "\n%-*s  %10s         time  %4.3g %% interval\n", NAME_WIDTH, "time to recover",
		"recovered", 100 * (1 - r->plan.alpha));
	for (size_t i = 0; i < r->data.nr_arms; i++) {
		const struct stats_arm *arm = &r->result.arm[i];

		for (int q = 0; arm->nr_times && q < STATS_NR_QUANTILES; q++) {
			const struct stats_quantile *t = &arm->time[q];

			if (!q)
				fprintf(f, "%-*s  %10" PRIu64, NAME_WIDTH, COLUMN(r->data.arms[i]),
					arm->nr_times);
			else
				fprintf(f, "%-*s  %10s", NAME_WIDTH, "", "");
			fprintf(f, "  p%.0f %8s", 100 * stats_quantiles[q],
				output_duration(a, (uint64_t)t->ns));
			if (!isnan(t->low))
				fprintf(f, "  %8s - %s", output_duration(b, (uint64_t)t->low),
					output_duration(c, (uint64_t)t->high));
			fputc('\n', f);
		}
	}
}

static const char *p_text(char buf[16], double p)
{
	snprintf(buf, 16, isnan(p) ? "-" : p < 0.0001 ? "< 0.0001" : "%.4f", p);
	return buf;
}

/* In points, and no "-0.0" */
static double points(double share)
{
	return fabs(share) < 0.0005 ? 0 : 100 * share;
}

static void print_points(FILE *f, const char *what, const struct stats_difference *d)
{
	char p[16];

	if (isnan(d->estimate))
		fprintf(f, "  %-19s  %13s\n", what, "-");
	else if (isnan(d->low))
		fprintf(f, "  %-19s  %+6.1f points\n", what, points(d->estimate));
	else
		fprintf(f, "  %-19s  %+6.1f points  %+6.1f to %+-9.1f  p %s\n", what,
			points(d->estimate), points(d->low), points(d->high), p_text(p, d->p));
}

static const char *signed_duration(char buf[OUTPUT_DURATION_LEN + 1], double ns)
{
	buf[0] = ns < 0 ? '-' : '+';
	output_duration(buf + 1, (uint64_t)fabs(ns));
	return buf;
}

static void print_median(FILE *f, const struct stats_difference *d)
{
	char a[OUTPUT_DURATION_LEN + 1], b[OUTPUT_DURATION_LEN + 1], c[OUTPUT_DURATION_LEN + 1];

	if (isnan(d->estimate))
		return;
	fprintf(f, "  %-19s  %13s", "median time", signed_duration(a, d->estimate));
	if (!isnan(d->low))
		fprintf(f, "  %s to %s", signed_duration(b, d->low), signed_duration(c, d->high));
	fputc('\n', f);
}

static void print_faster(FILE *f, const struct stats_difference *d)
{
	char p[16];

	if (isnan(d->estimate))
		return;
	fprintf(f, "  %-19s  %11.1f %%", "chance to be faster", 100 * d->estimate);
	if (!isnan(d->low))
		fprintf(f, "  %6.1f to %-9.1f  p %s", 100 * d->low, 100 * d->high, p_text(p, d->p));
	fputc('\n', f);
}

/* What the numbers of success allow to say */
static void print_verdict(FILE *f, const struct experiment_report *r, size_t i)
{
	const struct stats_comparison *c = &r->result.comparison[i];
	uint64_t lacks = experiment_lacks(r, i, i), control_lacks = experiment_lacks(r, i, 0);

	if (isnan(c->success.p)) {
		fputs("  Too few: an arm needs recoveries in two clusters or more.\n", f);
		return;
	}
	if (c->success.p < r->plan.alpha) {
		fprintf(f, "  Success differs: %s is %s.\n", text_shown(r->data.arms[i]),
			c->success.estimate > 0 ? "better" : "worse");
		return;
	}
	fputs("  No difference in success is shown.\n", f);
	if (isnan(c->need))
		return;
	fprintf(f, "  To see one of %.3g points with a chance of %.3g %%, each arm needs about %.0f\n"
		"  recoveries in as many clusters as now: ", 100 * r->plan.effect,
		100 * r->plan.power, c->need);
	if (lacks || control_lacks)
		fprintf(f, "%" PRIu64 " more of %s,\n  %" PRIu64 " more of %s.\n", control_lacks,
			text_shown(r->data.arms[0]), lacks, text_shown(r->data.arms[i]));
	else
		fputs("there are enough.\n", f);
}

static void print_comparison(FILE *f, const struct experiment_report *r, size_t i)
{
	const struct stats_comparison *c = &r->result.comparison[i];

	fprintf(f, "\n%s against %s\n", text_shown(r->data.arms[i]), text_shown(r->data.arms[0]));
	print_points(f, "success", &c->success);
	print_points(f, "relapse", &c->relapse);
	print_faster(f, &c->faster);
	print_median(f, &c->median);
	print_verdict(f, r, i);
}

const char *experiment_moment(char buf[CLOCK_TEXT_LEN], int64_t wall_ns)
{
	time_t t = (time_t)(wall_ns / NSEC_PER_SEC);
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(buf, CLOCK_TEXT_LEN, "%Y-%m-%d %H:%M:%S", &tm))
		strcpy(buf, "?");
	return buf;
}

static void print_head(FILE *f, const struct experiment_report *r)
{
	const struct experiment_data *d = &r->data;
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN];
	bool by_host = experiment_by_host(d);

	fprintf(f, "Experiment %s, %zu host%s, %s to %s\n", text_shown(d->name),
		experiment_hosts(d), experiment_hosts(d) == 1 ? "" : "s",
		experiment_moment(from, d->from_ns), experiment_moment(to, d->to_ns));
	fprintf(f, "Clusters: %s, which share an arm;", by_host ? "recoveries of a host" :
		"recoveries of a host's PCHID");
	for (size_t i = 0; i < d->nr_arms; i++)
		fprintf(f, "%s %u", i ? " +" : "", r->result.arm[i].clusters);
	fputs("\n\n", f);
}

/* What the p of this report were corrected for */
static void print_foot(FILE *f, const struct experiment_report *r)
{
	uint32_t comparisons = r->result.nr_arms - 1;

	fprintf(f, "\nIntervals of differences and p hold for look %u of %u", r->plan.look,
		r->plan.looks);
	if (comparisons > 1)
		fprintf(f, " and %u comparisons", comparisons);
	fprintf(f, ": with no difference in\nsuccess, all looks together show one in %.3g %% of experiments at most. "
		"Relapse\nand time are there to explain it.\n", 100 * r->plan.alpha);
}

static void print_ends(FILE *f, const struct experiment_data *d)
{
	char when[CLOCK_TEXT_LEN];

	if (d->nr_ends)
		fputs("\nEnded by the kernel before their time:\n", f);
	for (size_t i = 0; i < d->nr_ends; i++) {
		const struct experiment_end *e = &d->ends[i];

		fprintf(f, "  %s  %s: %s, %s", experiment_moment(when, e->wall_ns), text_shown(e->host),
			text_shown(e->policy), text_shown(e->what));
		fprintf(f, e->text[0] ? ": %s\n" : "%s\n", text_shown(e->text));
	}
	if (d->missing)
		fprintf(f, "\n%" PRIu64 " %s missing from the recordings.\n", d->missing,
			text_nr(d->missing, "recovery is", "recoveries are"));
}

void experiment_report_print(FILE *f, const struct experiment_report *r)
{
	print_head(f, r);
	print_arms(f, r);
	if (r->metrics)
		experiment_metrics_print_times(f, r);
	else
		print_times(f, r);
	for (size_t i = 1; i < r->data.nr_arms; i++)
		print_comparison(f, r, i);
	if (r->data.nr_arms > 1)
		print_foot(f, r);
	else
		fputs("\nOnly one arm: nothing to compare it with.\n", f);
	print_ends(f, &r->data);
	if (r->metrics)
		experiment_metrics_print_foot(f, r->metrics);
}
