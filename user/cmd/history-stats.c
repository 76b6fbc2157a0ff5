// SPDX-License-Identifier: GPL-2.0
/* zrec history stats: what many recoveries come to */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/text.h"
#include "cmd/history-cmd.h"
#include "keep/summary.h"
#include "record/hist.h"
#include "record/names.h"
#include "record/outcomes.h"

#define RELAPSE_S	600
#define RELAPSE_MAX_S	31536000
#define HOUR_NS		(3600 * NSEC_PER_SEC)
#define DAY_NS		(24 * HOUR_NS)

struct stats {
	struct history_opts opts;
	enum output_format format;
	enum summary_by by;
	bool has_relapse;
	uint32_t relapse_s;
	struct summary summary;
	struct span_filter wanted;	/* opts.filter.span, while that lets all pass */
	int64_t until_ns;		/* likewise */
	int64_t from_ns, to_ns;		/* what a rate is over */
};

static const char *const by_names[] = {
	[SUMMARY_BY_FUNCTION] = "function",
	[SUMMARY_BY_DRIVER] = "driver",
	[SUMMARY_BY_PEC] = "pec",
	[SUMMARY_BY_HOST] = "host",
	NULL
};

_Static_assert(ARRAY_SIZE(by_names) == SUMMARY_NR_BY + 1, "a kind of row has no name");

static int parse_relapse(void *args, const char *value)
{
	struct stats *s = args;

	s->has_relapse = true;
	return name_parse_u32(value, &s->relapse_s) || s->relapse_s > RELAPSE_MAX_S ? -EINVAL : 0;
}

/* --- text ------------------------------------------------------------------ */

#define LABEL_LEN	160

static const char *label(const struct stats *s, const struct summary_row *row, char *buf, size_t len)
{
	const struct summary_host *host = s->summary.nr_hosts ? &s->summary.hosts[row->host] : NULL;

	switch (s->by) {
	case SUMMARY_BY_FUNCTION:
		if (s->summary.nr_hosts > 1)
			snprintf(buf, len, "%s  fid:0x%x", text_shown_array(host->host), row->fid);
		else
			snprintf(buf, len, "fid:0x%x  %s", row->fid, row->pci_address);
		return buf;
	case SUMMARY_BY_DRIVER:
		return text_copy(buf, len, row->driver[0] ? row->driver : "-", sizeof(row->driver));
	case SUMMARY_BY_PEC:
		if (strcmp(name_pec(row->pec), "unknown"))
			snprintf(buf, len, "%s", name_pec(row->pec));
		else
			snprintf(buf, len, "0x%02x", row->pec);
		return buf;
	default:
		return text_copy(buf, len, host->host, sizeof(host->host));
	}
}

/* By the day, if they are observed for long enough to say so */
static double per_day(const struct stats *s, uint64_t count)
{
	int64_t ns = s->to_ns - s->from_ns;

	return ns < HOUR_NS ? -1 : (double)count * (double)DAY_NS / (double)ns;
}

static void print_rate(const struct stats *s, uint64_t count)
{
	double rate = per_day(s, count);

	if (rate < 0)
		printf("  %7s", "-");
	else if (rate < 0.01)
		printf("  %7s", "<0.01/d");
	else if (rate >= 24)
		printf("  %5.*f/h", rate >= 240 ? 0 : 1, rate / 24);
	else
		printf("  %5.*f/d", rate >= 10 ? 1 : 2, rate);
}

static void print_row(const struct stats *s, const struct summary_row *row, int width)
{
	static const unsigned int quantiles[] = { HIST_P50, HIST_P90, HIST_P99 };
	char buf[LABEL_LEN], ns[OUTPUT_DURATION_LEN];

	printf("%-*s  %7" PRIu64, width, label(s, row, buf, sizeof(buf)), row->count);
	print_rate(s, row->count);
	for (size_t i = 0; i < ARRAY_SIZE(quantiles); i++)
		printf("  %8s", row->timed ? output_duration(ns, summary_quantile(row, quantiles[i])) :
		       "-");
	printf("  %8" PRIu64 "\n", row->relapses);
}

static const char *outcome_label(const void *ctx, const struct outcomes *row, char *buf, size_t len)
{
	const struct stats *s = ctx;

	return label(s, &s->summary.rows[row->id], buf, len);
}

