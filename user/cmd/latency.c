// SPDX-License-Identifier: GPL-2.0
/* zrec latency: where the time of all recoveries so far went */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cmd/command.h"
#include "cmd/values.h"
#include "record/function.h"
#include "record/hist.h"
#include "base/log.h"
#include "base/text.h"
#include "record/names.h"
#include "record/outcomes.h"
#include "observe/observer.h"
#include "base/output.h"
#include "record/stats.h"

struct row {
	struct zrec_hist_key key;
	struct zrec_hist *hist;
};

struct report {
	enum zrec_hist_by by;
	bool has_by;			/* it was asked for */
	enum output_format format;
	struct row *rows;
	size_t nr;
	struct zrec_hist total;		/* of whole recoveries, over all drivers */
	struct zrec_stats stats;
	struct function_list functions;	/* to put an address beside a FID */
	uint32_t *fids;			/* of the functions that were asked for */
	size_t nr_fids;			/* 0: all */
	struct outcome_table outcomes;	/* by function or by PEC */
};

static const char *const by_names[] = {
	[ZREC_HIST_BY_STEP]	= "step",
	[ZREC_HIST_BY_DRIVER]	= "driver",
	[ZREC_HIST_BY_FUNCTION]	= "function",
	[ZREC_HIST_BY_PEC]	= "pec",
	NULL
};

_Static_assert(ARRAY_SIZE(by_names) == ZREC_NR_HIST_BY + 1,
	       "a kind of histogram has no name");

static struct row *find_or_add(struct report *r, const struct zrec_hist_key *key)
{
	struct row *row;

	for (size_t i = 0; i < r->nr; i++)
		if (!memcmp(&r->rows[i].key, key, sizeof(*key)))
			return &r->rows[i];
	row = array_add(&r->rows, &r->nr, sizeof(*row));
	if (!row)
		return NULL;
	row->key = *key;
	row->hist = calloc(1, sizeof(struct zrec_hist));
	return row->hist ? row : NULL;
}

static bool is_wanted(const struct report *r, uint32_t fid)
{
	for (size_t i = 0; i < r->nr_fids; i++)
		if (r->fids[i] == fid)
			return true;
	return !r->nr_fids;
}

static int add_hist(void *ctx, const struct zrec_hist_key *key,
		    const struct zrec_hist *merged)
{
	struct zrec_hist_key group = *key;
	struct report *r = ctx;
	struct row *row;

	/* The kernel keeps a key for longer than it takes to fill it */
	if (!merged->count)
		return 0;
	if (key->by == ZREC_HIST_BY_FUNCTION && !is_wanted(r, key->id))
		return 0;
	/* All recoveries have a driver's row, and those of some functions only have theirs */
	if (key->by == (r->nr_fids ? ZREC_HIST_BY_FUNCTION : ZREC_HIST_BY_DRIVER))
		hist_merge(&r->total, merged);
	if (key->by != r->by)
		return 0;
	/* Steps are kept by driver, too; here one step is one row */
	if (r->by == ZREC_HIST_BY_STEP)
		memset(group.driver, 0, sizeof(group.driver));
	row = find_or_add(r, &group);
	if (!row)
		return -ENOMEM;
	hist_merge(row->hist, merged);
	return 0;
}

static int add_counter(void *ctx, const struct observer_counter *counter)
{
	struct report *r = ctx;

	if (r->by == ZREC_HIST_BY_PEC)
		return outcomes_add(&r->outcomes, counter->pec, 0, counter->outcome, counter->count);
	if (!is_wanted(r, counter->fid))
		return 0;
	return outcomes_add(&r->outcomes, counter->fid, counter->life, counter->outcome,
			    counter->count);
}

static int compare_rows(const void *a, const void *b)
{
	const struct zrec_hist_key *x = &((const struct row *)a)->key;
	const struct zrec_hist_key *y = &((const struct row *)b)->key;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (x->life != y->life)
		return x->life < y->life ? -1 : 1;
	return strncmp(x->driver, y->driver, sizeof(x->driver));
}

static const struct function *find_fid(const struct report *r, uint32_t fid)
{
	for (size_t i = 0; i < r->functions.nr; i++)
		if (r->functions.f[i].fid == fid)
			return &r->functions.f[i];
	return NULL;
}

#define LABEL_LEN 48

static bool has_lives(const struct report *r, uint32_t fid)
{
	size_t nr = 0;

	for (size_t i = 0; i < r->outcomes.nr; i++)
		nr += r->outcomes.row[i].id == fid;
	return nr > 1;
}

