// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
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
