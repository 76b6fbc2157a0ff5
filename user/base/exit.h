/* SPDX-License-Identifier: GPL-2.0 */
/*
 * exit.h - how zrec ends
 */
#ifndef ZREC_EXIT_H
#define ZREC_EXIT_H

/* Exit codes, the same for every command; zrec(8) documents them */
enum exit_code {
	EXIT_OK = 0,
	EXIT_USAGE = 1,
	EXIT_CONDITION = 2,	/* what the user asked to be told about happened */
	EXIT_DEGRADED = 3,	/* works, with less than the best tier */
	EXIT_PERMISSION = 4,
	EXIT_UNSUPPORTED = 5,	/* this kernel cannot */
	EXIT_REFUSED = 6,	/* policy refused */
};

/* The exit code for a negative errno of observe/observer.h */
int observer_exit_code(int err);

#endif /* ZREC_EXIT_H */
