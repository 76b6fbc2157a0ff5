// SPDX-License-Identifier: GPL-2.0
/* Policies side by side: the tables and pictures of the page */
#include "base/interval.h"
#include "base/output.h"
#include "base/text.h"
#include "record/names.h"
#include "report/what-if-int.h"

static void put_example(const struct html *h, const struct replay_example *e)
{
	html_put(h, "%s/%llu", text_shown_array(e->host), (unsigned long long)e->id);
}

/* A count, or nothing where there is none */
static void put_count(const struct html *h, uint64_t n)
{
	html_put(h, "<td class=\"num\">%s</td>", n ? report_count_text(n) : "");
}

/* --- side by side ------------------------------------------------------------ */

/* What becomes of all recoveries under a policy, in the colours of outcomes */
struct shares {
	uint64_t same, isolated, unknown, not_reached;
};

static struct shares shares_of(const struct replay *r, size_t nr)
{
	const struct replay_result *result = replay_result(r, nr);
	struct shares s = {
		.isolated = result->paths[REPLAY_ISOLATED] + result->paths[REPLAY_EXPIRED],
		.unknown = replay_result_unknown(result),
		.not_reached = result->paths[REPLAY_NOT_REACHED],
	};

	s.same = replay_recording(r)->recoveries - s.isolated - s.unknown - s.not_reached;
	return s;
}

static unsigned int put_share(const struct html *h, const char *css, unsigned int at, uint64_t n,
			      uint64_t all)
{
	unsigned int width = (unsigned int)output_scale(n, all, 1000);

	/* One in thousands is to be seen, too */
	if (n && width < 4)
		width = 4;
	if (at + width > 1000)
		at = 1000 - width;
	if (n)
		html_put(h, "<rect class=\"%s\" x=\"%u\" y=\"1\" width=\"%u\" height=\"10\"/>", css, at,
			 width);
	return at + width;
}

static void put_share_count(const struct html *h, const char *css, uint64_t n)
{
	html_put(h, "<td class=\"num\"><span class=\"key %s\"></span>%s</td>", css,
		 report_count_text(n));
}

static void put_shares(const struct html *h, const struct replay *r, size_t nr)
{
	const struct shares s = shares_of(r, nr);
	uint64_t all = replay_recording(r)->recoveries;
	unsigned int at = 0;

	html_put(h, "<tr><th scope=\"row\">%s</th><td class=\"strip\"><svg viewBox=\"0 0 1000 12\" "
		 "preserveAspectRatio=\"none\" aria-hidden=\"true\">", what_if_name(r, nr));
	at = put_share(h, "step", at, s.same, all);
	at = put_share(h, "isolated", at, s.isolated, all);
	at = put_share(h, "abandoned", at, s.unknown, all);
	put_share(h, "ignored", at, s.not_reached, all);
	html_put(h, "</svg></td>");
	put_share_count(h, "step", s.same);
	put_share_count(h, "isolated", s.isolated);
	put_share_count(h, "abandoned", s.unknown);
	put_share_count(h, "ignored", s.not_reached);
	html_put(h, "</tr>\n");
}

static void put_figure(const struct html *h, const struct replay *r, size_t figure)
{
	html_put(h, "<tr><th scope=\"row\">%s</th>", replay_figure_text(figure));
	for (size_t i = 0; i < replay_policies(r); i++)
		html_put(h, "<td class=\"num\">%s</td>",
			 report_count_text(replay_figure(replay_result(r, i), figure)));
	html_put(h, "</tr>\n");
}

/* Of numbers */
static const char *figures_head(const struct replay *r, size_t nr, char buf[WHAT_IF_NAME_LEN + 1])
{
	buf[0] = '#';
	what_if_name_into(r, nr, buf + 1);
	return buf;
}

