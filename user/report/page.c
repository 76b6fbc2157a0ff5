// SPDX-License-Identifier: GPL-2.0
/* The page: its head, its style, its sections */
#include <errno.h>

#include "report/report-int.h"

extern const unsigned char report_style[];
extern const size_t report_style_size;

static void put_head(const struct html *h)
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
		 "<title>PCI error recoveries</title>\n<style>\n", ZREC_VERSION);
	fwrite(report_style, 1, report_style_size, h->f);
	html_put(h, "</style>\n</head>\n<body>\n<main>\n");
}

static int put_sections(const struct html *h, const struct report *r,
			const struct report_about *about)
{
	int err = report_put_summary(h, r, about);

	if (!err && r->nr_rows) {
		err = report_put_over_time(h, r);
		if (!err)
			err = report_put_not_well(h, r);
		if (!err)
			err = report_put_latency(h, r);
		if (!err)
			err = report_put_steps(h, r);
		if (!err)
			err = report_put_slowest(h, r);
		if (!err)
			err = report_put_functions(h, r);
	}
	if (!err)
		err = report_put_policies(h, r);
	if (!err)
		err = report_put_gaps(h, r);
	return err ? err : report_put_source(h, r, about);
}

int report_write(struct report *r, const struct report_about *about, FILE *f)
{
	const struct html h = { .f = f };
	int err;

	put_head(&h);
	err = put_sections(&h, r, about);
	html_put(&h, "</main>\n</body>\n</html>\n");
	return err ? err : ferror(f) ? -ENOMEM : 0;
}
