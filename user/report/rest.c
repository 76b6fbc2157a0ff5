// SPDX-License-Identifier: GPL-2.0
/* What became of policies, what is missing, and where all of it comes from */
#include <inttypes.h>

#include "base/text.h"
#include "keep/gap.h"
#include "record/names.h"
#include "report/report-int.h"

int report_put_policies(const struct html *h, const struct report *r)
{
	size_t shown = r->nr_events < REPORT_POLICY_EVENTS ? r->nr_events : REPORT_POLICY_EVENTS;
	char when[CLOCK_TEXT_LEN];

	if (!shown)
		return 0;
	html_put(h, "<section>\n<h2>Policies</h2>\n");
	report_table_begin(h, "", "Policies", "What became of policies, the newest last",
			   (const char *[]){ "time", "host", "policy", "what", "why", NULL });
	for (size_t i = r->nr_events - shown; i < r->nr_events; i++) {
		const struct history_policy_event *e = &r->events[i];

		html_put(h, "<tr><th scope=\"row\"><time>%s</time></th><td class=\"name\">%s</td><td>%s</td>"
			 "<td>%s</td>"
			 "<td class=\"list\">%s</td></tr>\n", report_time(e->wall_ns, when), e->boot->host,
			 text_shown_array(e->policy), text_shown_array(e->what),
			 text_shown_array(e->text));
	}
	report_table_end(h);
	report_put_more(h, r->nr_events, shown, "older ones are");
	html_put(h, "</section>\n");
	return 0;
}

static void put_gap(const struct html *h, const struct report_gap *g)
{
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN], buf[REPORT_COUNT_LEN];

	html_put(h, "<tr><th scope=\"row\"><time>%s</time></th><td><time>%s</time></td><td>%s</td>"
		 "<td class=\"num\">%s</td><td>%s</td></tr>\n", report_time(g->gap.from_ns, from),
		 report_time(g->gap.to_ns, to), g->boot->host, report_count(g->gap.recoveries, buf),
		 gap_reason_name(g->gap.reason));
}

int report_put_gaps(const struct html *h, const struct report *r)
{
	size_t shown = r->nr_gaps < REPORT_GAPS ? r->nr_gaps : REPORT_GAPS;
	uint64_t missing = 0;
	char buf[REPORT_COUNT_LEN];

	html_put(h, "<section id=\"gaps\">\n<h2>Gaps and losses</h2>\n");
	if (!shown) {
		html_put(h, "<p>No recovery is known to be missing.</p>\n</section>\n");
		return 0;
	}
	for (size_t i = 0; i < r->nr_gaps; i++)
		missing += r->gaps[i].gap.recoveries;
	html_put(h, "<p>%s recoveries are known to be missing. Counts and times in this report are "
		 "without them.</p>\n", report_count(missing, buf));
	report_table_begin(h, "", "Gaps", "The newest last",
			   (const char *[]){ "from", "to", "host", "#missing", "why", NULL });
	for (size_t i = r->nr_gaps - shown; i < r->nr_gaps; i++)
		put_gap(h, &r->gaps[i]);
	report_table_end(h);
	report_put_more(h, r->nr_gaps, shown, "older gaps are");
	html_put(h, "</section>\n");
	return 0;
}

/* Which ways of observing there were */
static void put_tiers(const struct html *h, const struct report *r)
{
	size_t count[ZREC_NR_TIERS + 1] = { 0 };
	const char *sep = "";

	for (size_t i = 0; i < r->nr_rows; i++)
		count[r->rows[i].tier < ZREC_NR_TIERS ? r->rows[i].tier : ZREC_NR_TIERS]++;
	html_put(h, "<div><dt>Observed by</dt><dd>");
	for (unsigned int i = 0; i <= ZREC_NR_TIERS; i++) {
		if (!count[i])
			continue;
		html_put(h, "%s%s", sep, name_tier(i));
		sep = ", ";
	}
	html_put(h, "</dd></div>\n");
}

int report_put_source(const struct html *h, const struct report *r, const struct report_about *about)
{
	char when[CLOCK_TEXT_LEN];

	html_put(h, "<section>\n<h2>Where this comes from</h2>\n<dl class=\"facts\">\n");
	html_put(h, "<div><dt>Recording</dt><dd>%s</dd></div>\n",
		 about->source ? about->source : "the history of this host");
	report_put_filters(h, about->since_ns, about->until_ns, about->filtered);
	if (r->nr_rows)
		put_tiers(h, r);
	if (about->kernel)
		html_put(h, "<div><dt>Kernel of this host, now</dt><dd>%s</dd></div>\n", about->kernel);
	html_put(h, "<div><dt>Boots</dt><dd>%zu</dd></div>\n<div><dt>Made by</dt><dd>zrec %s, <time>%s"
		 "</time></dd></div>\n</dl>\n</section>\n", r->boots.nr, ZREC_VERSION,
		 report_time(about->made_ns, when));
	return 0;
}
