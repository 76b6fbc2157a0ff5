// SPDX-License-Identifier: GPL-2.0
/* Tables of commands: of zrec itself, and of commands that have some */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/problems.h"
#include "serve/served.h"

#define NAME_LEN	64	/* of "zrec policy apply" */

const struct command cmd_help = {
	.name = "help",
	.summary = "what a command does, and its options",
	.doc = "Show what a command does and its options, as --help after it does.",
};

const struct command *command_find(const struct command *parent, const char *name,
				   const struct command *ambiguous[2])
{
	const struct command *found = NULL;

	ambiguous[0] = NULL;
	/* Every name begins so */
	if (!*name)
		return NULL;
	for (const struct command *const *c = parent->commands; *c; c++) {
		if (!strcmp((*c)->name, name))
			return *c;
		if (strncmp((*c)->name, name, strlen(name)))
			continue;
		if (found && !ambiguous[0]) {
			ambiguous[0] = found;
			ambiguous[1] = *c;
		}
		found = *c;
	}
	return ambiguous[0] ? NULL : found;
}

/* Appends the name of the command to that of its parent. NULL: said why not */
static const struct command *find(const struct command *parent, const char *wanted,
				  char name[NAME_LEN])
{
	const struct command *ambiguous[2];
	const struct command *found = command_find(parent, wanted, ambiguous);
	size_t len = strlen(name);

	if (found)
		snprintf(name + len, NAME_LEN - len, " %s", found->name);
	else if (ambiguous[0])
		cli_usage_error(name, "'%s' could be %s or %s", text_cut(wanted), ambiguous[0]->name,
				ambiguous[1]->name);
	else
		cli_usage_error(name, "there is no command '%s'", text_cut(wanted));
	return found;
}

/* "help", "help policy", "help policy apply"; options may come before each word */
static int help(const struct command *command, const char *parent, int argc, char **argv)
{
	struct command own = cmd_help;
	char name[NAME_LEN], self[NAME_LEN + sizeof(" help")];
	int ret, rest;

	snprintf(name, sizeof(name), "%s", parent);
	snprintf(self, sizeof(self), "%s %s", parent, own.name);
	/* Those of the parent, so that parsing stops at their names */
	own.commands = command->commands;
	for (;;) {
		argv[0] = self;
		ret = cli_parse(&own, argc, argv, NULL, &rest);
		if (ret != CLI_GO_ON)
			return ret;
		if (rest == argc)
			return command == &cmd_help ? cli_help(&own, self) : cli_help(command, name);
		if (!command->commands)
			return cli_usage_error(name, "it has no command '%s'", text_cut(argv[rest]));
		command = find(command, argv[rest], name);
		if (!command)
			return EXIT_USAGE;
		argc -= rest;
		argv += rest;
	}
}

/* The format that was asked for, of a command that has several */
static enum output_format format_of(const struct command *command, const void *args)
{
	for (const struct cli_option *o = command->options; o && o->name; o++)
		if (o->words == output_formats || o->words == output_formats_csv)
			return *(const enum output_format *)((const char *)args + o->offset);
	return OUTPUT_TEXT;
}

/* Every negative errno ends here */
static int run_one(const struct command *command, void *args)
{
	enum output_format format = format_of(command, args);
	struct problems_said said;
	int ret;

	if (format == OUTPUT_TEXT || format == OUTPUT_CSV) {
		ret = command->run(args);
		return ret < 0 ? exit_code(ret) : ret;
	}
	ret = problems_begin(&said);
	return ret ? exit_code(ret) : problems_end(&said, format, command->run(args));
}

/* For somebody who may not do what we may, only what is meant for that */
static int run_where_it_belongs(const struct command *command, const char *name, void *args)
{
	int ret = command->elsewhere ? command->elsewhere(args) : -ENOENT;

	if (ret >= 0)
		return ret;
	if (getenv(SERVED_ENV) && !command->elsewhere) {
		log_error("%s cannot be run for others", name);
		return EXIT_PERMISSION;
	}
	return run_one(command, args);
}

static int run(const struct command *command, char *name, int argc, char **argv)
{
	const struct command *child;
	char parent[NAME_LEN];
	void *args = calloc(1, command->size + 1);
	int ret, rest;

	if (!args) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	argv[0] = name;
	ret = cli_parse(command, argc, argv, args, &rest);
	if (ret == CLI_GO_ON && command->run && rest == argc)
		ret = run_where_it_belongs(command, name, args);
	if (command->release)
		command->release(args);
	free(args);
	if (ret != CLI_GO_ON)
		return ret;
	if (rest == argc)
		return cli_usage_error(name, "no command given");
	snprintf(parent, sizeof(parent), "%s", name);
	child = find(command, argv[rest], name);
	if (!child)
		return EXIT_USAGE;
	if (child == &cmd_help)
		return help(command, parent, argc - rest, argv + rest);
	return run(child, name, argc - rest, argv + rest);
}

int command_run(const struct command *command, int argc, char **argv)
{
	char name[NAME_LEN];

	snprintf(name, sizeof(name), "%s", command->name);
	if (argc > 1 && !strcmp(argv[1], "--complete"))
		return command_complete(command, argc - 2, argv + 2);
	return run(command, name, argc, argv);
}
