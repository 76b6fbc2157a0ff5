/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fault.h - places where a test has zrec killed, or a call fail
 *
 * Only with the build option fault_points, which is for tests. The environment
 * variable ZREC_FAULT names a point at which the process kills itself, or is
 * NAME:N:ERRNO, and the N-th call of this name fails. Without the option there is
 * nothing of this in the program.
 */
#ifndef ZREC_FAULT_H
#define ZREC_FAULT_H

#ifdef ZREC_FAULT_POINTS
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void fault_point(const char *name)
{
	const char *wanted = getenv("ZREC_FAULT");

	if (wanted && !strcmp(wanted, name))
		raise(SIGKILL);
}

/* 0, or the negative errno to fail with. Says so: without that line a test has tried all calls */
static inline int fault_error(const char *name)
{
	const char *wanted = getenv("ZREC_FAULT");
	size_t len = strlen(name);
	static int calls;
	int n, error;

	if (!wanted || strncmp(wanted, name, len) ||
	    sscanf(wanted + len, ":%d:%d", &n, &error) != 2 || ++calls != n)
		return 0;
	fprintf(stderr, "fault: %s at call %d\n", name, n);
	return -error;
}
#else
static inline void fault_point(const char *name)
{
	(void)name;
}

static inline int fault_error(const char *name)
{
	(void)name;
	return 0;
}
#endif

#endif /* ZREC_FAULT_H */
