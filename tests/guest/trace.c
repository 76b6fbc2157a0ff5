// SPDX-License-Identifier: GPL-2.0
/* trace.c - the tracepoints of the series, in a trace instance of one's own */
#include "trace.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fn.h"

#define TRACEFS		"/sys/kernel/tracing"

/* Events of the series by name; a kernel without them is an error */
static int enable(const struct trace *tr, const char *events)
{
	char pattern[256];
	int ret = 0;
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s/events/%s/enable", tr->dir, events);
	if (glob(pattern, 0, NULL, &g))
		return -ENOENT;
	for (size_t i = 0; !ret && i < g.gl_pathc; i++)
		ret = file_write(g.gl_pathv[i], "1");
	globfree(&g);
	return ret;
}

int trace_start(struct trace *tr)
{
	int ret;

	if (access(TRACEFS "/events", F_OK) &&
	    mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		return -errno;
	snprintf(tr->dir, sizeof(tr->dir), TRACEFS "/instances/guest-%d", getpid());
	if (mkdir(tr->dir, 0700))
		return -errno;
	ret = enable(tr, "s390/s390_zpci_*");
	return ret ? ret : enable(tr, "vfio_pci/*");
}

void trace_stop(struct trace *tr)
{
	rmdir(tr->dir);
}

int trace_last(const struct trace *tr, const char *event, const char *has,
	       char *line, size_t len)
{
	char path[192], text[1024], tag[80];
	int ret = -ENOENT;
	FILE *f;

	snprintf(tag, sizeof(tag), " %s: ", event);
	snprintf(path, sizeof(path), "%s/trace", tr->dir);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (fgets(text, sizeof(text), f)) {
		if (text[0] == '#' || !strstr(text, tag) || (has && !strstr(text, has)))
			continue;
		text[strcspn(text, "\n")] = '\0';
		snprintf(line, len, "%s", strstr(text, tag) + strlen(tag));
		ret = 0;
	}
	fclose(f);
	return ret;
}

void trace_value(const char *line, const char *key, char *word, size_t len)
{
	size_t klen = strlen(key);
	const char *p = line;

	word[0] = '\0';
	for (; (p = strstr(p, key)); p += klen) {
		if ((p != line && p[-1] != ' ') || p[klen] != '=')
			continue;
		snprintf(word, len, "%.*s", (int)strcspn(p + klen + 1, " ,"), p + klen + 1);
		return;
	}
}
