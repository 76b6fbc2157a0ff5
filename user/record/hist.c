// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "record/hist.h"
#include "base/output.h"

void hist_add(struct zrec_hist *h, uint64_t ns)
{
	h->count++;
	h->sum_ns += ns;
	if (ns > h->max_ns)
		h->max_ns = ns;
	h->bucket[zrec_hist_bucket(ns)]++;
}

void hist_merge(struct zrec_hist *to, const struct zrec_hist *from)
{
	to->count += from->count;
	to->sum_ns += from->sum_ns;
	if (from->max_ns > to->max_ns)
		to->max_ns = from->max_ns;
	for (uint32_t i = 0; i < ZREC_HIST_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}

/* The value that stands for all of a bucket */
static uint64_t bucket_middle(const struct zrec_hist *h, uint32_t i, unsigned int shift)
{
	uint64_t lower = zrec_hist_lower(i >> shift << shift);
	uint64_t middle;

	/* The last bucket has no upper end; beyond it only the maximum is known */
	if (i >> shift == (ZREC_HIST_BUCKETS - 1u) >> shift && h->max_ns >> ZREC_HIST_MAX_BITS)
		return h->max_ns;
	middle = lower + (zrec_hist_lower(((i >> shift) + 1) << shift) - lower) / 2;
	return middle < h->max_ns ? middle : h->max_ns;
}

uint64_t hist_quantile(const struct zrec_hist *h, unsigned int q)
{
	return hist_quantile_coarse(h, q, 0);
}

uint64_t hist_quantile_coarse(const struct zrec_hist *h, unsigned int q, unsigned int shift)
{
	uint64_t rank, seen = 0;

	/* Rounded up, in two parts so that the product cannot overflow */
	rank = h->count / HIST_P100 * q +
	       (h->count % HIST_P100 * q + HIST_P100 - 1) / HIST_P100;
	if (!rank)
		rank = 1;
	if (rank >= h->count)
		return h->max_ns;
	for (uint32_t i = 0; i < ZREC_HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= rank)
			return bucket_middle(h, i, shift);
	}
	/* Read while a CPU was between count and bucket */
	return h->max_ns;
}

/* Rows of the picture: each 2^shift buckets, from first to last */
struct hist_rows {
	uint32_t first, last;	/* inclusive, in units of 2^shift buckets */
	unsigned int shift;
	uint64_t most;		/* in one row */
	uint64_t total;
};

#define HIST_ROWS_MAX 16

static uint64_t row_count(const struct zrec_hist *h, const struct hist_rows *r,
			  uint32_t row)
{
	uint64_t sum = 0;

	for (uint32_t i = row << r->shift; i < (row + 1) << r->shift && i < ZREC_HIST_BUCKETS; i++)
		sum += h->bucket[i];
	return sum;
}

/* The finest rows that are not too many. False if the histogram is empty. */
static bool find_rows(const struct zrec_hist *h, struct hist_rows *r)
{
	uint32_t lo = 0, hi = ZREC_HIST_BUCKETS - 1;

	while (lo < ZREC_HIST_BUCKETS && !h->bucket[lo])
		lo++;
	if (lo == ZREC_HIST_BUCKETS)
		return false;
	while (!h->bucket[hi])
		hi--;
	/*
	 * No row is finer than an eighth of a power of two (or the whole picture
	 * is noise), none is coarser than one, so that no row spans two widths of
	 * bucket.
	 */
	*r = (struct hist_rows){ .shift = ZREC_HIST_SUB_BITS - 3 };
	while (r->shift < ZREC_HIST_SUB_BITS &&
	       (hi >> r->shift) - (lo >> r->shift) >= HIST_ROWS_MAX)
		r->shift++;
	r->first = lo >> r->shift;
	r->last = hi >> r->shift;
	for (uint32_t row = r->first; row <= r->last; row++) {
		uint64_t n = row_count(h, r, row);

		r->total += n;
		if (n > r->most)
			r->most = n;
	}
	return true;
}

/* n of most in cells columns; eighths of a column with Unicode */
static void print_bar(FILE *f, uint64_t n, uint64_t most, int cells, bool utf8)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	uint64_t parts = utf8 ? 8 : 1;
	uint64_t len = output_scale(n, most, (uint64_t)cells * parts);
	int used = (int)(len / parts);

	/* What happened once must be visible beside what happened a million times */
	if (n && !len) {
		len = 1;
		used = utf8 ? 0 : 1;
	}
	for (int i = 0; i < used; i++)
		fputs(utf8 ? "█" : "#", f);
	if (len % parts) {
		fputs(eighths[len % parts], f);
		used++;
	}
	fprintf(f, "%*s", cells - used, "");
}