void what_if_put_figures(const struct html *h, const struct replay *r)
{
	char heads_text[REPLAY_MAX_POLICIES][WHAT_IF_NAME_LEN + 1];
	const char *heads[REPLAY_MAX_POLICIES + 2] = { "what" };

	for (size_t i = 0; i < replay_policies(r); i++)
		heads[i + 1] = figures_head(r, i, heads_text[i]);
	html_put(h, "<section>\n<h2>Side by side</h2>\n");
	report_table_begin(h, "shares", "What becomes of the recoveries", "What becomes of the recoveries "
			   "with each policy", (const char *[]){
		"policy", "of all", "#as recorded", "#isolated", "#outcome unknown", "#not reached", NULL });
	for (size_t i = 0; i < replay_policies(r); i++)
		put_shares(h, r, i);
	report_table_end(h);
	report_table_begin(h, "narrow", "Figures", "In figures", heads);
	for (size_t i = 0; replay_figure_text(i); i++)
		put_figure(h, r, i);
	report_table_end(h);
	html_put(h, "</section>\n");
}

/* --- what would change ---------------------------------------------------------- */

/* Which share of recoveries on that way ended well: n, and how sure that is */
static void put_known(const struct html *h, enum replay_way way, const struct replay_count *c)
{
	struct interval i = interval_wilson(c->well, c->nr);
	unsigned int low = (unsigned int)(1000 * i.low), high = (unsigned int)(1000 * i.high);
	unsigned int at = (unsigned int)output_scale(c->well, c->nr, 996);

	html_put(h, "<div>%s ended well %s of %s %s <small>(95 %%: %.1f to %.1f %%)</small>"
		 "<svg class=\"interval\" viewBox=\"0 0 1000 12\" preserveAspectRatio=\"none\" "
		 "aria-hidden=\"true\"><rect class=\"range\" x=\"0\" y=\"11\" width=\"1000\" height=\"1\"/>"
		 "<rect class=\"most\" x=\"%u\" y=\"4\" width=\"%u\" height=\"4\"/><rect class=\"half\" "
		 "x=\"%u\" y=\"0\" width=\"4\" height=\"12\"/></svg></div>", replay_way_text(way),
		 report_count_text(c->well), report_count_text(c->nr), text_nr(c->nr, "time", "times"),
		 100 * i.low, 100 * i.high, low, high > low ? high - low : 1, at);
}

static void put_outcome(const struct html *h, const struct replay *r, const struct replay_change *c)
{
	const struct replay_known *known = replay_known_find(replay_knowledge(r), &c->key);
	bool sure = replay_path_outcome_known(c->path), any = false;

	html_put(h, "<td class=\"list\">%s", sure ? "isolated" : "unknown");
	for (unsigned int i = 0; known && i < REPLAY_NR_WAYS; i++) {
		if (!(replay_path_ways(c->path) >> i & 1) || !known->way[i].nr)
			continue;
		html_put(h, any ? "" : sure ? ", and in the recording:" : ", but in the recording:");
		put_known(h, i, &known->way[i]);
		any = true;
	}
	if (!any && !sure)
		html_put(h, ": the recording has none that went this way");
	html_put(h, "</td>");
}

static void put_change(const struct html *h, const struct replay *r, const struct replay_change *c)
{
	const char *sep = "";
	char pec[REPORT_PEC_LEN];

	html_put(h, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td class=\"num\">%s</td><td>",
		 c->key.driver[0] ? text_shown_array(c->key.driver) : "(no driver)",
		 report_pec(c->key.pec, pec), replay_path_text(c->path), report_count_text(c->nr));
	for (unsigned int i = 0; i < ZPCI_NR_OUTCOMES; i++) {
		if (!c->recorded[i])
			continue;
		html_put(h, "%s<span class=\"outcome\"><span class=\"key %s\"></span>%s %s</span>", sep,
			 report_outcome_class(i), report_count_text(c->recorded[i]), name_outcome(i));
		sep = " ";
	}
	html_put(h, "</td>");
	put_outcome(h, r, c);
	html_put(h, "<td>");
	put_example(h, &c->example);
	html_put(h, "</td></tr>\n");
}

