// SPDX-License-Identifier: GPL-2.0
/* The page: its sections */
#include <errno.h>

#include "report/report-int.h"

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

	report_page_begin(&h, "PCI error recoveries");
	err = put_sections(&h, r, about);
	report_page_end(&h);
	return err ? err : ferror(f) ? -ENOMEM : 0;
}