static int print_outcomes(const struct stats *s)
{
	struct outcome_table t = { .nr = s->summary.nr_rows };

	t.row = calloc(t.nr, sizeof(*t.row));
	if (!t.row)
		return -ENOMEM;
	for (size_t i = 0; i < t.nr; i++) {
		t.row[i].id = (uint32_t)i;
		memcpy(t.row[i].count, s->summary.rows[i].outcome, sizeof(t.row[i].count));
	}
	outcomes_print(stdout, &t, "outcomes", outcome_label, s);
	outcomes_free(&t);
	return 0;
}

static void print_period(const struct stats *s)
{
	struct span_style st = { .year = clock_this_year() };
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN];
	const struct summary *sum = &s->summary;

	printf("%" PRIu64 " %s", sum->count, text_nr(sum->count, "recovery", "recoveries"));
	if (sum->nr_hosts > 1)
		printf(" of %zu hosts", sum->nr_hosts);
	printf(" from %s to %s\n", span_style_time(&st, s->from_ns, from),
	       span_style_time(&st, s->to_ns, to));
}

static int print_text(const struct stats *s)
{
	const struct summary *sum = &s->summary;
	char buf[LABEL_LEN], head[32];
	int width, err;

	if (!sum->count) {
		puts("No recovery was recorded in this time, or none that the filters let pass.");
		return output_flush(stdout);
	}
	print_period(s);
	width = snprintf(head, sizeof(head), "by %s", by_names[s->by]);
	for (size_t i = 0; i < sum->nr_rows; i++) {
		int len = (int)strlen(label(s, &sum->rows[i], buf, sizeof(buf)));

		width = len > width ? len : width;
	}
	printf("\n%-*s  %7s  %7s  %8s  %8s  %8s  %8s\n", width, head, "count", "rate", "p50",
	       "p90", "p99", "relapses");
	for (size_t i = 0; i < sum->nr_rows; i++)
		print_row(s, &sum->rows[i], width);
	putchar('\n');
	err = print_outcomes(s);
	printf("\nA relapse is an error of the same function within %u s after it was recovered.\n",
	       s->relapse_s);
	return err ? err : output_flush(stdout);
}

/* --- JSON ------------------------------------------------------------------ */

static int set_identity(json_t *o, const struct stats *s, const struct summary_row *row)
{
	const struct summary_host *host = &s->summary.hosts[row->host];
	char pec[16];

	switch (s->by) {
	case SUMMARY_BY_DRIVER:
		return json_object_set_new(o, "driver", span_text_to_json(row->driver,
									  sizeof(row->driver)));
	case SUMMARY_BY_PEC:
		snprintf(pec, sizeof(pec), "0x%02x", row->pec);
		return json_object_set_new(o, "pec", json_string(pec)) |
		       json_object_set_new(o, "pec_name", json_string(name_pec(row->pec)));
	case SUMMARY_BY_FUNCTION:
		if (json_object_set_new(o, "ids", output_ids(row->fid, row->uid, row->pci_address[0] ?
							     row->pci_address : NULL)))
			return -1;
		break;
	default:
		break;
	}
	if (host->machine_id[0] &&
	    json_object_set_new(o, "machine_id", text_to_json(host->machine_id)))
		return -1;
	return json_object_set_new(o, "host", text_to_json(host->host));
}

static int set_rate(json_t *o, const struct stats *s, uint64_t count)
{
	double rate = per_day(s, count);

	return rate < 0 ? 0 : json_object_set_new(o, "per_day", json_real(rate));
}

static int set_quantiles(json_t *o, const struct summary_row *row)
{
	if (!row->timed)
		return 0;
	return json_object_set_new(o, "p50_ns", output_ns(summary_quantile(row, HIST_P50))) |
	       json_object_set_new(o, "p90_ns", output_ns(summary_quantile(row, HIST_P90))) |
	       json_object_set_new(o, "p99_ns", output_ns(summary_quantile(row, HIST_P99)));
}