static void put_changes_of(const struct html *h, const struct replay *r, size_t nr)
{
	const struct replay_result *result = replay_result(r, nr);
	char title[WHAT_IF_NAME_LEN + 32];

	html_put(h, "<h3>With %s</h3>\n", what_if_name(r, nr));
	/* Beside its own answers nothing leads away from what was recorded */
	if (replay_compared_with(r, nr) == REPLAY_RECORDED || !replay_result_away(result)) {
		html_put(h, "<p>Nothing: every recovery goes as it was recorded.</p>\n");
		return;
	}
	snprintf(title, sizeof(title), "What would change with %s", what_if_name(r, nr));
	report_table_begin(h, "", title, "The most frequent first", (const char *[]){
		"driver", "error", "would be", "#recoveries", "recorded as", "outcome", "such as",
		NULL });
	for (size_t i = 0; i < result->nr_changes; i++)
		if (result->change[i].path != REPLAY_NOT_REACHED)
			put_change(h, r, &result->change[i]);
	report_table_end(h);
	if (result->other_changes)
		html_put(h, "<p>%s more %s not shown.</p>\n", report_count_text(result->other_changes),
			 text_nr(result->other_changes, "recovery is", "recoveries are"));
}

void what_if_put_changes(const struct html *h, const struct replay *r)
{
	html_put(h, "<section id=\"changes\">\n<h2>What would change</h2>\n<p>What is isolated has a "
		 "known outcome. How the others would have ended, nobody knows: beside them stands how "
		 "often recoveries of functions with that driver, after that error, ended well on that "
		 "way in this recording. The bar is from 0 to 100 %%, with the 95 %% interval of Wilson."
		 "</p>\n");
	for (size_t i = 0; i < replay_policies(r); i++)
		put_changes_of(h, r, i);
	html_put(h, "</section>\n");
}

/* --- disagreements --------------------------------------------------------------- */

static void put_difference(const struct html *h, const struct replay_difference *d, uint64_t most)
{
	char from[24], to[24];

	html_put(h, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td class=\"num\">%s</td>"
		 "<td class=\"strip\"><svg viewBox=\"0 0 1000 12\" preserveAspectRatio=\"none\" "
		 "aria-hidden=\"true\">", name_member(d->member),
		 name_answer(d->member, d->from, from, sizeof(from)),
		 name_answer(d->member, d->to, to, sizeof(to)), report_count_text(d->nr));
	put_share(h, "step", 0, d->nr, most);
	html_put(h, "</svg></td><td class=\"list\">");
	for (uint64_t e = 0; e < d->nr && e < REPLAY_EXAMPLES; e++) {
		html_put(h, e ? ", " : "");
		put_example(h, &d->example[e]);
	}
	html_put(h, "%s</td></tr>\n", d->nr > REPLAY_EXAMPLES ? ", ..." : "");
}

static void put_comparison(const struct html *h, const struct replay_comparison *c, const char *a,
			   const char *b)
{
	uint64_t most = 0;
	char title[3 * WHAT_IF_NAME_LEN];

	html_put(h, "<p>%s of %s %s the same.</p>\n",
		 report_count_text(c->same), report_count_text(c->compared),
		 text_nr(c->compared, "decision is", "decisions are"));
	if (!c->nr)
		return;
	for (size_t i = 0; i < c->nr; i++)
		if (c->difference[i].nr > most)
			most = c->difference[i].nr;
	snprintf(title, sizeof(title), "Where %s and %s differ", a, b);
	report_table_begin(h, "differences", title, "Each way to differ, with recoveries as HOST/ID",
			   (const char *[]){ "member", a, b, "#decisions", "share", "in", NULL });
	for (size_t i = 0; i < c->nr; i++)
		put_difference(h, &c->difference[i], most);
	report_table_end(h);
	if (c->others)
		html_put(h, "<p>%s more that differ in other ways.</p>\n", report_count_text(c->others));
}

void what_if_put_differences(const struct html *h, const struct replay *r)
{
	html_put(h, "<section>\n<h2>Where they disagree</h2>\n");
	html_put(h, "<h3>%s and %s</h3>\n", what_if_name(r, 0), what_if_name(r, 1));
	put_comparison(h, replay_between(r), what_if_name(r, 0), what_if_name(r, 1));
	for (size_t i = 0; i < replay_policies(r); i++) {
		html_put(h, "<h3>%s and %s</h3>\n", what_if_name(r, i), what_if_against(r, i));
		put_comparison(h, &replay_result(r, i)->comparison, what_if_against(r, i),
			       what_if_name(r, i));
	}
	html_put(h, "</section>\n");
}

