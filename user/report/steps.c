// SPDX-License-Identifier: GPL-2.0
/* Where the time goes: how often each step took how long */
#include "base/output.h"
#include "record/names.h"
#include "report/report-int.h"

/* The decades among them */
static const char *const heads[REPORT_DECADES + 4] = {
	"step", "< 1 us", "1 us", "10 us", "100 us", "1 ms", "10 ms", "100 ms", "1 s", "≥ 10 s",
	"in all", "share",
};

/* 0 to 5, rounded up: one is to be seen among thousands */
static unsigned int heat(uint64_t n, uint64_t most)
{
	return (unsigned int)((output_scale(n, most, 5000) + (n ? 999 : 0)) / 1000);
}

static void put_step(const struct html *h, const struct report *r, unsigned int step, uint64_t all_ns)
{
	char buf[REPORT_COUNT_LEN], ns[OUTPUT_DURATION_LEN];
	uint64_t most = 0, tenths = output_scale(r->step_ns[step], all_ns, 1000);

	for (unsigned int i = 0; i < REPORT_DECADES; i++)
		if (r->steps[step][i] > most)
			most = r->steps[step][i];
	if (!most)
		return;
	html_put(h, "<tr><th scope=\"row\">%s</th>", name_step(step));
	for (unsigned int i = 0; i < REPORT_DECADES; i++)
		html_put(h, "<td class=\"heat%u\">%s</td>", heat(r->steps[step][i], most),
			 r->steps[step][i] ? report_count(r->steps[step][i], buf) : "");
	html_put(h, "<td>%s</td><td>%u.%u %%</td></tr>\n", output_duration(ns, r->step_ns[step]),
		 (unsigned int)(tenths / 10), (unsigned int)(tenths % 10));
}

int report_put_steps(const struct html *h, const struct report *r)
{
	uint64_t all_ns = 0;

	if (!r->timed)
		return 0;
	for (unsigned int i = 0; i < ZREC_NR_STEPS; i++)
		all_ns += r->step_ns[i];
	html_put(h, "<section>\n<h2>Where the time goes</h2>\n");
	report_table_begin(h, "heatmap", "Steps", "How often each step took how long: each column "
			   "begins at the time in its head. The darker, the more often in that row.",
			   heads);
	for (unsigned int i = 0; i < ZREC_NR_STEPS; i++)
		put_step(h, r, i, all_ns);
	report_table_end(h);
	html_put(h, "</section>\n");
	return 0;
}
