// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* timegm() */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/when.h"

#define SECONDS_MAX	9000000000LL	/* in the year 2255; int64_t nanoseconds end in 2262 */

static const struct {
	const char *unit;
	uint32_t seconds;
} units[] = {
	{ "s", 1 }, { "sec", 1 }, { "second", 1 }, { "seconds", 1 },
	{ "m", 60 }, { "min", 60 }, { "minute", 60 }, { "minutes", 60 },
	{ "h", 3600 }, { "hr", 3600 }, { "hour", 3600 }, { "hours", 3600 },
	{ "d", 86400 }, { "day", 86400 }, { "days", 86400 },
	{ "w", 604800 }, { "week", 604800 }, { "weeks", 604800 },
};

/* 1 to @digits decimal digits, after which *s points; -1: there are none */
static int64_t take_number(const char **s, int digits)
{
	int64_t n = 0;

	if (!isdigit((unsigned char)**s))
		return -1;
	for (; digits && isdigit((unsigned char)**s); digits--)
		n = n * 10 + *(*s)++ - '0';
	return n;
}

/* ".5" is half a second; nothing is 0 */
static int64_t take_fraction(const char **s)
{
	int64_t ns = 0, unit = NSEC_PER_SEC / 10;

	if (**s != '.')
		return 0;
	if (!isdigit((unsigned char)*++*s))
		return -1;
	for (; isdigit((unsigned char)**s); (*s)++, unit /= 10)
		ns += (**s - '0') * unit;
	return ns;
}

static bool take_char(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

/* "1h 30min", nothing else; in seconds, or -1 */
static int64_t parse_span(const char *s, size_t len)
{
	const char *end = s + len;
	int64_t total = 0;

	do {
		int64_t n;
		size_t i = 0, letters = 0;

		n = take_number(&s, 10);
		if (n < 0 || s > end)
			return -1;
		while (s < end && *s == ' ')
			s++;
		while (s + letters < end && isalpha((unsigned char)s[letters]))
			letters++;
		while (i < ARRAY_SIZE(units) && (strlen(units[i].unit) != letters ||
						 strncmp(units[i].unit, s, letters)))
			i++;
		if (i == ARRAY_SIZE(units))
			return -1;
		total += n * units[i].seconds;
		if (total > SECONDS_MAX)
			return -1;
		s += letters;
		while (s < end && *s == ' ')
			s++;
	} while (s < end);
	return total;
}

static bool is_ago(const char *s)
{
	size_t len = strlen(s);

	return len > 4 && !strcmp(s + len - 4, " ago");
}

/* -2h, +5m, 2h ago */
static int parse_relative(const char *s, int64_t now_ns, int64_t *ret_ns)
{
	size_t len = strlen(s);
	int64_t seconds;
	bool ago = is_ago(s);

	if (!ago && *s != '-' && *s != '+')
		return -EINVAL;
	seconds = ago ? parse_span(s, len - 4) : parse_span(s + 1, len - 1);
	if (seconds < 0 || (*s == '+' && seconds > SECONDS_MAX - now_ns / NSEC_PER_SEC))
		return -EINVAL;
	*ret_ns = now_ns + (*s == '+' ? seconds : -seconds) * NSEC_PER_SEC;
	return 0;
}

static int parse_unix(const char *s, int64_t *ret_ns)
{
	int64_t seconds, ns;

	s++;
	seconds = take_number(&s, 10);
	ns = take_fraction(&s);
	if (seconds < 0 || seconds > SECONDS_MAX || ns < 0 || *s)
		return -EINVAL;
	*ret_ns = seconds * NSEC_PER_SEC + ns;
	return 0;
}

/* The moment of a calendar, if there is one: no 30th of February, no hour that summer time skips */
static int of_calendar(const struct tm *wanted, bool utc, int64_t ns, int64_t *ret_ns)
{
	struct tm tm = *wanted;
	time_t t;

	tm.tm_isdst = -1;
	t = utc ? timegm(&tm) : mktime(&tm);
	if (tm.tm_year != wanted->tm_year || tm.tm_mon != wanted->tm_mon ||
	    tm.tm_mday != wanted->tm_mday || tm.tm_hour != wanted->tm_hour ||
	    tm.tm_min != wanted->tm_min || tm.tm_sec != wanted->tm_sec)
		return -EINVAL;
	if (t < 0 || t > SECONDS_MAX)
		return -EINVAL;
	*ret_ns = t * NSEC_PER_SEC + ns;
	return 0;
}

static int parse_word(const char *s, int64_t now_ns, int64_t *ret_ns)
{
	static const struct {
		const char *word;
		int days;
	} words[] = { { "yesterday", -1 }, { "today", 0 }, { "tomorrow", 1 } };
	time_t now = now_ns / NSEC_PER_SEC;
	struct tm tm;

	if (!strcmp(s, "now")) {
		*ret_ns = now_ns;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(s, words[i].word) || !localtime_r(&now, &tm))
			continue;
		tm.tm_mday += words[i].days;
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
		tm.tm_isdst = -1;
		*ret_ns = mktime(&tm) * NSEC_PER_SEC;
		return 0;
	}
	return -EINVAL;
}

