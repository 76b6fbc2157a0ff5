// SPDX-License-Identifier: GPL-2.0
/* Single recoveries: those that did not end well, and the slowest with all their steps */
#include "base/output.h"
#include "base/text.h"
#include "record/names.h"
#include "report/report-int.h"

void report_put_bar(const struct html *h, const char *css, uint64_t at, uint64_t ns,
		    uint64_t total, const char *title)
{
	unsigned int x = (unsigned int)output_scale(at, total, 1000);
	unsigned int width = (unsigned int)output_scale(ns, total, 1000);

	if (x > 996)
		x = 996;
	if (width < 4)
		width = 4;
	if (width > 1000 - x)
		width = 1000 - x;
	html_put(h, "<svg viewBox=\"0 0 1000 12\" preserveAspectRatio=\"none\" role=\"img\" "
		 "aria-label=\"%s\"><title>%s</title><rect class=\"%s\" x=\"%u\" y=\"1\" width=\"%u\" "
		 "height=\"10\"/></svg>", title, title, css, x, width);
}

static const char *function_text(const struct zrec_span *s, char *buf, size_t size)
{
	char addr[SPAN_ADDRESS_LEN];
	const char *place = span_address(s, addr);

	snprintf(buf, size, "0x%x%s%s", s->fid, place ? " " : "", place ? place : "");
	return buf;
}

static const char *driver_text(const struct zrec_span *s, char buf[4 * ZPCI_DRIVER_LEN + 1])
{
	return s->driver[0] ? text_copy(buf, 4 * ZPCI_DRIVER_LEN + 1, s->driver, sizeof(s->driver)) :
	       "(no driver)";
}

/* --- not well --------------------------------------------------------------- */

static void put_not_well_row(const struct html *h, const struct report_full *f, bool hosts)
{
	const struct zrec_span *s = &f->full.span;
	char when[CLOCK_TEXT_LEN], ns[OUTPUT_DURATION_LEN], pec[REPORT_PEC_LEN], name[64];
	char driver[4 * ZPCI_DRIVER_LEN + 1];

	html_put(h, "<tr><th scope=\"row\"><time>%s</time></th>", report_time(f->wall_ns, when));
	if (hosts)
		html_put(h, "<td class=\"name\">%s</td>", f->boot->host);
	html_put(h, "<td>%s</td><td class=\"name\">%s</td><td>%s</td><td><span class=\"outcome\"><span class=\"key %s\"></span>%s</span></td>"
		 "<td>%s</td><td class=\"num\">%s</td></tr>\n", function_text(s, name, sizeof(name)),
		 driver_text(s, driver), report_pec(s->pec, pec), report_outcome_class(s->outcome),
		 name_outcome(s->outcome), name_reason(s->outcome, s->reason),
		 output_duration(ns, s->total_ns));
}

int report_put_not_well(const struct html *h, const struct report *r)
{
	size_t shown = r->nr_not_well < REPORT_NOT_WELL ? r->nr_not_well : REPORT_NOT_WELL;
	bool hosts = report_many_hosts(r);

	html_put(h, "<section>\n<h2>What did not end well</h2>\n");
	if (!shown) {
		html_put(h, "<p>Nothing: every recovery brought its function back, or was not needed.</p>\n"
			 "</section>\n");
		return 0;
	}
	report_table_begin(h, "", "What did not end well", "The newest first", (const char *[]){
		"time", hosts ? "host" : "", "function", "driver", "error", "outcome", "reason",
		"#took", NULL });
	for (size_t i = 0; i < shown; i++)
		put_not_well_row(h, &r->not_well[(r->nr_not_well - 1 - i) % REPORT_NOT_WELL], hosts);
	report_table_end(h);
	report_put_more(h, r->nr_not_well, shown, "older ones are");
	html_put(h, "</section>\n");
	return 0;
}

/* --- the slowest ------------------------------------------------------------ */

static void put_step(const struct html *h, const struct zrec_span *s, unsigned int step)
{
	char at[OUTPUT_DURATION_LEN], ns[OUTPUT_DURATION_LEN], result[16], title[96];
	uint64_t tenths = output_scale(s->step_ns[step], s->total_ns, 1000);
	bool failed = step != ZREC_STEP_OTHER && name_result_is_failure(s->step_result[step]);

	output_duration(at, s->step_at_ns[step]);
	output_duration(ns, s->step_ns[step]);
	html_put(h, "<tr><th scope=\"row\">%s</th>", name_step(step));
	if (step == ZREC_STEP_OTHER) {
		html_put(h, "<td class=\"num\"></td><td class=\"strip\"></td>");
	} else {
		snprintf(title, sizeof(title), "%s: %s, from %s on", name_step(step), ns, at);
		html_put(h, "<td class=\"num\">+%s</td><td class=\"strip\">", at);
		report_put_bar(h, failed ? "failed" : "step", s->step_at_ns[step],
			       s->step_ns[step], s->total_ns, title);
		html_put(h, "</td>");
	}
	html_put(h, "<td class=\"num\">%s</td><td class=\"num\">%u.%u %%</td><td class=\"%s\">%s", ns, (unsigned int)(tenths / 10),
		 (unsigned int)(tenths % 10), failed ? "bad" : "", step == ZREC_STEP_OTHER ? "" :
		 name_result(s->step_result[step], result, sizeof(result)));
	if (s->step_count[step] > 1)
		html_put(h, " ×%u", s->step_count[step]);
	html_put(h, "</td></tr>\n");
}

