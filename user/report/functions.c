// SPDX-License-Identifier: GPL-2.0
/* Functions, and their lives: from being configured to being deconfigured */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "record/names.h"
#include "report/report-int.h"

static int by_life(const void *a, const void *b)
{
	const struct report_row *x = *(const struct report_row *const *)a,
				*y = *(const struct report_row *const *)b;
	int order = strcmp(x->boot->host, y->boot->host);

	if (!order)
		order = strcmp(x->boot->machine_id, y->boot->machine_id);
	if (order)
		return order;
	if (x->fid != y->fid)
		return x->fid < y->fid ? -1 : 1;
	/* Rows stand in the order of time, and so do lives */
	return x < y ? -1 : x > y;
}

static bool same_function(const struct report_row *a, const struct report_row *b)
{
	return a->fid == b->fid && !strcmp(a->boot->machine_id, b->boot->machine_id) &&
	       !strcmp(a->boot->host, b->boot->host);
}

static bool same_life(const struct report_row *a, const struct report_row *b)
{
	return same_function(a, b) && a->boot == b->boot && a->life == b->life;
}

static void put_outcomes(const struct html *h, const struct report_row *const *rows, size_t nr)
{
	size_t count[ZPCI_NR_OUTCOMES + 1] = { 0 };
	bool first = true;

	for (size_t i = 0; i < nr; i++)
		count[rows[i]->outcome < ZPCI_NR_OUTCOMES ? rows[i]->outcome : ZPCI_NR_OUTCOMES]++;
	for (unsigned int i = 0; i <= ZPCI_NR_OUTCOMES; i++) {
		if (!count[i])
			continue;
		html_put(h, "%s%zu %s", first ? "" : ", ", count[i], name_outcome(i));
		first = false;
	}
}

static void put_life(const struct html *h, const struct report *r,
		     const struct report_row *const *rows, size_t nr, bool hosts, bool first)
{
	const struct report_row *row = rows[nr - 1];
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN], buf[REPORT_COUNT_LEN];

	html_put(h, "<tr class=\"%s\"><th scope=\"row\">0x%x</th>", first ? "first" : "", row->fid);
	if (hosts)
		html_put(h, "<td class=\"name\">%s</td>", row->boot->host);
	if (row->has_place)
		html_put(h, "<td>%04x:%02x:%02x.%x</td>", row->domain, row->bus, row->devfn >> 3,
			 row->devfn & 7);
	else
		html_put(h, "<td>-</td>");
	html_put(h, "<td class=\"name\">%s</td>", r->drivers[row->driver][0] ? r->drivers[row->driver] : "-");
	if (row->life)
		html_put(h, "<td>%u</td>", row->life);
	else
		html_put(h, "<td>not known</td>");
	html_put(h, "<td><time>%s</time></td><td><time>%s</time></td><td class=\"num\">%s</td>"
		 "<td class=\"list\">",
		 report_time(rows[0]->wall_ns, from), report_time(row->wall_ns, to),
		 report_count(nr, buf));
	put_outcomes(h, rows, nr);
	html_put(h, "</td></tr>\n");
}

static void put_lives(const struct html *h, const struct report *r,
		      const struct report_row *const *rows)
{
	bool hosts = report_many_hosts(r);
	size_t lives = 0;

	report_table_begin(h, "", "Functions", "A life of a function is from its being configured to its "
			   "being deconfigured; each has a row.", (const char *[]){
		"function", hosts ? "host" : "", "address", "driver", "life", "first error",
		"last error", "#recoveries", "outcomes", NULL });
	for (size_t i = 0, end; i < r->nr_rows; i = end) {
		for (end = i + 1; end < r->nr_rows && same_life(rows[i], rows[end]); end++)
			;
		if (lives++ < REPORT_FUNCTIONS)
			put_life(h, r, rows + i, end - i, hosts,
				 !i || !same_function(rows[i - 1], rows[i]));
	}
	report_table_end(h);
	report_put_more(h, lives, REPORT_FUNCTIONS, "more lives are");
}

int report_put_functions(const struct html *h, const struct report *r)
{
	const struct report_row **rows = calloc(r->nr_rows, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < r->nr_rows; i++)
		rows[i] = &r->rows[i];
	qsort(rows, r->nr_rows, sizeof(*rows), by_life);
	html_put(h, "<section>\n<h2>Functions and their lives</h2>\n");
	put_lives(h, r, rows);
	html_put(h, "</section>\n");
	free(rows);
	return 0;
}
