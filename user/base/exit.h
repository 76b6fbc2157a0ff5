/* SPDX-License-Identifier: GPL-2.0 */
/*
 * exit.h - how zrec ends
 */
#ifndef ZREC_EXIT_H
#define ZREC_EXIT_H

#include <errno.h>

/* Exit codes, the same for every command; zrec(8) documents them */
enum exit_code {
	EXIT_OK = 0,
	EXIT_USAGE = 1,		/* the command line is wrong; nothing was tried */
	EXIT_CONDITION = 2,	/* what the user asked about has happened */
	EXIT_DEGRADED = 3,	/* works, with less than the best tier */
	EXIT_PERMISSION = 4,
	EXIT_UNSUPPORTED = 5,	/* this kernel cannot */
	EXIT_REFUSED = 6,	/* policy refused */
	EXIT_FAILED = 7,	/* it went wrong, and no other code says how */
	EXIT_FIXABLE = 8,	/* the user can change what is in the way; the message says how */
};

/*
 * Below cmd/ everything is an errno. This one is for a policy that zrec, the
 * verifier or the kernel refuses, whatever errno the kernel has for that.
 */
#define EREFUSED EKEYREJECTED

/* The one way from a negative errno to an exit code */
int exit_code(int err);

#endif /* ZREC_EXIT_H */
