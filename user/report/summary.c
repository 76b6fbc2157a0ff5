// SPDX-License-Identifier: GPL-2.0
/* What happened, how bad that is, and what to do, in words */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/array.h"
#include "base/output.h"
#include "base/text.h"
#include "record/names.h"
#include "report/report-int.h"

/* Recoveries that mean the same */
struct group {
	const struct meaning *meaning;
	uint64_t count;
	const struct report_row *last;
};

/* Errors of a kind, whatever became of them */
struct counts {
	uint64_t outcome[ZPCI_NR_OUTCOMES + 1];		/* the last: of a newer zrec */
	uint64_t kind[MEANING_NR_KINDS];
	int worst;					/* priority */
	struct group *groups;				/* the worst first, then the most frequent */
	size_t nr_groups;
};

static int count_meaning(struct counts *c, const struct report_row *row)
{
	const struct meaning *m = meaning_of(row->outcome, row->reason);
	struct group *g = NULL;

	for (size_t i = 0; i < c->nr_groups; i++)
		if (c->groups[i].meaning == m)
			g = &c->groups[i];
	if (!g) {
		g = array_add(&c->groups, &c->nr_groups, sizeof(*g));
		if (!g)
			return -ENOMEM;
		g->meaning = m;
	}
	g->count++;
	g->last = row;
	return 0;
}

static int worst_first(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->meaning->priority != y->meaning->priority)
		return x->meaning->priority - y->meaning->priority;
	return x->count < y->count ? 1 : x->count > y->count ? -1 :
	       strcmp(x->meaning->key, y->meaning->key);
}

static int count_all(struct counts *c, const struct report *r)
{
	c->worst = LOG_DEBUG;
	for (size_t i = 0; i < r->nr_rows; i++) {
		const struct report_row *row = &r->rows[i];
		int priority = meaning_priority(row->pec, row->outcome, row->reason), err;

		c->outcome[row->outcome < ZPCI_NR_OUTCOMES ? row->outcome : ZPCI_NR_OUTCOMES]++;
		c->kind[meaning_of_pec(row->pec)->kind]++;
		if (priority < c->worst)
			c->worst = priority;
		if (!meaning_needs_action(row->pec, row->outcome, row->reason))
			continue;
		err = count_meaning(c, row);
		if (err)
			return err;
	}
	if (c->nr_groups)
		qsort(c->groups, c->nr_groups, sizeof(*c->groups), worst_first);
	return 0;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* --- how bad ---------------------------------------------------------------- */

static void put_verdict(const struct html *h, const struct report *r, const struct counts *c)
{
	uint64_t lost = c->outcome[ZPCI_OUTCOME_FAILED] + c->outcome[ZPCI_OUTCOME_ISOLATED];
	uint64_t well = c->outcome[ZPCI_OUTCOME_RECOVERED];
	char buf[REPORT_COUNT_LEN], of[REPORT_COUNT_LEN];

	if (!r->nr_rows)
		html_put(h, "<p class=\"verdict good\">No recovery was recorded in this time, or none "
			 "that the filters let pass.</p>\n");
	else if (lost)
		html_put(h, "<p class=\"verdict bad\">%s of %s recoveries ended with the function "
			 "lost (worst severity: %s).</p>\n", report_count(lost, buf),
			 report_count(r->nr_rows, of), meaning_severity(c->worst));
	else if (c->nr_groups)
		html_put(h, "<p class=\"verdict fair\">No function was lost, but not every error "
			 "was recovered from (worst severity: %s).</p>\n",
			 meaning_severity(c->worst));
	else if (well && c->worst <= LOG_WARNING)
		html_put(h, "<p class=\"verdict fair\">Every function came back. Errors that need a "
			 "recovery should not happen, so their cause is worth a look (worst severity: "
			 "%s).</p>\n", meaning_severity(c->worst));
	else
		html_put(h, "<p class=\"verdict good\">Nothing that needs attention (worst severity: "
			 "%s).</p>\n", meaning_severity(c->worst));
}

/* --- what happened ---------------------------------------------------------- */

static void put_outcomes(const struct html *h, const struct report *r, const struct counts *c)
{
	char buf[REPORT_COUNT_LEN];

	html_put(h, "<dl class=\"figures\">\n");
	for (unsigned int i = 0; i <= ZPCI_NR_OUTCOMES; i++) {
		if (!c->outcome[i])
			continue;
		html_put(h, "<div><dt><span class=\"key %s\"></span>%s</dt><dd>%s <small>%.1f %%</small>"
			 "</dd></div>\n", report_outcome_class(i), name_outcome(i),
			 report_count(c->outcome[i], buf),
			 100.0 * (double)c->outcome[i] / (double)r->nr_rows);
	}
	html_put(h, "</dl>\n");
}

static void put_what(const struct html *h, const struct report *r, const struct counts *c)
{
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN], buf[REPORT_COUNT_LEN];
	char slowest[OUTPUT_DURATION_LEN];
	bool first = true;

	if (!r->nr_rows)
		return;
	report_time(r->rows[0].wall_ns, from);
	report_time(r->rows[r->nr_rows - 1].wall_ns, to);
	html_put(h, "<h3>What happened</h3>\n<p>%s PCI error recover%s ", report_count(r->nr_rows, buf),
		 r->nr_rows == 1 ? "y" : "ies");
	report_put_period(h, from, to);
	html_put(h, ".");
	if (r->nr_slowest)
		html_put(h, " The slowest took %s.",
			 output_duration(slowest, r->slowest[0].full.span.total_ns));
	html_put(h, " Kinds of errors: ");
	for (unsigned int i = 0; i < MEANING_NR_KINDS; i++) {
		if (!c->kind[i])
			continue;
		html_put(h, "%s%s %s", first ? "" : ", ", report_count(c->kind[i], buf),
			 meaning_kind_name(i));
		first = false;
	}
	html_put(h, ".</p>\n");
	put_outcomes(h, r, c);
}

