/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cli.h - what all commands of zrec share on the command line
 */
#ifndef ZREC_CLI_H
#define ZREC_CLI_H

#include <argp.h>

#include "base/exit.h"
#include "base/output.h"

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

/* --format, for the options of a command and for its parser, at CLI_FORMAT_KEY */
#define CLI_FORMAT_KEY	'f'
#define CLI_FORMAT_OPTION \
	{ "format", CLI_FORMAT_KEY, "FORMAT", 0, "text (the default), json or jsonl", 0 }
error_t cli_parse_format(enum output_format *ret, const char *arg, const struct argp_state *state);

/* The options and the parser of a command that has no other; its input is the format */
extern const struct argp_option cli_format_options[];
error_t cli_parse_only_format(int key, char *arg, struct argp_state *state);

/* Prints "zrec COMMAND: MESSAGE; see 'zrec COMMAND --help'" and returns EINVAL */
error_t cli_usage_error(const struct argp_state *state, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The exit code for a negative errno of observe/observer.h */
int observer_exit_code(int err);

#endif /* ZREC_CLI_H */
