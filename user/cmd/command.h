/* SPDX-License-Identifier: GPL-2.0 */
/*
 * command.h - tables of commands: of zrec itself, and of commands that have some
 */
#ifndef ZREC_COMMAND_H
#define ZREC_COMMAND_H

#include <stddef.h>

struct command {
	const char *name;
	int (*run)(int argc, char **argv);	/* argv[0] is the full name; returns an exit code */
	const char *summary;
};

struct command_table {
	const char *name;		/* of the program or command whose they are */
	const char *doc;		/* what --help says first */
	const char *epilog;		/* and last */
	const struct command *commands;
	size_t nr;
};

/*
 * Parses "[-d] COMMAND [OPTION...]" of a table, runs the command with all that
 * follows its name, returns its exit code. A name may be cut to what only one
 * command begins with.
 */
int command_run(const struct command_table *table, int argc, char **argv);

#endif /* ZREC_COMMAND_H */
