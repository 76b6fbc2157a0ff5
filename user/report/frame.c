// SPDX-License-Identifier: GPL-2.0
/* What stands around: a page's head and style, tables */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "report/parts.h"

extern const unsigned char report_style[];
extern const size_t report_style_size;

void report_page_begin(const struct html *h, const char *title)
{
	html_put(h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		 "<meta name=\"color-scheme\" content=\"light dark\">\n"
		 /* Whatever a recording has in it, nothing is loaded and nothing runs */
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		 "style-src 'unsafe-inline'; img-src data:\">\n"
		 "<meta name=\"generator\" content=\"zrec %s\">\n"
		 /* A browser would ask for one */
		 "<link rel=\"icon\" href=\"data:,\">\n"
		 "<title>%s</title>\n<style>\n", ZREC_VERSION, title);
	fwrite(report_style, 1, report_style_size, h->f);
	html_put(h, "</style>\n</head>\n<body>\n<main>\n");
}

void report_page_end(const struct html *h)
{
	html_put(h, "</main>\n</body>\n</html>\n");
}

void report_table_heads(const struct html *h, const char *css, const char *name,
			const char *caption, const char *const heads[])
{
	html_put(h, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n"
		 "<table class=\"%s\">\n<caption>%s</caption>\n<thead><tr>", name, css, caption);
	for (size_t i = 0; heads[i]; i++)
		if (heads[i][0] == '#')
			html_put(h, "<th scope=\"col\" class=\"num\">%s</th>", heads[i] + 1);
		else if (heads[i][0])
			html_put(h, "<th scope=\"col\">%s</th>", heads[i]);
}

void report_table_body(const struct html *h)
{
	html_put(h, "</tr></thead>\n<tbody>\n");
}

void report_table_begin(const struct html *h, const char *css, const char *name,
			const char *caption, const char *const heads[])
{
	report_table_heads(h, css, name, caption, heads);
	report_table_body(h);
}

void report_table_end(const struct html *h)
{
	html_put(h, "</tbody>\n</table>\n</div>\n");
}

void report_put_period(const struct html *h, const char *from, const char *to)
{
	if (strcmp(from, to))
		html_put(h, "from <time>%s</time> to <time>%s</time>", from, to);
	else
		html_put(h, "at <time>%s</time>", from);
}

void report_put_filters(const struct html *h, int64_t since_ns, int64_t until_ns, bool filtered)
{
	char when[CLOCK_TEXT_LEN];

	if (since_ns)
		html_put(h, "<div><dt>Not older than</dt><dd>%s</dd></div>\n", report_time(since_ns, when));
	if (until_ns)
		html_put(h, "<div><dt>Older than</dt><dd>%s</dd></div>\n", report_time(until_ns, when));
	if (filtered)
		html_put(h, "<div><dt>Filters</dt><dd>only some of what was recorded</dd></div>\n");
}

void report_put_more(const struct html *h, uint64_t all, uint64_t shown, const char *what)
{
	char buf[REPORT_COUNT_LEN];

	if (all > shown)
		html_put(h, "<p>%s %s in the recording.</p>\n", report_count(all - shown, buf), what);
}