/* "fid:0x11  0001:00:00.0", with the life where there was more than one */
static const char *function_label(const struct report *r, uint32_t fid, uint32_t life, char *buf,
				  size_t len)
{
	const struct function *f = find_fid(r, fid);
	int at = snprintf(buf, len, "fid:0x%x%s%s", fid, f ? "  " : "", f ? f->pci_address : "");

	if (life && has_lives(r, fid) && at > 0 && (size_t)at < len)
		snprintf(buf + at, len - (size_t)at, "  life %u", life);
	return buf;
}

static const char *pec_label(uint32_t pec, char *buf, size_t len)
{
	snprintf(buf, len, "0x%02x %s", pec, name_pec(pec));
	return buf;
}

static const char *row_label(const struct report *r, const struct zrec_hist_key *key,
			     char buf[LABEL_LEN])
{
	switch (key->by) {
	case ZREC_HIST_BY_STEP:
		snprintf(buf, LABEL_LEN, "%s", name_step(key->id));
		return buf;
	case ZREC_HIST_BY_FUNCTION:
		return function_label(r, key->id, key->life, buf, LABEL_LEN);
	case ZREC_HIST_BY_PEC:
		return pec_label(key->id, buf, LABEL_LEN);
	default:
		text_copy(buf, LABEL_LEN, key->driver[0] ? key->driver : "-", ZPCI_DRIVER_LEN);
		return buf;
	}
}

static const char *outcome_label(const void *ctx, const struct outcomes *row, char *buf, size_t len)
{
	const struct report *r = ctx;

	if (r->by == ZREC_HIST_BY_PEC)
		return pec_label(row->id, buf, len);
	return function_label(r, row->id, row->life, buf, len);
}

/* What the columns of a table are drawn with */
struct table {
	FILE *f;
	struct hist_axis axis;
	int label_width;
	unsigned int shift;	/* how coarse the histograms are */
	bool utf8;
};

#define FIGURES_WIDTH 52	/* of all columns between label and distribution */

static void print_row(const struct table *t, const char *label, const struct zrec_hist *h)
{
	static const unsigned int quantiles[] = { HIST_P50, HIST_P90, HIST_P99, HIST_P100 };
	char buf[OUTPUT_DURATION_LEN];

	fprintf(t->f, "%-*s  %8llu", t->label_width, label, (unsigned long long)h->count);
	for (size_t i = 0; i < ARRAY_SIZE(quantiles); i++)
		fprintf(t->f, "  %8s", output_duration(buf, hist_quantile_coarse(h, quantiles[i],
									t->shift)));
	if (hist_axis_width(&t->axis)) {
		fputs(t->utf8 ? "  ▕" : "  |", t->f);
		hist_axis_draw(t->f, &t->axis, h, t->utf8);
		fputs(t->utf8 ? "▏" : "|", t->f);
	}
	fputc('\n', t->f);
}

static void print_table(FILE *f, const struct report *r, bool utf8)
{
	struct table t = { .f = f, .axis = HIST_AXIS_EMPTY, .utf8 = utf8 };
	char label[LABEL_LEN], from[OUTPUT_DURATION_LEN], to[OUTPUT_DURATION_LEN];

	t.label_width = (int)strlen("by function");
	t.shift = r->by == ZREC_HIST_BY_FUNCTION ? ZREC_COARSE_SHIFT : 0;
	for (size_t i = 0; i < r->nr; i++) {
		int len = (int)strlen(row_label(r, &r->rows[i].key, label));

		if (len > t.label_width)
			t.label_width = len;
		hist_axis_add(&t.axis, r->rows[i].hist);
	}
	hist_axis_fit(&t.axis, output_width(f) - t.label_width - FIGURES_WIDTH - 2);
	snprintf(label, sizeof(label), "by %s", by_names[r->by]);
	fprintf(f, "%-*s  %8s  %8s  %8s  %8s  %8s", t.label_width, label, "count",
		"p50", "p90", "p99", "max");
	if (hist_axis_width(&t.axis))
		fprintf(f, "   %s - %s, log scale",
			output_duration(from, hist_axis_from_ns(&t.axis)),
			output_duration(to, hist_axis_to_ns(&t.axis)));
	fputc('\n', f);
	for (size_t i = 0; i < r->nr; i++)
		print_row(&t, row_label(r, &r->rows[i].key, label), r->rows[i].hist);
}

