// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "exporter/accept.h"

#define QUALITY_FULL	1000

/* A part of the header */
struct part {
	const char *at;
	size_t len;
};

static struct part trimmed(const char *at, const char *end)
{
	while (at < end && strchr(" \t", *at))
		at++;
	while (end > at && strchr(" \t", end[-1]))
		end--;
	return (struct part){ at, (size_t)(end - at) };
}

/* The text before the next @separator, which is skipped; false at the end */
static bool next_part(struct part *rest, char separator, struct part *ret)
{
	const char *end;

	if (!rest->at)
		return false;
	end = memchr(rest->at, separator, rest->len);
	if (!end) {
		*ret = trimmed(rest->at, rest->at + rest->len);
		rest->at = NULL;
		return true;
	}
	*ret = trimmed(rest->at, end);
	rest->len -= (size_t)(end + 1 - rest->at);
	rest->at = end + 1;
	return true;
}

static bool is(struct part part, const char *word)
{
	return part.len == strlen(word) && !strncasecmp(part.at, word, part.len);
}

/* "0.75" is 750; what is no such number does not count */
static int quality(struct part value)
{
	int q, unit = 100;

	if (!value.len || (value.at[0] != '0' && value.at[0] != '1'))
		return 0;
	q = (value.at[0] - '0') * QUALITY_FULL;
	if (value.len > 1 && value.at[1] != '.')
		return 0;
	for (size_t i = 2; i < value.len; i++, unit /= 10) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return 0;
		q += (value.at[i] - '0') * unit;
	}
	return q < QUALITY_FULL ? q : QUALITY_FULL;
}

/* How much one media range is wanted, and which it is */
static int range_quality(struct part range, struct part *type)
{
	struct part rest = range, parameter;
	int q = QUALITY_FULL;
	bool openmetrics;

	next_part(&rest, ';', type);
	openmetrics = is(*type, "application/openmetrics-text");
	while (next_part(&rest, ';', &parameter)) {
		const char *equals = memchr(parameter.at, '=', parameter.len);
		struct part name, value;

		if (!equals)
			continue;
		name = trimmed(parameter.at, equals);
		value = trimmed(equals + 1, parameter.at + parameter.len);
		if (is(name, "q"))
			q = quality(value);
		else if (is(name, "version") && openmetrics && !is(value, "1.0.0") &&
			 !is(value, "0.0.1"))
			return 0;
	}
	return q;
}

enum emit_format accept_choose(const char *accept)
{
	struct part rest = { accept, accept ? strlen(accept) : 0 }, range, type;
	int openmetrics = 0, text = 0;

	while (next_part(&rest, ',', &range)) {
		int q = range_quality(range, &type);

		if (is(type, "application/openmetrics-text") && q > openmetrics)
			openmetrics = q;
		else if (is(type, "text/plain") && q > text)
			text = q;
	}
	return openmetrics && openmetrics >= text ? EMIT_OPENMETRICS : EMIT_PROMETHEUS;
}
