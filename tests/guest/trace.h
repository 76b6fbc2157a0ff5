/* SPDX-License-Identifier: GPL-2.0 */
/* trace.h - the tracepoints of the series, in a trace instance of one's own */
#ifndef GUEST_TRACE_H
#define GUEST_TRACE_H

#include <stddef.h>

struct trace {
	char dir[128];
};

/* Starts recording s390_zpci_* and vfio_pci_*: 0 or -errno */
int trace_start(struct trace *tr);
void trace_stop(struct trace *tr);

/*
 * The last recorded line of an event, for which @has (NULL: anything) is part
 * of the line: 0, -ENOENT or -errno.
 */
int trace_last(const struct trace *tr, const char *event, const char *has,
	       char *line, size_t len);

/* Value of "key=word" in such a line, "" if there is none */
void trace_value(const char *line, const char *key, char *word, size_t len);

#endif /* GUEST_TRACE_H */
