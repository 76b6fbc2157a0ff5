// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "cmd/history-cmd.h"
#include "serve/served.h"

#define PARSE_FILTER(kind)								\
int history_opt_##kind(void *args, const char *value)					\
{											\
	return span_filter_add_##kind(&((struct history_opts *)args)->filter.span, value);	\
}

PARSE_FILTER(fid)
PARSE_FILTER(driver)
PARSE_FILTER(pec)
PARSE_FILTER(policy)

/*
 * A node of /dev, as a path that means nothing else. Who has us ask for it may not learn
 * what else there is on this machine, and where links of his lead. -1: there is none
 */
static int open_node(const char *value)
{
	static const char dev[] = "/dev/";
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV,
	};
	int dir, fd;

	if (strncmp(value, dev, strlen(dev)))
		return -1;
	dir = open(dev, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, dir, value + strlen(dev), &how, sizeof(how));
	close(dir);
	return fd;
}

int history_opt_function(void *args, const char *value)
{
	struct span_filter *f = &((struct history_opts *)args)->filter.span;
	char path[32];
	int fd, err;

	if (value[0] != '/' || !getenv(SERVED_ENV))
		return span_filter_add_function(f, value);
	fd = open_node(value);
	if (fd < 0)
		return -ENODEV;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = span_filter_add_function(f, path);
	close(fd);
	return err ? -ENODEV : 0;
}

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