/* Losses that these figures suffer from; silent if there are none */
static void print_losses(FILE *f, const struct zrec_stats *st)
{
	unsigned long long unseen = st->lost[ZREC_LOST_NO_SLOT] + st->lost[ZREC_LOST_UNSEEN] +
				    st->lost[ZREC_LOST_UPGRADE];
	unsigned long long unsummed = st->unsummed[ZREC_UNSUMMED_DRIVER] +
				      st->unsummed[ZREC_UNSUMMED_FUNCTION] +
				      st->unsummed[ZREC_UNSUMMED_PEC];

	if (unseen)
		fprintf(f, "\nNot in these figures: %llu %s"
			" (%llu found no slot, %llu began before observing did, %llu before this version did).\n",
			unseen, text_nr(unseen, "recovery", "recoveries"), (unsigned long long)st->lost[ZREC_LOST_NO_SLOT],
			(unsigned long long)st->lost[ZREC_LOST_UNSEEN],
			(unsigned long long)st->lost[ZREC_LOST_UPGRADE]);
	if (unsummed)
		fprintf(f, "\nMissing in some rows: %llu %s"
			" (%llu: too many drivers, %llu: too many functions or codes).\n",
			unsummed, text_nr(unsummed, "recovery", "recoveries"),
			(unsigned long long)st->unsummed[ZREC_UNSUMMED_DRIVER],
			(unsigned long long)(st->unsummed[ZREC_UNSUMMED_FUNCTION] +
					       st->unsummed[ZREC_UNSUMMED_PEC]));
}

static int print_text(FILE *f, const struct report *r)
{
	bool utf8 = output_is_utf8(f);

	if (!r->nr) {
		fputs("No recovery has ended since observing began.\n", f);
	} else {
		print_table(f, r, utf8);
		fprintf(f, "\nWhole recoveries: %llu\n\n",
			(unsigned long long)r->total.count);
		hist_render(f, &r->total, utf8, output_width(f));
	}
	if (r->outcomes.nr) {
		fputc('\n', f);
		outcomes_print(f, &r->outcomes, "outcomes", outcome_label, r);
	}
	print_losses(f, &r->stats);
	return output_flush(f);
}

/* Who or what the row is about */
static int set_identity(json_t *o, const struct report *r, const struct zrec_hist_key *key)
{
	const struct function *f;
	char pec[16];

	switch (key->by) {
	case ZREC_HIST_BY_STEP:
		return json_object_set_new(o, "step", json_string(name_step(key->id)));
	case ZREC_HIST_BY_FUNCTION:
		f = find_fid(r, key->id);
		if (key->life && json_object_set_new(o, "life", json_integer(key->life)))
			return -1;
		return json_object_set_new(o, "ids", output_ids(key->id, f ? f->uid : 0,
								f ? f->pci_address : NULL));
	case ZREC_HIST_BY_PEC:
		snprintf(pec, sizeof(pec), "0x%02x", key->id);
		return json_object_set_new(o, "pec", json_string(pec)) |
		       json_object_set_new(o, "pec_name", json_string(name_pec(key->id)));
	default:
		return json_object_set_new(o, "driver", json_stringn(key->driver,
						strnlen(key->driver, ZPCI_DRIVER_LEN)));
	}
}

