/* SPDX-License-Identifier: GPL-2.0 */
/*
 * parts.h - what pages of all kinds are made of
 */
#ifndef ZREC_REPORT_PARTS_H
#define ZREC_REPORT_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "report/html.h"

/* --- words --- */

/* "2026-11-21 02:24:55 UTC" */
const char *report_time(int64_t wall_ns, char buf[CLOCK_TEXT_LEN]);
/* "12,345" */
#define REPORT_COUNT_LEN	32
const char *report_count(uint64_t n, char buf[REPORT_COUNT_LEN]);
#define report_count_text(n)	report_count(n, (char[REPORT_COUNT_LEN]){ 0 })
/* "translation_protection", or the number */
#define REPORT_PEC_LEN		48
const char *report_pec(unsigned int pec, char buf[REPORT_PEC_LEN]);
/* The class of what is coloured by an outcome: "recovered", ... "unknown" */
const char *report_outcome_class(unsigned int outcome);

/* --- the frame --- */

/* From the doctype to where sections begin, and from where they end */
void report_page_begin(const struct html *h, const char *title);
void report_page_end(const struct html *h);

/*
 * A table that scrolls by itself where it has no room; @name is for who hears the page, and
 * no two tables have the same. @heads ends with NULL; "" in it is left out, and "#count" is
 * the head of numbers, whose cells have the class "num".
 */
void report_table_begin(const struct html *h, const char *css, const char *name,
			const char *caption, const char *const heads[]);
void report_table_end(const struct html *h);
/* The same in two, for a head that is no text */
void report_table_heads(const struct html *h, const char *css, const char *name,
			const char *caption, const char *const heads[]);
void report_table_body(const struct html *h);

/* "from <time> to <time>", or "at <time>" if they are the same, as texts */
void report_put_period(const struct html *h, const char *from, const char *to);

/* What was asked for of a recording, as entries of a list of facts; 0: no bound */
void report_put_filters(const struct html *h, int64_t since_ns, int64_t until_ns, bool filtered);

/* How many are not shown, if any: "3 older gaps are in the recording." */
void report_put_more(const struct html *h, uint64_t all, uint64_t shown, const char *what);

#endif /* ZREC_REPORT_PARTS_H */
