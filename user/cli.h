/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cli.h - what all commands of zrec share on the command line
 */
#ifndef ZREC_CLI_H
#define ZREC_CLI_H

#include <argp.h>

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

/* Commands: argv[0] is the full name ("zrec watch"), returns an exit code */
int cmd_detach(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_latency(int argc, char **argv);
int cmd_policy(int argc, char **argv);
int cmd_watch(int argc, char **argv);

/*
 * argp_parse() for a command. --help and --version do their work and exit.
 * Wrong usage prints one line and returns -EINVAL; a parser that finds fault
 * with a value calls cli_usage_error() and returns what that returns.
 */
int cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/* Prints "zrec COMMAND: MESSAGE; see 'zrec COMMAND --help'" and returns EINVAL */
error_t cli_usage_error(const struct argp_state *state, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* ZREC_CLI_H */