/* --- by member -------------------------------------------------------------------- */

static bool is_asked(const struct replay_result *result, unsigned int m)
{
	for (unsigned int i = 0; i < REPLAY_NR_ANSWERS; i++)
		if (result->answers[m][i])
			return true;
	return false;
}

static void put_member(const struct html *h, const struct replay *r, size_t nr, unsigned int m)
{
	const struct replay_result *result = replay_result(r, nr);
	const uint64_t *a = result->answers[m];
	bool time = m == ZPCI_MEMBER_DEADLINE;

	if (!is_asked(result, m))
		return;
	html_put(h, "<tr><th scope=\"row\">%s</th><td>%s</td>", name_member(m), what_if_name(r, nr));
	put_count(h, a[0]);
	put_count(h, time ? 0 : a[ZPCI_VERDICT_RESET]);
	put_count(h, time ? 0 : a[ZPCI_VERDICT_ISOLATE]);
	put_count(h, time ? a[1] : 0);
	put_count(h, time ? 0 : a[REPLAY_OTHER_ANSWER]);
	put_count(h, result->clamps[m]);
	html_put(h, "</tr>\n");
}

void what_if_put_members(const struct html *h, const struct replay *r)
{
	html_put(h, "<section>\n<h2>Decisions by member</h2>\n");
	report_table_begin(h, "", "Decisions by member", "How often each policy gave which answer, and how "
			   "many of them the kernel would have clamped", (const char *[]){
		"member", "policy", "#default", "#reset", "#isolate", "#a deadline", "#illegal",
		"#clamped", NULL });
	for (unsigned int m = 0; m < ZPCI_MEMBER_DONE; m++)
		for (size_t i = 0; i < replay_policies(r); i++)
			put_member(h, r, i, m);
	report_table_end(h);
	html_put(h, "</section>\n");
}

/* --- ejections --------------------------------------------------------------------- */

static uint64_t put_ejections_of(const struct html *h, const struct replay *r, size_t nr)
{
	const struct replay_result *result = replay_result(r, nr);
	uint64_t shown = result->ejections < REPLAY_MAX_EJECTIONS ? result->ejections :
			 REPLAY_MAX_EJECTIONS;
	char when[CLOCK_TEXT_LEN];

	for (uint64_t i = 0; i < shown; i++) {
		const struct replay_ejection *e = &result->ejection[i];

		html_put(h, "<tr><th scope=\"row\"><time>%s</time></th><td>%s</td><td>",
			 report_time(e->in.at_ns, when), what_if_name(r, nr));
		put_example(h, &e->in);
		html_put(h, "</td><td class=\"list\">%s</td></tr>\n", kernel_budget_text(e->budget));
	}
	return result->ejections - shown;
}

void what_if_put_ejections(const struct html *h, const struct replay *r)
{
	uint64_t all = 0, more = 0;

	for (size_t i = 0; i < replay_policies(r); i++)
		all += replay_result(r, i)->ejections;
	html_put(h, "<section>\n<h2>Ejections</h2>\n");
	if (!all) {
		html_put(h, "<p>None: each policy would have stayed within its budget.</p>\n</section>\n");
		return;
	}
	html_put(h, "<p>The kernel ejects a policy that goes beyond its budget. In a replay each boot begins "
		 "with the policy in force anew.</p>\n");
	report_table_begin(h, "", "Ejections", "When, in which recovery, and which budget",
			   (const char *[]){ "time", "policy", "in", "why", NULL });
	for (size_t i = 0; i < replay_policies(r); i++)
		more += put_ejections_of(h, r, i);
	report_table_end(h);
	if (more)
		html_put(h, "<p>%s more.</p>\n", report_count_text(more));
	html_put(h, "</section>\n");
}
