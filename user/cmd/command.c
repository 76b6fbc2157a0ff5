// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/command.h"
#include "base/log.h"

/* What comes before the name of the command, and where that is */
struct arguments {
	int command;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	(void)arg;
	switch (key) {
	case 'd':
		log_level = LOG_LEVEL_DEBUG;
		return 0;
	case ARGP_KEY_ARG:
		/* All that follows belongs to the command */
		args->command = state->next - 1;
		state->next = state->argc;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* An exact name, or the beginning of just one. NULL: said why not */
static const struct command *find(const struct command_table *table, const char *name)
{
	const struct command *found = NULL;

	for (size_t i = 0; i < table->nr; i++) {
		const struct command *command = &table->commands[i];

		if (!strcmp(command->name, name))
			return command;
		if (strncmp(command->name, name, strlen(name)))
			continue;
		if (found) {
			fprintf(stderr, "%s: '%s' could be %s or %s; see '%s --help'\n",
				table->name, name, found->name, command->name, table->name);
			return NULL;
		}
		found = command;
	}
	if (!found)
		fprintf(stderr, "%s: there is no command '%s'; see '%s --help'\n",
			table->name, name, table->name);
	return found;
}

static char *help_text(const struct command_table *table)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fprintf(f, "%s\vCommands, each with a --help of its own; any unambiguous beginning will do:\n",
		table->doc);
	for (size_t i = 0; i < table->nr; i++)
		fprintf(f, "  %-10s %s\n", table->commands[i].name, table->commands[i].summary);
	fprintf(f, "\n%s", table->epilog);
	fclose(f);
	return text;
}

static int run(const struct command_table *table, int argc, char **argv)
{
	const struct command *command = find(table, argv[0]);
	char name[64];

	if (!command)
		return EXIT_USAGE;
	/* Help and messages show it */
	snprintf(name, sizeof(name), "%s %s", table->name, command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

int command_run(const struct command_table *table, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "debug", 'd', NULL, 0, "Say what is done, in detail, on stderr", 0 },
		{ 0 }
	};
	char *text = help_text(table);
	const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "COMMAND [OPTION...]",
		.doc = text,
	};
	struct arguments args = { 0 };
	int ret = EXIT_USAGE;

	argv[0] = (char *)table->name;
	if (cli_parse(&argp, argc, argv, &args) < 0)
		goto out;
	if (!args.command) {
		fprintf(stderr, "%s: no command given; see '%s --help'\n", table->name, table->name);
		goto out;
	}
	ret = run(table, argc - args.command, argv + args.command);
out:
	free(text);
	return ret;
}