/* "2026-11-25", leaving *s behind it */
static bool take_date(const char **s, struct tm *tm)
{
	int64_t year = take_number(s, 4), month, day;

	if (year < 1970 || !take_char(s, '-'))
		return false;
	month = take_number(s, 2);
	if (month < 0 || !take_char(s, '-'))
		return false;
	day = take_number(s, 2);
	tm->tm_year = (int)year - 1900;
	tm->tm_mon = (int)month - 1;
	tm->tm_mday = (int)day;
	return day >= 0;
}

/* "10:00", "10:00:30", "10:00:30.5" */
static bool take_time(const char **s, struct tm *tm, int64_t *ns)
{
	int64_t hour = take_number(s, 2), minute, second = 0;

	if (hour < 0 || !take_char(s, ':'))
		return false;
	minute = take_number(s, 2);
	if (take_char(s, ':')) {
		second = take_number(s, 2);
		*ns = take_fraction(s);
	}
	tm->tm_hour = (int)hour;
	tm->tm_min = (int)minute;
	tm->tm_sec = (int)second;
	return minute >= 0 && second >= 0 && *ns >= 0;
}

/* After all else: true if the whole of it is understood */
static bool take_zone(const char *s, bool *utc)
{
	*utc = !strcmp(s, "Z") || !strcmp(s, " UTC");
	return *utc || !*s;
}

static int parse_calendar(const char *s, int64_t now_ns, int64_t *ret_ns)
{
	bool utc, dated = s[strspn(s, "0123456789")] == '-', timed = !dated;
	time_t now = now_ns / NSEC_PER_SEC;
	struct tm tm = { 0 }, today;
	int64_t ns = 0;

	if (dated) {
		if (!take_date(&s, &tm))
			return -EINVAL;
		timed = (*s == ' ' || *s == 'T') && isdigit((unsigned char)s[1]);
		s += timed;
	}
	if ((timed && !take_time(&s, &tm, &ns)) || !take_zone(s, &utc))
		return -EINVAL;
	if (!dated) {
		if (!(utc ? gmtime_r(&now, &today) : localtime_r(&now, &today)))
			return -EINVAL;
		tm.tm_year = today.tm_year;
		tm.tm_mon = today.tm_mon;
		tm.tm_mday = today.tm_mday;
	}
	return of_calendar(&tm, utc, ns, ret_ns);
}

int when_parse(const char *s, int64_t now_ns, int64_t *ret_ns)
{
	int64_t ns = 0;
	int err;

	if (*s == '@')
		err = parse_unix(s, &ns);
	else if (isdigit((unsigned char)*s) && !is_ago(s))
		err = parse_calendar(s, now_ns, &ns);
	else if (isdigit((unsigned char)*s) || *s == '-' || *s == '+')
		err = parse_relative(s, now_ns, &ns);
	else
		err = parse_word(s, now_ns, &ns);
	if (err || ns < 0)
		return -EINVAL;
	/* 0 is no bound to who filters */
	*ret_ns = ns ? ns : 1;
	return 0;
}
