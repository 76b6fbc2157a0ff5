// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "cmd/history-cmd.h"

#define PARSE_FILTER(kind)								\
int history_opt_##kind(void *args, const char *value)					\
{											\
	return span_filter_add_##kind(&((struct history_opts *)args)->filter.span, value);	\
}

PARSE_FILTER(fid)
PARSE_FILTER(function)
PARSE_FILTER(driver)
PARSE_FILTER(pec)
PARSE_FILTER(policy)

int history_opt_outcome(void *args, const char *value)
{
	return span_parse_outcomes(&((struct history_opts *)args)->filter.span.outcomes, value);
}

int history_opt_host(void *args, const char *value)
{
	struct history_filter *f = &((struct history_opts *)args)->filter;
	char **host;

	if (!*value)
		return -EINVAL;
	host = array_add(&f->hosts, &f->nr_hosts, sizeof(*host));
	if (host)
		*host = strdup(value);
	return host && *host ? 0 : -ENOMEM;
}

int history_opt_since(void *args, const char *value)
{
	return when_parse(value, (int64_t)clock_ns(CLOCK_REALTIME),
			  &((struct history_opts *)args)->filter.since_ns);
}

int history_opt_until(void *args, const char *value)
{
	return when_parse(value, (int64_t)clock_ns(CLOCK_REALTIME),
			  &((struct history_opts *)args)->filter.until_ns);
}

void history_opts_release(void *args)
{
	struct history_filter *f = &((struct history_opts *)args)->filter;

	span_filter_free(&f->span);
	for (size_t i = 0; i < f->nr_hosts; i++)
		free(f->hosts[i]);
	free(f->hosts);
}
