/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fixtures.h - recoveries that several tests show, match and export
 */
#ifndef FIXTURES_H
#define FIXTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "zrec.h"

/* begin_ns 5 s after boot, at 2026-11-21 14:03:22.123456789 UTC */
#define FIXTURE_CLOCK_OFFSET	1795269797123456789LL
#define FIXTURE_TAI_OFFSET	37000000000LL
#define FIXTURE_TAI(ns)		((ns) + FIXTURE_CLOCK_OFFSET + FIXTURE_TAI_OFFSET)

struct fixture {
	const char *name;
	void (*make)(struct zrec_span *s);	/* the one in a struct zrec_full_span */
};

extern const struct fixture fixtures[];
extern const size_t nr_fixtures;

/* The sum of all steps becomes the total, what is missing the step "other" */
void fixture_close(struct zrec_span *s, unsigned long long total_ns);

/*
 * Compare text with tests/unit/golden/NAME, or write it there if the
 * environment has ZREC_GOLDEN_UPDATE. Fails the running test if they differ.
 */
void assert_golden(const char *name, const char *text);
/* Of @text only what begins with @from, to the end of the next @to */
void assert_golden_part(const char *text, const char *from, const char *to, const char *name);

/* Run print with a stream, return all that it printed; free() it */
char *capture(void (*print)(FILE *f, const void *arg), const void *arg);

/* What differs from run to run in "meta", by name: host, version, time */
void mask_meta(char *text);

/* A directory under $TMPDIR for one test, and its end */
char *make_temp_dir(void);
void remove_temp_dir(char *dir);
/* Write a file below dir, with the directories that lead to it */
void put_file(const char *dir, const char *path, const char *text);
void put_link(const char *dir, const char *path, const char *target);

#endif /* FIXTURES_H */
