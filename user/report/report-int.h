/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report-int.h - what a report knows, and its sections
 */
#ifndef ZREC_REPORT_INT_H
#define ZREC_REPORT_INT_H

#include "keep/boots.h"
#include "record/meaning.h"
#include "record/span.h"
#include "report/parts.h"
#include "report/report.h"

/* More of a kind are counted, not shown */
#define REPORT_SLOWEST		50
#define REPORT_NOT_WELL		200
#define REPORT_GAPS		200
#define REPORT_POLICY_EVENTS	200
#define REPORT_FUNCTIONS	500
#define REPORT_DRIVERS		64

/* Of each recovery, however many there are */
struct report_row {
	const struct history_boot *boot;
	int64_t wall_ns;
	uint64_t total_ns;
	uint32_t fid;
	uint32_t life;
	uint16_t pec;
	uint16_t driver;		/* index into drivers */
	uint8_t outcome;
	uint8_t reason;
	uint8_t tier;
	bool has_place;
	uint8_t bus, devfn;
	uint16_t domain;
};

struct report_gap {
	const struct history_boot *boot;
	struct history_gap gap;
};

/* The most of a power of ten that a step's time can be in: 1 us, 10 us, ... 100 s, more */
#define REPORT_DECADES	9

/* A recovery with all that is known of it */
struct report_full {
	const struct history_boot *boot;
	int64_t row;
	int64_t wall_ns;
	struct zrec_full_span full;
};

struct report {
	struct boots boots;
	struct report_row *rows;	/* in the order of time */
	size_t nr_rows;
	char (*drivers)[ZPCI_DRIVER_LEN + 1];
	size_t nr_drivers;
	struct report_gap *gaps;
	size_t nr_gaps;
	struct history_policy_event *events;
	size_t nr_events;
	struct report_full *slowest;	/* the slowest first, at most REPORT_SLOWEST */
	size_t nr_slowest;
	struct report_full *not_well;	/* a ring of the last ones, at most REPORT_NOT_WELL */
	size_t nr_not_well;		/* of all */
	uint64_t steps[ZREC_NR_STEPS][REPORT_DECADES];
	uint64_t step_ns[ZREC_NR_STEPS];
	uint64_t timed;			/* those that have steps */
};

/* False: it was ignored or dropped, nobody tried to recover */
bool report_is_timed(unsigned int outcome);
/* Some hosts in it have names of their own */
bool report_many_hosts(const struct report *r);

/* A section each, from its heading on; 0 or -ENOMEM */
int report_put_summary(const struct html *h, const struct report *r,
		       const struct report_about *about);
int report_put_over_time(const struct html *h, const struct report *r);
int report_put_steps(const struct html *h, const struct report *r);
int report_put_latency(const struct html *h, const struct report *r);
int report_put_not_well(const struct html *h, const struct report *r);
int report_put_slowest(const struct html *h, const struct report *r);
int report_put_functions(const struct html *h, const struct report *r);
int report_put_policies(const struct html *h, const struct report *r);
int report_put_gaps(const struct html *h, const struct report *r);
int report_put_source(const struct html *h, const struct report *r,
		      const struct report_about *about);

/* A bar of a timeline: from and for how much of the whole, in thousandths */
void report_put_bar(const struct html *h, const char *css, uint64_t at, uint64_t ns,
		    uint64_t total, const char *title);

#endif /* ZREC_REPORT_INT_H */
