/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fault.h - places where a test has zrec killed
 *
 * Only with the build option fault_points, which is for tests: the process
 * kills itself at the point that the environment variable ZREC_FAULT names.
 * Without it there is nothing of this in the program.
 */
#ifndef ZREC_FAULT_H
#define ZREC_FAULT_H

#ifdef ZREC_FAULT_POINTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static inline void fault_point(const char *name)
{
	const char *wanted = getenv("ZREC_FAULT");

	if (wanted && !strcmp(wanted, name))
		raise(SIGKILL);
}
#else
static inline void fault_point(const char *name)
{
	(void)name;
}
#endif

#endif /* ZREC_FAULT_H */
