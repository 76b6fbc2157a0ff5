// SPDX-License-Identifier: GPL-2.0
/* What would change with each policy, and what cannot be known, in words; the whole page */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "record/names.h"
#include "report/what-if-int.h"

const char *what_if_name_into(const struct replay *r, size_t nr, char buf[WHAT_IF_NAME_LEN])
{
	const char *name = replay_program(r, nr)->about.name;
	size_t same = 0, before = 0;

	for (size_t i = 0; i < replay_policies(r); i++) {
		bool is = !strcmp(replay_program(r, i)->about.name, name);

		same += is;
		before += is && i < nr;
	}
	if (same > 1)
		snprintf(buf, WHAT_IF_NAME_LEN, "%.100s (%zu)", name, before + 1);
	else
		snprintf(buf, WHAT_IF_NAME_LEN, "%.100s", name);
	return buf;
}

const char *what_if_against(const struct replay *r, size_t nr)
{
	return replay_against_text(replay_compared_with(r, nr));
}

/* "a, b and c", of which this is what comes after number @i of @nr */
static const char *after(size_t i, size_t nr)
{
	return i + 1 >= nr ? "" : i + 2 == nr ? " and " : ", ";
}

/* --- how much ---------------------------------------------------------------- */

/* The first policy that the kernel would not have kept; how many there are if it keeps all */
static size_t first_ejected(const struct replay *r)
{
	size_t i = 0;

	while (i < replay_policies(r) && !replay_result(r, i)->ejections)
		i++;
	return i;
}

static void put_verdict(const struct html *h, const struct replay *r)
{
	const struct replay_comparison *c = replay_between(r);
	uint64_t different = c->compared - c->same;
	size_t ejected = first_ejected(r);

	if (!replay_recording(r)->recoveries)
		html_put(h, "<p class=\"verdict fair\">There is no recovery in this recording, or none "
			 "that the filters let pass: it says nothing about these policies.</p>\n");
	else if (ejected < replay_policies(r))
		html_put(h, "<p class=\"verdict bad\">The kernel would have ejected %s: it would not "
			 "have stayed in force.</p>\n", what_if_name(r, ejected));
	else if (different)
		html_put(h, "<p class=\"verdict fair\">%s and %s differ in %s of %s %s that both "
			 "reach.</p>\n", what_if_name(r, 0), what_if_name(r, 1),
			 report_count_text(different), report_count_text(c->compared),
			 text_nr(c->compared, "decision", "decisions"));
	else if (c->compared)
		html_put(h, "<p class=\"verdict good\">%s and %s decide alike in all decisions that both "
			 "reach: %s.</p>\n", what_if_name(r, 0), what_if_name(r, 1),
			 report_count_text(c->compared));
	else
		html_put(h, "<p class=\"verdict fair\">There is no decision that %s and %s both reach."
			 "</p>\n", what_if_name(r, 0), what_if_name(r, 1));
}

/* --- each policy --------------------------------------------------------------- */

static void put_ways(const struct html *h, const struct replay *r, const struct replay_result *result)
{
	uint64_t away = replay_result_away(result), all = replay_recording(r)->recoveries;
	const char *sep = ":";

	if (!away) {
		html_put(h, " Every recovery would have gone as it was recorded.");
		return;
	}
	html_put(h, " %s of %s %s would have gone another way", report_count_text(away),
		 report_count_text(all), text_nr(all, "recovery", "recoveries"));
	for (unsigned int i = REPLAY_SAME + 1; i < REPLAY_NOT_REACHED; i++) {
		if (!result->paths[i])
			continue;
		html_put(h, "%s %s %s", sep, report_count_text(result->paths[i]), replay_path_text(i));
		sep = ",";
	}
	html_put(h, ".");
}

/* What was given up would have come back, or not, as far as the recording knows */
static void put_given_up(const struct html *h, const struct replay_result *result)
{
	uint64_t recorded[ZPCI_NR_OUTCOMES] = { 0 };
	const char *sep = "";

	if (!result->given_up)
		return;
	for (size_t i = 0; i < result->nr_changes; i++)
		for (unsigned int o = 0; o < ZPCI_NR_OUTCOMES; o++)
			if (replay_path_is_isolation(result->change[i].path))
				recorded[o] += result->change[i].recorded[o];
	html_put(h, " It would have given up %s %s. In the recording these recoveries ended as ",
		 report_count_text(result->given_up), text_nr(result->given_up, "function", "functions"));
	for (unsigned int o = 0; o < ZPCI_NR_OUTCOMES; o++) {
		if (!recorded[o])
			continue;
		html_put(h, "%s%s (%s)", sep, name_outcome(o), report_count_text(recorded[o]));
		sep = ", ";
	}
	html_put(h, ".");
}

static void put_ejected(const struct html *h, const struct replay_result *result)
{
	const struct replay_ejection *first = &result->ejection[0];
	char when[CLOCK_TEXT_LEN];

	if (!result->ejections)
		return;
	html_put(h, " <b>The kernel would have ejected it</b>, first at <time>%s</time>: %s.",
		 report_time(first->in.at_ns, when), kernel_budget_text(first->budget));
	html_put(h, " %s later %s would have been the kernel's alone.",
		 report_count_text(result->after_ejection),
		 text_nr(result->after_ejection, "decision", "decisions"));
}

static uint64_t clamps(const struct replay_result *result)
{
	uint64_t sum = 0;

	for (unsigned int m = 0; m < ZPCI_MEMBER_DONE; m++)
		sum += result->clamps[m];
	return sum;
}