static void put_answer(const struct html *h, const struct zrec_answer *a)
{
	char said[32], dflt[32], effective[32];

	html_put(h, "<li>%s: policy <b>%s</b>%s said %s, the kernel by itself %s: %s %s</li>\n",
		 name_member(a->member), text_shown_array(a->policy), a->shadow ? " (shadow)" : "",
		 name_answer(a->member, a->verdict, said, sizeof(said)),
		 name_answer(a->member, a->dflt, dflt, sizeof(dflt)),
		 a->shadow ? "would have become" : "became",
		 name_answer(a->member, a->effective, effective, sizeof(effective)));
}

static void put_decisions(const struct html *h, const struct zrec_span *s)
{
	const struct zrec_span_policy *p = zrec_span_policy(s);
	unsigned int nr = p && p->nr < ZREC_MAX_ANSWERS ? p->nr : ZREC_MAX_ANSWERS;

	if (!p)
		return;
	html_put(h, "<p>Policies were asked at %u points; %u decisions%s%s, %u in shadow.</p>\n",
		 p->nr_points + p->unlisted_points, p->decisions, p->policy[0] ? " of " : "",
		 text_shown_array(p->policy), p->shadow_decisions);
	if (!p->nr)
		return;
	html_put(h, "<ul class=\"decisions\">\n");
	for (unsigned int i = 0; i < nr; i++)
		put_answer(h, &p->answer[i]);
	if (p->unlisted)
		html_put(h, "<li>%u more that were not recorded</li>\n", p->unlisted);
	html_put(h, "</ul>\n");
}

static void put_slow(const struct html *h, const struct report_full *f, size_t n)
{
	const struct zrec_span *s = &f->full.span;
	unsigned int order[ZREC_NR_STEPS];
	int nr = span_order_steps(s, order);
	char when[CLOCK_TEXT_LEN], ns[OUTPUT_DURATION_LEN], pec[REPORT_PEC_LEN], name[64];
	char driver[4 * ZPCI_DRIVER_LEN + 1], table[64];

	html_put(h, "<article>\n<h3>%zu. %s: %s</h3>\n", n, function_text(s, name, sizeof(name)),
		 output_duration(ns, s->total_ns));
	html_put(h, "<p><time>%s</time> on %s, %s, %s, recovered by %s: <span class=\"outcome\"><span class=\"key "
		 "%s\"></span>%s</span>",
		 report_time(f->wall_ns, when), f->boot->host[0] ? f->boot->host : "this host",
		 driver_text(s, driver), report_pec(s->pec, pec), s->recoverer == ZREC_BY_NOBODY ?
		 "nobody" : name_recoverer(s->recoverer), report_outcome_class(s->outcome),
		 name_outcome(s->outcome));
	if (s->reason != ZPCI_REASON_NONE)
		html_put(h, " (%s)", name_reason(s->outcome, s->reason));
	if (s->events > 1)
		html_put(h, ", %u errors", s->events);
	if (s->owner_pid)
		html_put(h, ", held by %s[%u]", text_shown_array(s->owner_comm), s->owner_pid);
	html_put(h, "</p>\n");
	snprintf(table, sizeof(table), "Steps of recovery %zu", n);
	report_table_begin(h, "timeline", table, "Steps", (const char *[]){
		"step", "#at", "timeline", "#took", "#share", "result", NULL });
	for (int i = 0; i < nr; i++)
		put_step(h, s, order[i]);
	report_table_end(h);
	put_decisions(h, s);
	html_put(h, "</article>\n");
}

int report_put_slowest(const struct html *h, const struct report *r)
{
	if (!r->nr_slowest)
		return 0;
	html_put(h, "<section>\n<h2>The slowest recoveries</h2>\n");
	for (size_t i = 0; i < r->nr_slowest; i++)
		put_slow(h, &r->slowest[i], i + 1);
	report_put_more(h, r->timed, r->nr_slowest, "faster ones are");
	html_put(h, "</section>\n");
	return 0;
}
