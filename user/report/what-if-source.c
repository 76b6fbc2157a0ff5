// SPDX-License-Identifier: GPL-2.0
/* What policies were compared on: what the recording lacks, and which one it is */
#include "base/text.h"
#include "record/names.h"
#include "report/what-if-int.h"

/* --- what it lacks --------------------------------------------------------------- */

static void put_lack(const struct html *h, const struct replay *r, size_t nr, uint64_t n,
		     const char *what, const char *why)
{
	if (n)
		html_put(h, "<tr><th scope=\"row\">%s</th><td class=\"num\">%s</td><td>%s</td>"
			 "<td class=\"list\">%s</td></tr>\n", what_if_name(r, nr), report_count_text(n),
			 what, why);
}

static void put_lacks_of(const struct html *h, const struct replay *r, size_t nr)
{
	const struct replay_result *result = replay_result(r, nr);

	for (unsigned int i = 0; i < REPLAY_NR_MISSING; i++)
		put_lack(h, r, nr, result->missing[i], "recoveries", replay_missing_text(i));
	put_lack(h, r, nr, result->untracked, "errors", "not counted in windows: too many functions");
	put_lack(h, r, nr, result->not_recorded, "answers", "not compared: the record had no room");
}

static bool lacks_any(const struct replay *r)
{
	for (size_t i = 0; i < replay_policies(r); i++) {
		const struct replay_result *result = replay_result(r, i);

		if (result->incomplete || result->untracked || result->not_recorded)
			return true;
	}
	return false;
}

void what_if_put_lacks(const struct html *h, const struct replay *r)
{
	const struct replay_recording *rec = replay_recording(r);

	html_put(h, "<section id=\"lacks\">\n<h2>What the recording lacks</h2>\n");
	if (rec->gaps)
		html_put(h, "<p class=\"verdict fair\">Incomplete: %s %s missing, in %s %s. Counts, and what "
			 "policies count in a time, may be off.</p>\n",
			 report_count_text(rec->gap_recoveries),
			 text_nr(rec->gap_recoveries, "recovery is", "recoveries are"),
			 report_count_text(rec->gaps), text_nr(rec->gaps, "gap", "gaps"));
	else
		html_put(h, "<p>No recovery is known to be missing.</p>\n");
	if (lacks_any(r)) {
		report_table_begin(h, "", "What the recording lacks", "Recoveries that were replayed with "
				   "less than the kernel knew", (const char *[]){
			"policy", "#how many", "of", "what is missing", NULL });
		for (size_t i = 0; i < replay_policies(r); i++)
			put_lacks_of(h, r, i);
		report_table_end(h);
	}
	html_put(h, "</section>\n");
}

/* --- which it is --------------------------------------------------------------------- */

static void put_boots(const struct html *h, const struct replay *r)
{
	const struct replay_recording *rec = replay_recording(r);

	if (!rec->nr_listed)
		return;
	report_table_begin(h, "", "Boots", "The boots in the recording, by which it can be known again",
			   (const char *[]){ "host", "machine ID", "boot ID", "#recoveries", NULL });
	for (size_t i = 0; i < rec->nr_listed; i++) {
		const struct replay_listed_boot *b = &rec->boot[i];

		html_put(h, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td class=\"num\">%s</td>"
			 "</tr>\n", b->name.host, b->name.machine_id[0] ? b->name.machine_id : "not known",
			 b->name.boot_id, report_count_text(b->recoveries));
	}
	report_table_end(h);
	report_put_more(h, rec->boots, rec->nr_listed, "more are");
}

static void put_policies(const struct html *h, const struct replay *r)
{
	for (size_t i = 0; i < replay_policies(r); i++) {
		const struct policy_about *about = &replay_program(r, i)->about;

		html_put(h, "<div><dt>Policy %s</dt><dd>%s, %s, beside %s</dd></div>\n",
			 what_if_name(r, i), about->path, policy_kind(about), what_if_against(r, i));
	}
}

void what_if_put_source(const struct html *h, const struct replay *r,
			const struct what_if_about *about)
{
	const struct replay_recording *rec = replay_recording(r);
	char when[CLOCK_TEXT_LEN];

	html_put(h, "<section>\n<h2>Where this comes from</h2>\n<dl class=\"facts\">\n");
	html_put(h, "<div><dt>Recording</dt><dd>%s</dd></div>\n", rec->path);
	put_policies(h, r);
	if (about->canary)
		html_put(h, "<div><dt>As if for</dt><dd>%s</dd></div>\n", about->canary);
	report_put_filters(h, about->since_ns, about->until_ns, about->filtered);
	html_put(h, "<div><dt>Made by</dt><dd>zrec %s, <time>%s</time></dd></div>\n</dl>\n", ZREC_VERSION,
		 report_time(about->made_ns, when));
	put_boots(h, r);
	html_put(h, "</section>\n");
}
