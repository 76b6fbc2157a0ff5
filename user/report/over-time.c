// SPDX-License-Identifier: GPL-2.0
/* Recoveries over time: bars, stacked by outcome */
#include <stdint.h>
#include <string.h>

#include "record/names.h"
#include "report/report-int.h"

#define BINS	60
#define HEIGHT	100

struct bin {
	uint64_t outcome[ZPCI_NR_OUTCOMES + 1];
	uint64_t count;
};

/* Of strangers: the difference of two times may be more than a time can be */
static double first_ns(const struct report *r)
{
	return (double)r->rows[0].wall_ns;
}

static double span_ns(const struct report *r)
{
	double span = (double)r->rows[r->nr_rows - 1].wall_ns - first_ns(r);

	return span < 1 ? 1 : span;
}

static int64_t begin_ns(const struct report *r, unsigned int i)
{
	double at = first_ns(r) + span_ns(r) * i / BINS;

	return at < -9e18 ? INT64_MIN : at > 9e18 ? INT64_MAX : (int64_t)at;
}

static uint64_t fill(struct bin bins[BINS], const struct report *r)
{
	double first = first_ns(r), span = span_ns(r);
	uint64_t most = 0;

	for (size_t i = 0; i < r->nr_rows; i++) {
		const struct report_row *row = &r->rows[i];
		/* A wall clock that was set back must not leave the picture */
		double part = ((double)row->wall_ns - first) / span;
		unsigned int at = part <= 0 ? 0 : part >= 1 ? BINS - 1 : (unsigned int)(part * BINS);
		struct bin *b = &bins[at < BINS ? at : BINS - 1];

		b->outcome[row->outcome < ZPCI_NR_OUTCOMES ? row->outcome : ZPCI_NR_OUTCOMES]++;
		b->count++;
		if (b->count > most)
			most = b->count;
	}
	return most;
}

static void put_bin(const struct html *h, const struct report *r, const struct bin *b,
		    unsigned int i, uint64_t most)
{
	char when[CLOCK_TEXT_LEN], count[REPORT_COUNT_LEN];
	double top = HEIGHT;

	if (!b->count)
		return;
	html_put(h, "<g><title>from %s: %s</title>",
		 report_time(begin_ns(r, i), when),
		 report_count(b->count, count));
	for (unsigned int o = 0; o <= ZPCI_NR_OUTCOMES; o++) {
		double height = HEIGHT * (double)b->outcome[o] / (double)most;

		if (!b->outcome[o])
			continue;
		/* One in thousands is to be seen, too */
		if (height < 1)
			height = 1;
		top -= height;
		if (top < 0)
			top = 0;
		html_put(h, "<rect class=\"%s\" x=\"%u\" y=\"%.1f\" width=\"9\" height=\"%.1f\"/>",
			 report_outcome_class(o), i * 10, top, height);
	}
	html_put(h, "</g>\n");
}

int report_put_over_time(const struct html *h, const struct report *r)
{
	struct bin bins[BINS] = { 0 };
	uint64_t most = fill(bins, r);
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN], count[REPORT_COUNT_LEN];

	report_time(r->rows[0].wall_ns, from);
	report_time(r->rows[r->nr_rows - 1].wall_ns, to);
	/* All in one second */
	if (!strcmp(from, to))
		return 0;
	html_put(h, "<section>\n<h2>Over time</h2>\n<figure>\n<p class=\"axis\"><span>at most %s in "
		 "one bar</span></p>\n", report_count(most, count));
	html_put(h, "<svg class=\"bars\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" "
		 "aria-label=\"Recoveries over time, by outcome\">\n"
		 "<title>Recoveries over time, by outcome</title>\n", BINS * 10, HEIGHT);
	for (unsigned int i = 0; i < BINS; i++)
		put_bin(h, r, &bins[i], i, most);
	html_put(h, "</svg>\n<p class=\"axis\"><time>%s</time><time>%s</time></p>\n", from, to);
	html_put(h, "<figcaption>Each bar is 1/%d of the time, coloured by outcome as above.</figcaption>\n"
		 "</figure>\n</section>\n", BINS);
	return 0;
}