static json_t *row_to_json(const struct report *r, const struct row *row)
{
	json_t *o = json_object(), *hist;
	int err = set_identity(o, r, &row->key);

	hist = hist_to_json(row->hist,
			    row->key.by == ZREC_HIST_BY_FUNCTION ? ZREC_COARSE_SHIFT : 0);
	if (!hist || json_object_update(o, hist))
		err = -1;
	json_decref(hist);
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *outcomes_row_to_json(const struct report *r, const struct outcomes *row)
{
	const struct zrec_hist_key key = { .by = r->by, .id = row->id, .life = row->life };
	json_t *o = json_object();

	if (set_identity(o, r, &key) ||
	    json_object_set_new(o, "count", outcomes_to_json(row))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int put_outcomes(struct output *o, const struct report *r)
{
	int err;

	if (r->by != ZREC_HIST_BY_FUNCTION && r->by != ZREC_HIST_BY_PEC)
		return 0;
	err = output_list(o, "outcomes", "outcome");
	for (size_t i = 0; !err && i < r->outcomes.nr; i++)
		err = output_item(o, outcomes_row_to_json(r, &r->outcomes.row[i]));
	return err;
}

static int print_json(FILE *f, const struct report *r)
{
	struct output o;
	int err = output_open(&o, f, r->format);

	if (!err)
		err = output_value(&o, "by", json_string(by_names[r->by]));
	if (!err)
		err = output_list(&o, "rows", "row");
	for (size_t i = 0; !err && i < r->nr; i++)
		err = output_item(&o, row_to_json(r, &r->rows[i]));
	if (!err)
		err = put_outcomes(&o, r);
	if (!err)
		err = output_value(&o, "total", hist_to_json(&r->total, r->nr_fids ? ZREC_COARSE_SHIFT : 0));
	if (!err)
		err = output_value(&o, "stats", stats_to_json(&r->stats));
	return err ? err : output_close(&o);
}

static int read_functions(struct report *r)
{
	int err = r->functions.nr ? 0 : function_list_read(&r->functions, NULL);

	if (err)
		log_debug("cannot list the zPCI functions: %s", strerror(-err));
	return err;
}

static int add_fid(struct report *r, uint32_t fid)
{
	uint32_t *place = array_add(&r->fids, &r->nr_fids, sizeof(*place));

	if (!place)
		return -ENOMEM;
	*place = fid;
	return 0;
}

/* A FID is good without a function: it may be gone by now */
static int parse_function(void *args, const char *value)
{
	struct report *r = args;
	struct function_name name;
	size_t *found = NULL;
	int err = function_parse_name(value, &name), nr = 0;

	if (!err && name.kind == FUNCTION_BY_FID)
		return add_fid(r, name.fid);
	if (!err)
		err = read_functions(r);
	if (!err) {
		found = calloc(r->functions.nr + 1, sizeof(*found));
		nr = found ? function_find(&r->functions, NULL, &name, found, r->functions.nr) : -ENOMEM;
	}
	for (int i = 0; !err && i < nr; i++)
		err = add_fid(r, r->functions.f[found[i]].fid);
	free(found);
	return err ? err : nr < 0 ? nr : 0;
}

static int collect(struct report *r)
{
	struct observer *observer;
	int err = observer_reuse(&observer);

	if (err)
		return err;
	observer_warn_missing(observer);
	if (r->nr_fids)
		r->by = ZREC_HIST_BY_FUNCTION;
	err = observer_each_hist(observer, add_hist, r);
	if (!err && (r->by == ZREC_HIST_BY_FUNCTION || r->by == ZREC_HIST_BY_PEC))
		err = observer_each_counter(observer, add_counter, r);
	if (!err)
		err = observer_stats(observer, &r->stats);
	observer_close(observer);
	/* Addresses are a comfort: do without them rather than fail */
	if (!err && r->by == ZREC_HIST_BY_FUNCTION)
		read_functions(r);
	if (r->nr)
		qsort(r->rows, r->nr, sizeof(*r->rows), compare_rows);
	return err;
}

static void explain(int err)
{
	if (err == -ENOENT)
		log_error("nothing is observed yet: start 'zrec watch' first");
	else if (!observer_told(err))
		log_error("cannot read the histograms: %s", strerror(-err));
}

static int run(void *args)
{
	struct report *r = args;
	int err;

	if (r->nr_fids && r->has_by && r->by != ZREC_HIST_BY_FUNCTION)
		return cli_usage_error("zrec latency", "--function has rows by function, not by %s",
				       by_names[r->by]);
	err = collect(r);

	if (err) {
		explain(err);
		return err;
	}
	err = r->format == OUTPUT_TEXT ? print_text(stdout, r) : print_json(stdout, r);
	return output_exit_code(err, EXIT_OK);
}

static void release(void *args)
{
	struct report *r = args;

	for (size_t i = 0; i < r->nr; i++)
		free(r->rows[i].hist);
	free(r->rows);
	free(r->fids);
	outcomes_free(&r->outcomes);
	function_list_free(&r->functions);
}

static int parse_by(void *args, const char *value)
{
	struct report *r = args;

	for (unsigned int i = 0; i < ZREC_NR_HIST_BY; i++) {
		if (!strcmp(value, by_names[i])) {
			r->by = i;
			r->has_by = true;
			return 0;
		}
	}
	return -EINVAL;
}

static const struct cli_option options[] = {
	{ 'b', "by", "WHAT", "A row for each step (the default), driver, function or pec",
	  .parse = parse_by, .words = by_names },
	{ 0, "function", "FUNCTION",
	  "Only this function, a row for each that is asked for; may be repeated",
	  .parse = parse_function, .wants = FUNCTION_WANTS, .complete = complete_functions },
	CLI_FORMAT(struct report, format),
	{ 0 }
};

const struct command cmd_latency = {
	.name = "latency",
	.summary = "where the time of recoveries went",
	.doc = "Show how long recoveries took since observing began.",
	.page = "zrec(8)",
	.options = options,
	.size = sizeof(struct report),
	.run = run,
	.release = release,
};
