// SPDX-License-Identifier: GPL-2.0
/* Time spans as systemd.time(7) writes them, in whole seconds */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "rules/time.h"

#define NS	1000000000ull
#define DAY	86400ull

static const struct {
	const char *unit;
	uint32_t seconds;
} units[] = {
	{ "s", 1 }, { "sec", 1 }, { "second", 1 }, { "seconds", 1 },
	{ "m", 60 }, { "min", 60 }, { "minute", 60 }, { "minutes", 60 },
	{ "h", 3600 }, { "hr", 3600 }, { "hour", 3600 }, { "hours", 3600 },
	{ "d", 86400 }, { "day", 86400 }, { "days", 86400 },
};

static uint32_t unit_seconds(const char *s, size_t len)
{
	if (!len)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].unit) == len && !strncmp(units[i].unit, s, len))
			return units[i].seconds;
	return 0;
}

int rules_parse_span(const char *s, uint64_t *ret_ns)
{
	uint64_t total = 0;

	do {
		uint64_t n = 0;
		size_t len = 0;
		uint32_t seconds;

		s += strspn(s, " \t");
		if (!isdigit((unsigned char)*s))
			return -EINVAL;
		for (; isdigit((unsigned char)*s); s++)
			n = n > DAY ? n : n * 10 + (uint64_t)(*s - '0');
		s += strspn(s, " \t");
		while (isalpha((unsigned char)s[len]))
			len++;
		seconds = unit_seconds(s, len);
		if (!seconds)
			return -EINVAL;
		s += len + strspn(s + len, " \t");
		/* "1 0m" is a slip of the finger, not a second */
		if (!len && *s)
			return -EINVAL;
		total += n * seconds;
		if (total > DAY)
			return -ERANGE;
	} while (*s);
	*ret_ns = total * NS;
	return 0;
}

const char *rules_format_span(uint64_t ns, char *buf, size_t len)
{
	uint64_t s = ns / NS;
	char unit = 's';

	if (s && s % 3600 == 0) {
		s /= 3600;
		unit = 'h';
	} else if (s && s % 60 == 0) {
		s /= 60;
		unit = 'm';
	}
	snprintf(buf, len, "%llu%c", (unsigned long long)s, unit);
	return buf;
}