static void put_policy(const struct html *h, const struct replay *r, size_t nr)
{
	const struct replay_result *result = replay_result(r, nr);
	const struct replay_comparison *c = &result->comparison;
	uint64_t clamped = clamps(result), different = c->compared - c->same;

	html_put(h, "<li class=\"%s\"><strong>%s</strong>", result->ejections ? "bad" :
		 different || clamped ? "fair" : "good", what_if_name(r, nr));
	html_put(h, "<p>%s of %s %s %s from %s.", report_count_text(different),
		 report_count_text(c->compared), text_nr(c->compared, "decision", "decisions"),
		 text_nr(different, "differs", "differ"), what_if_against(r, nr));
	/* Beside its own answers nothing leads away from what was recorded */
	if (replay_compared_with(r, nr) != REPLAY_RECORDED) {
		put_ways(h, r, result);
		put_given_up(h, result);
	}
	if (clamped)
		html_put(h, " The kernel would have clamped %s of its answers, which are not legal "
			 "there.", report_count_text(clamped));
	put_ejected(h, result);
	html_put(h, "</p></li>\n");
}

/* --- what nobody knows ----------------------------------------------------------- */

static void put_unknown(const struct html *h, const struct replay *r)
{
	const struct replay_recording *rec = replay_recording(r);

	html_put(h, "<h3>What cannot be known</h3>\n<ul>\n<li>Which errors a policy would have "
		 "prevented, or brought about: here they come as they were recorded.</li>\n");
	for (size_t i = 0; i < replay_policies(r); i++) {
		const struct replay_result *result = replay_result(r, i);
		uint64_t unknown = replay_result_unknown(result);
		uint64_t not_reached = result->paths[REPLAY_NOT_REACHED];

		if (unknown)
			html_put(h, "<li>%s: how %s %s would have ended, on a way that was not taken. "
				 "<a href=\"#changes\">What would change</a> says how often that way "
				 "ended well in this recording.</li>\n", what_if_name(r, i),
				 report_count_text(unknown), text_nr(unknown, "recovery", "recoveries"));
		if (not_reached)
			html_put(h, "<li>%s: when somebody would have brought back what it gives up. "
				 "%s later %s of these functions %s not reached.</li>\n",
				 what_if_name(r, i), report_count_text(not_reached),
				 text_nr(not_reached, "recovery", "recoveries"),
				 text_nr(not_reached, "is", "are"));
		if (result->incomplete)
			html_put(h, "<li>%s: what it would have decided with all that the kernel knew "
				 "in %s %s: see <a href=\"#lacks\">what the recording lacks</a>.</li>\n", what_if_name(r, i), report_count_text(result->incomplete),
				 text_nr(result->incomplete, "recovery", "recoveries"));
	}
	if (rec->gaps)
		html_put(h, "<li>What the policies would have done about %s %s that the recording does "
			 "not have: see <a href=\"#lacks\">what it lacks</a>.</li>\n",
			 report_count_text(rec->gap_recoveries),
			 text_nr(rec->gap_recoveries, "recovery", "recoveries"));
	html_put(h, "</ul>\n");
}

static void put_recording(const struct html *h, const struct replay_recording *rec)
{
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN];

	report_time(rec->first_wall_ns, from);
	report_time(rec->last_wall_ns, to);
	html_put(h, "<p>%s %s of %s %s in %s %s, ", report_count_text(rec->recoveries),
		 text_nr(rec->recoveries, "recovery", "recoveries"), report_count_text(rec->hosts),
		 text_nr(rec->hosts, "host", "hosts"), report_count_text(rec->boots),
		 text_nr(rec->boots, "boot", "boots"));
	report_put_period(h, from, to);
	html_put(h, "; %s %s at which policies are asked. Each policy had all of it for itself.</p>\n",
		 report_count_text(rec->decisions), text_nr(rec->decisions, "point", "points"));
}

void what_if_put_summary(const struct html *h, const struct replay *r,
			 const struct what_if_about *about)
{
	const struct replay_recording *rec = replay_recording(r);
	size_t nr = replay_policies(r);
	char made[CLOCK_TEXT_LEN];

	html_put(h, "<header>\n<h1>Policies compared: ");
	for (size_t i = 0; i < nr; i++)
		html_put(h, "%s%s", what_if_name(r, i), after(i, nr));
	html_put(h, "</h1>\n<p class=\"about\">recording %s &middot; made <time>%s</time></p>\n</header>\n"
		 "<section>\n<h2>Summary</h2>\n", rec->path, report_time(about->made_ns, made));
	put_verdict(h, r);
	if (rec->recoveries) {
		put_recording(h, rec);
		html_put(h, "<h3>What each would have done</h3>\n<ul class=\"actions\">\n");
		for (size_t i = 0; i < nr; i++)
			put_policy(h, r, i);
		html_put(h, "</ul>\n");
		put_unknown(h, r);
	}
	html_put(h, "</section>\n");
}

/* --- the page -------------------------------------------------------------------- */

int what_if_write(const struct replay *r, const struct what_if_about *about, FILE *f)
{
	const struct html h = { .f = f };

	report_page_begin(&h, "Policies compared");
	what_if_put_summary(&h, r, about);
	if (replay_recording(r)->recoveries) {
		what_if_put_figures(&h, r);
		what_if_put_changes(&h, r);
		what_if_put_differences(&h, r);
		what_if_put_members(&h, r);
		what_if_put_ejections(&h, r);
	}
	what_if_put_lacks(&h, r);
	what_if_put_source(&h, r, about);
	report_page_end(&h);
	return ferror(f) ? -ENOMEM : 0;
}