/* --- what to do ------------------------------------------------------------- */

struct row_values {
	const struct report *report;
	const struct report_row *row;
	char *buf;
	size_t size;
};

/* The policy that was asked in it; "": none, or it is not among the last ones */
static const char *policy_of(const struct report *r, const struct report_row *row)
{
	for (size_t i = 0; i < r->nr_not_well && i < REPORT_NOT_WELL; i++) {
		const struct report_full *f = &r->not_well[i];
		const struct zrec_span_policy *p = zrec_span_policy(&f->full.span);

		if (p && f->wall_ns == row->wall_ns && f->full.span.fid == row->fid)
			return p->policy;
	}
	return "";
}

static const char *value_of_row(const void *ctx, const char *name)
{
	const struct row_values *v = ctx;
	const struct report_row *row = v->row;

	if (!strcmp(name, "ZPCI_FID"))
		snprintf(v->buf, v->size, "0x%x", row->fid);
	else if (!strcmp(name, "ZPCI_SLOT"))
		snprintf(v->buf, v->size, "%08x", row->fid);
	else if (!strcmp(name, "ZPCI_ADDRESS") && row->has_place)
		snprintf(v->buf, v->size, "%04x:%02x:%02x.%x", row->domain, row->bus,
			 row->devfn >> 3, row->devfn & 7);
	else if (!strcmp(name, "ZPCI_DRIVER"))
		snprintf(v->buf, v->size, "%s", v->report->drivers[row->driver]);
	else if (!strcmp(name, "ZPCI_POLICY"))
		text_copy(v->buf, v->size, policy_of(v->report, row), ZPCI_POLICY_NAME_LEN);
	else
		return NULL;
	return v->buf[0] ? v->buf : NULL;
}

static void put_group(const struct html *h, const struct report *r, const struct group *g)
{
	char text[1024], value[4 * ZPCI_POLICY_NAME_LEN + 1], count[REPORT_COUNT_LEN];
	const struct row_values values = {
		.report = r, .row = g->last, .buf = value, .size = sizeof(value),
	};

	html_put(h, "<li class=\"%s\"><strong>%s</strong> <small>%s time%s, severity %s</small>",
		 g->meaning->priority <= LOG_ERR ? "bad" : "fair", g->meaning->subject,
		 report_count(g->count, count), plural(g->count),
		 meaning_severity(g->meaning->priority));
	meaning_fill(text, sizeof(text), g->meaning->meaning, value_of_row, &values);
	html_put(h, "<p>%s</p>", text);
	meaning_fill(text, sizeof(text), g->meaning->action, value_of_row, &values);
	html_put(h, "<p><b>Do:</b> %s <small>(the last one: function 0x%x on %s)</small></p></li>\n",
		 text, g->last->fid, g->last->boot->host[0] ? g->last->boot->host : "this host");
}

static void put_actions(const struct html *h, const struct report *r, const struct counts *c)
{
	if (!r->nr_rows)
		return;
	html_put(h, "<h3>What to do</h3>\n");
	if (!c->nr_groups)
		html_put(h, "<p>Nothing for the functions: all are back.</p>\n");
	else
		html_put(h, "<ul class=\"actions\">\n");
	for (size_t i = 0; i < c->nr_groups; i++)
		put_group(h, r, &c->groups[i]);
	if (c->nr_groups)
		html_put(h, "</ul>\n");
	html_put(h, "<p>Where to look for the cause:</p>\n<ul>\n");
	for (unsigned int i = 0; i < MEANING_NR_KINDS; i++)
		if (c->kind[i])
			html_put(h, "<li><b>%s errors:</b> %s</li>\n", meaning_kind_name(i),
				 meaning_where(i));
	html_put(h, "</ul>\n");
}

int report_put_summary(const struct html *h, const struct report *r,
		       const struct report_about *about)
{
	struct counts c = { 0 };
	char made[CLOCK_TEXT_LEN];
	int err = count_all(&c, r);

	html_put(h, "<header>\n<h1>PCI error recoveries</h1>\n<p class=\"about\">%s%s &middot; made "
		 "<time>%s</time></p>\n</header>\n<section>\n<h2>Summary</h2>\n",
		 about->source ? "recording " : "the history of this host",
		 about->source ? about->source : "", report_time(about->made_ns, made));
	put_verdict(h, r, &c);
	put_what(h, r, &c);
	put_actions(h, r, &c);
	if (r->nr_gaps)
		html_put(h, "<p class=\"verdict fair\">Some recoveries are missing from what was "
			 "recorded: see <a href=\"#gaps\">gaps</a>.</p>\n");
	html_put(h, "</section>\n");
	free(c.groups);
	return err;
}