static void print_row(FILE *f, const struct zrec_hist *h, const struct hist_rows *r,
		      uint32_t row, uint64_t seen, int cells, bool utf8)
{
	char from[OUTPUT_DURATION_LEN], to[OUTPUT_DURATION_LEN];
	/* Rounded down: 100 % stands only where nothing is above */
	unsigned int tenths = (unsigned int)output_scale(seen, r->total, 1000);
	uint64_t n = row_count(h, r, row);
	uint32_t next = (row + 1) << r->shift;

	output_duration(from, zrec_hist_lower(row << r->shift));
	/* The last bucket has no upper end */
	if (next == ZREC_HIST_BUCKETS && h->max_ns >> ZREC_HIST_MAX_BITS)
		output_duration(to, h->max_ns);
	else
		output_duration(to, zrec_hist_lower(next));
	fprintf(f, "  %8s %s %8s %s", from, utf8 ? "–" : "-", to, utf8 ? "▕" : "|");
	print_bar(f, n, r->most, cells, utf8);
	fprintf(f, "%s %8llu  %3u.%u %%\n", utf8 ? "▏" : "|", (unsigned long long)n,
		tenths / 10, tenths % 10);
}

/* How many rows from this one on are empty */
static uint32_t gap_length(const struct zrec_hist *h, const struct hist_rows *r, uint32_t row)
{
	uint32_t n = 0;

	while (row + n <= r->last && !row_count(h, r, row + n))
		n++;
	return n;
}

void hist_render(FILE *f, const struct zrec_hist *h, bool utf8, int width)
{
	struct hist_rows r;
	uint64_t seen = 0;
	int cells;

	if (!find_rows(h, &r))
		return;
	cells = width - 45;
	if (cells < 10)
		cells = 10;
	if (cells > 60)
		cells = 60;
	fprintf(f, "  %8s   %8s  %*s  %8s  %6s\n", "from", "to", cells, "",
		"count", "cumul.");
	for (uint32_t row = r.first; row <= r.last; row++) {
		uint32_t gap = gap_length(h, &r, row);

		/* Between distant values one line stands for all the empty ones */
		if (gap > 3) {
			fprintf(f, "  %8s\n", utf8 ? "⋮" : "...");
			row += gap;
		}
		seen += row_count(h, &r, row);
		print_row(f, h, &r, row, seen, cells, utf8);
	}
}

void hist_axis_add(struct hist_axis *a, const struct zrec_hist *h)
{
	for (uint32_t i = 0; i < ZREC_HIST_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		if (i < a->first)
			a->first = i;
		if (i > a->last)
			a->last = i;
	}
}

int hist_axis_width(const struct hist_axis *a)
{
	if (!a->fits)
		return 0;
	return (int)((a->last >> a->shift) - (a->first >> a->shift) + 1);
}

void hist_axis_fit(struct hist_axis *a, int columns)
{
	a->fits = a->first <= a->last;
	/* Two columns a power of two are enough, one for four powers is too little */
	for (a->shift = ZREC_HIST_SUB_BITS - 1; a->shift < ZREC_HIST_SUB_BITS + 2; a->shift++)
		if (hist_axis_width(a) <= columns)
			return;
	a->fits = false;
}

uint64_t hist_axis_from_ns(const struct hist_axis *a)
{
	return zrec_hist_lower(a->first >> a->shift << a->shift);
}

uint64_t hist_axis_to_ns(const struct hist_axis *a)
{
	uint32_t end = ((a->last >> a->shift) + 1) << a->shift;

	return zrec_hist_lower(end < ZREC_HIST_BUCKETS ? end : ZREC_HIST_BUCKETS);
}

void hist_axis_draw(FILE *f, const struct hist_axis *a, const struct zrec_hist *h,
		    bool utf8)
{
	static const char *const blocks[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char ramp[] = ".:-=+*%#";
	const struct hist_rows r = { .first = a->first >> a->shift, .shift = a->shift };
	int width = hist_axis_width(a);
	uint64_t most = 0;

	/* The most frequent of this histogram has full height */
	for (int i = 0; i < width; i++) {
		uint64_t n = row_count(h, &r, r.first + (uint32_t)i);

		if (n > most)
			most = n;
	}
	for (int i = 0; i < width; i++) {
		uint64_t n = row_count(h, &r, r.first + (uint32_t)i);
		uint64_t level = output_scale(n, most, 7);

		if (!n)
			fputc(' ', f);
		else if (utf8)
			fputs(blocks[level], f);
		else
			fputc(ramp[level], f);
	}
}

static json_t *buckets_to_json(const struct zrec_hist *h, unsigned int shift)
{
	json_t *list = json_array();

	for (uint32_t i = 0; list && i < ZREC_HIST_BUCKETS; i += 1u << shift) {
		uint64_t count = 0;

		for (uint32_t j = i; j < i + (1u << shift); j++)
			count += h->bucket[j];
		if (count && json_array_append_new(list, json_pack("{so so so}",
				"from_ns", output_ns(zrec_hist_lower(i)),
				"to_ns", output_ns(zrec_hist_lower(i + (1u << shift))),
				"count", output_count(count)))) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

json_t *hist_to_json(const struct zrec_hist *h, unsigned int shift)
{
	return json_pack("{so so so so so so so}",
			 "count", output_count(h->count),
			 "sum_ns", output_u64(h->sum_ns),
			 "max_ns", output_ns(h->max_ns),
			 "p50_ns", output_ns(hist_quantile_coarse(h, HIST_P50, shift)),
			 "p90_ns", output_ns(hist_quantile_coarse(h, HIST_P90, shift)),
			 "p99_ns", output_ns(hist_quantile_coarse(h, HIST_P99, shift)),
			 "buckets", buckets_to_json(h, shift));
}
