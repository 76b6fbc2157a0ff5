// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* timegm() */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>

#include "base/clock.h"

uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

int64_t clock_tai_offset_ns(void)
{
	struct timex tx = { 0 };

	return adjtimex(&tx) < 0 ? 0 : tx.tai * NSEC_PER_SEC;
}

int64_t clock_of_monotonic(uint64_t monotonic_ns)
{
	return (int64_t)(monotonic_ns + clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC));
}

const char *clock_local(int64_t wall_ns, char buf[CLOCK_TEXT_LEN])
{
	time_t t = (time_t)(wall_ns / NSEC_PER_SEC);
	char when[32] = "?";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(when, sizeof(when), "%b %d %H:%M:%S", &tm);
	snprintf(buf, CLOCK_TEXT_LEN, "%s.%03d", when,
		 (int)(wall_ns % NSEC_PER_SEC / NSEC_PER_MSEC));
	return buf;
}

const char *clock_local_year(int64_t wall_ns, int this_year, char buf[CLOCK_TEXT_LEN])
{
	time_t t = (time_t)(wall_ns / NSEC_PER_SEC);
	struct tm tm;

	if (!localtime_r(&t, &tm) || tm.tm_year + 1900 == this_year)
		return clock_local(wall_ns, buf);
	strftime(buf, CLOCK_TEXT_LEN, "%Y-%m-%d %H:%M:%S", &tm);
	return buf;
}

int clock_this_year(void)
{
	time_t now = time(NULL);
	struct tm tm;

	return localtime_r(&now, &tm) ? tm.tm_year + 1900 : 0;
}

const char *clock_utc(int64_t wall_ns, char buf[CLOCK_TEXT_LEN])
{
	time_t t = (time_t)(wall_ns / NSEC_PER_SEC);
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf, CLOCK_TEXT_LEN, "%s.%09lldZ", when, (long long)(wall_ns % NSEC_PER_SEC));
	return buf;
}

int clock_parse_utc(const char *s, int64_t *ret_ns)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddddddddZ";
	struct tm tm = { 0 }, again;
	long nsec;
	time_t t;

	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)s[i]) : s[i] != form[i])
			return -EINVAL;
	sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d.%9ld", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
	       &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &nsec);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	again = tm;
	t = timegm(&again);
	/* timegm() makes the first of March of a 30th of February */
	if (again.tm_mon != tm.tm_mon || again.tm_mday != tm.tm_mday ||
	    again.tm_hour != tm.tm_hour || again.tm_min != tm.tm_min || again.tm_sec != tm.tm_sec ||
	    t < 0 || t >= INT64_MAX / NSEC_PER_SEC)
		return -EINVAL;
	*ret_ns = t * NSEC_PER_SEC + nsec;
	return 0;
}
