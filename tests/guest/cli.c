// SPDX-License-Identifier: GPL-2.0
/* cli.c - what the command lines of the programs for the guest have in common */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned long cli_number(struct argp_state *state, const char *option, const char *arg,
			 unsigned long min, unsigned long max)
{
	unsigned long val;
	char *end;

	errno = 0;
	val = strtoul(arg, &end, 0);
	/* strtoul() takes a negative number for a large one */
	if (!*arg || strchr(arg, '-') || *end || errno || val < min || val > max)
		argp_error(state, "%s takes a number from %lu to %lu, not '%s'", option, min, max,
			   arg);
	return val;
}

void cli_argument(struct argp_state *state, const char *what, const char **where, const char *arg)
{
	if (state->arg_num)
		argp_error(state, "one %s only, please", what);
	*where = arg;
}

void cli_need_function(struct argp_state *state, const char *bdf)
{
	if (!bdf)
		argp_error(state, "which function? Give its address, such as 0001:00:00.0");
}

int cli_complain(const char *what, int ret)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(-ret));
	return ret;
}