static json_t *row_to_json(const struct stats *s, const struct summary_row *row)
{
	struct outcomes outcomes = { 0 };
	json_t *o = json_object();
	int err = set_identity(o, s, row);

	memcpy(outcomes.count, row->outcome, sizeof(outcomes.count));
	err |= json_object_set_new(o, "count", output_count(row->count));
	err |= set_rate(o, s, row->count);
	err |= json_object_set_new(o, "outcomes", outcomes_to_json(&outcomes));
	err |= set_quantiles(o, row);
	err |= json_object_set_new(o, "relapses", output_count(row->relapses));
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *period_to_json(const struct stats *s)
{
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN];
	json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:i}", "by", by_names[s->by],
			      "count", output_count(s->summary.count),
			      "hosts", output_count(s->summary.nr_hosts),
			      "relapses", output_count(s->summary.relapses),
			      "relapse_s", (int)s->relapse_s);

	if (o && s->summary.count &&
	    json_object_set_new(o, "from", json_string(clock_utc(s->from_ns, from))) |
	    json_object_set_new(o, "to", json_string(clock_utc(s->to_ns, to)))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int print_json(const struct stats *s)
{
	struct output o;
	int err = output_open(&o, stdout, s->format);

	if (!err)
		err = output_value(&o, "summary", period_to_json(s));
	if (!err)
		err = output_list(&o, "rows", "row");
	for (size_t i = 0; !err && i < s->summary.nr_rows; i++)
		err = output_item(&o, row_to_json(s, &s->summary.rows[i]));
	return err ? err : output_close(&o);
}

/* --- reading --------------------------------------------------------------- */

static int add(void *ctx, const struct history_recovery *r)
{
	struct stats *s = ctx;

	return summary_add(&s->summary, r, (!s->until_ns || r->wall_ns < s->until_ns) &&
			   span_match(&s->wanted, &r->full.span));
}

/* Also what the filters hide, as it may be the relapse of what they show */
static int collect(struct stats *s, struct history *h)
{
	struct history_filter f = s->opts.filter;

	s->wanted = f.span;
	s->until_ns = f.until_ns;
	f.span = (struct span_filter){ .fids = f.span.fids, .nr_fids = f.span.nr_fids };
	if (f.until_ns)
		f.until_ns += s->relapse_s * NSEC_PER_SEC;
	s->summary.by = s->by;
	s->summary.relapse_ns = s->relapse_s * (uint64_t)NSEC_PER_SEC;
	/* Who was asked is in the decisions */
	if (s->wanted.nr_policies)
		return history_each(h, &f, HISTORY_OLDEST_FIRST, add, s);
	return history_each_brief(h, &f, add, s);
}

static int run(void *args)
{
	struct stats *s = args;
	struct history *h = NULL;
	int err = history_source_open(&h, s->opts.file);

	if (err)
		return err;
	if (!s->has_relapse)
		s->relapse_s = RELAPSE_S;
	err = collect(s, h);
	if (err)
		return history_source_end(h, err);
	summary_finish(&s->summary);
	s->from_ns = s->opts.filter.since_ns ? s->opts.filter.since_ns : s->summary.first_ns;
	s->to_ns = s->opts.filter.until_ns ? s->opts.filter.until_ns : s->summary.last_ns;
	err = s->format == OUTPUT_TEXT ? print_text(s) : print_json(s);
	return history_source_end(h, err);
}

static void release(void *args)
{
	summary_free(&((struct stats *)args)->summary);
	history_opts_release(args);
}

static const struct cli_option options[] = {
	{ 'b', "by", "WHAT", "A row for each function (the default), driver, pec or host",
	  CLI_WORD(struct stats, by, by_names) },
	{ 0, "relapse", "SECONDS",
	  "An error is a relapse if it comes so soon after a recovery (default 600)",
	  .parse = parse_relapse, .wants = "a number of seconds, at most 31536000" },
	CLI_FORMAT(struct stats, format),
	HISTORY_OPT_FILTERS,
	HISTORY_OPT_FILE,
	{ 0 }
};

const struct command history_cmd_stats = {
	.name = "stats",
	.summary = "how often, how long, how it ended",
	.doc = "Show how many recoveries there were of each function, driver, PEC or host, how often "
	       "that is, how long they took, how they ended, and how often an error came again soon.",
	.page = "zrec-history(8)",
	.options = options,
	.size = sizeof(struct stats),
	.run = run,
	.elsewhere = history_elsewhere,
	.release = release,
};
