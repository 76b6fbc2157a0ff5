/* SPDX-License-Identifier: GPL-2.0 */
/* cli.h - what the command lines of the programs for the guest have in common */
#ifndef GUEST_CLI_H
#define GUEST_CLI_H

#include <argp.h>

/* The value of an option, or the end of the program with a line about it */
unsigned long cli_number(struct argp_state *state, const char *option, const char *arg,
			 unsigned long min, unsigned long max);

/* The only argument, which is a "function" or so: ARGP_KEY_ARG and, if it is needed, _END */
void cli_argument(struct argp_state *state, const char *what, const char **where, const char *arg);
void cli_need_function(struct argp_state *state, const char *bdf);

/* Says what went wrong, and returns @ret, which is -errno */
int cli_complain(const char *what, int ret);

#endif /* GUEST_CLI_H */
