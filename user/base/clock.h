/* SPDX-License-Identifier: GPL-2.0 */
/*
 * clock.h - the kernel's clocks, and moments as people write them
 *
 * Durations are differences of CLOCK_MONOTONIC. A moment is kept as CLOCK_TAI, which
 * a BPF program can read: setting the time moves it like the wall clock, so a record
 * keeps the wall clock of its own moment, whatever is set afterwards. The TAI offset
 * is 0 or the leap seconds so far, and changes when a time daemon sets it.
 */
#ifndef ZREC_CLOCK_H
#define ZREC_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NSEC_PER_SEC	1000000000LL
#define NSEC_PER_MSEC	1000000LL

uint64_t clock_ns(clockid_t clock);

/* CLOCK_TAI minus CLOCK_REALTIME, now */
int64_t clock_tai_offset_ns(void);

/*
 * CLOCK_REALTIME of a moment of CLOCK_MONOTONIC, if nobody has set the time since. For
 * values that the kernel reports without another clock.
 */
int64_t clock_of_monotonic(uint64_t monotonic_ns);

#define CLOCK_TEXT_LEN	48

/* "Nov 21 02:24:55.753" in local time; "2026-11-21T02:24:55.753123456Z" */
const char *clock_local(int64_t wall_ns, char buf[CLOCK_TEXT_LEN]);
/* In as many columns, with the year if it is not @this_year: "2025-11-21 02:24:55" */
const char *clock_local_year(int64_t wall_ns, int this_year, char buf[CLOCK_TEXT_LEN]);
/* 2026, in local time */
int clock_this_year(void);
const char *clock_utc(int64_t wall_ns, char buf[CLOCK_TEXT_LEN]);
/* The way back: exactly this form, from 1970 on; 0 or -EINVAL */
int clock_parse_utc(const char *s, int64_t *ret_ns);

#endif /* ZREC_CLOCK_H */
