// SPDX-License-Identifier: GPL-2.0
/* How long recoveries took, by driver and by PEC, on one logarithmic axis */
#include <errno.h>
#include <stdlib.h>

#include "base/output.h"
#include "report/report-int.h"

#define AXIS	1000

struct timed {
	uint32_t key;
	uint64_t ns;
};

static int by_key(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

/* Where a duration is: 1 us is 0, 1000 s is AXIS; straight between two powers of two */
static unsigned int place(uint64_t ns)
{
	uint64_t us = ns / 1000;
	unsigned int log = 0;
	double at;

	if (!us)
		return 0;
	while (us >> (log + 1))
		log++;
	at = (log + ((double)us / (double)(1ull << log) - 1)) * AXIS / 30;
	return at > AXIS ? AXIS : (unsigned int)at;
}

/* The smallest that at least @percent of them do not exceed */
static uint64_t quantile(const struct timed *t, size_t nr, unsigned int percent)
{
	size_t rank = (nr * percent + 99) / 100;

	return t[rank ? rank - 1 : 0].ns;
}

static void put_strip(const struct html *h, const struct timed *t, size_t nr)
{
	unsigned int min = place(t[0].ns), p50 = place(quantile(t, nr, 50)),
		     p90 = place(quantile(t, nr, 90)), max = place(t[nr - 1].ns);

	html_put(h, "<td class=\"strip\"><svg viewBox=\"0 0 %d 12\" preserveAspectRatio=\"none\" "
		 "aria-hidden=\"true\"><rect class=\"range\" x=\"%u\" y=\"5\" width=\"%u\" height=\"2\"/>"
		 "<rect class=\"most\" x=\"%u\" y=\"2\" width=\"%u\" height=\"8\"/>"
		 "<rect class=\"half\" x=\"%u\" y=\"0\" width=\"4\" height=\"12\"/></svg></td>",
		 AXIS, min, max - min + 1, p50, p90 - p50 + 1, p50);
}

static void put_row(const struct html *h, const char *name, const struct timed *t, size_t nr)
{
	static const unsigned int percents[] = { 50, 90, 99, 100 };
	char buf[REPORT_COUNT_LEN], ns[OUTPUT_DURATION_LEN];

	html_put(h, "<tr><th scope=\"row\">%s</th><td>%s</td>", name, report_count(nr, buf));
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
		html_put(h, "<td>%s</td>", output_duration(ns, quantile(t, nr, percents[i])));
	put_strip(h, t, nr);
	html_put(h, "</tr>\n");
}

static void put_table(const struct html *h, const struct report *r, struct timed *t, size_t nr,
		      bool drivers)
{
	char pec[REPORT_PEC_LEN];

	if (!nr)
		return;
	qsort(t, nr, sizeof(*t), by_key);
	report_table_heads(h, "latency", drivers ? "Latency by driver" : "Latency by PEC",
			   drivers ? "By driver" : "By error (PEC)",
			   (const char *[]){ drivers ? "driver" : "PEC", "count", "p50", "p90",
					     "p99", "slowest", NULL });
	html_put(h, "<th scope=\"col\" class=\"strip\"><span class=\"axis\"><span>1 us</span>"
		 "<span>1 ms</span><span>1 s</span><span>17 min</span></span></th>");
	report_table_body(h);
	for (size_t i = 0, end; i < nr; i = end) {
		for (end = i + 1; end < nr && t[end].key == t[i].key; end++)
			;
		put_row(h, drivers ? r->drivers[t[i].key][0] ? r->drivers[t[i].key] : "(none)" :
			report_pec(t[i].key, pec), t + i, end - i);
	}
	report_table_end(h);
}

int report_put_latency(const struct html *h, const struct report *r)
{
	struct timed *t = calloc(r->nr_rows, sizeof(*t));

	if (!t)
		return -ENOMEM;
	html_put(h, "<section>\n<h2>How long it took</h2>\n<p>From the error event to the outcome, "
		 "without what was ignored or dropped. The bar is from the median to the 90th "
		 "percentile, the line from the fastest to the slowest.</p>\n");
	for (int drivers = 1; drivers >= 0; drivers--) {
		size_t nr = 0;

		for (size_t i = 0; i < r->nr_rows; i++)
			if (report_is_timed(r->rows[i].outcome))
				t[nr++] = (struct timed){
					.key = drivers ? r->rows[i].driver : r->rows[i].pec,
					.ns = r->rows[i].total_ns,
				};
		put_table(h, r, t, nr, drivers);
	}
	html_put(h, "</section>\n");
	free(t);
	return 0;
}
