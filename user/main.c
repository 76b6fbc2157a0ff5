// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "log.h"
#include "output.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

static const struct command commands[] = {
	{ "doctor", cmd_doctor, "what will work on this machine, and why not" },
	{ "watch", cmd_watch, "recoveries as they happen" },
	{ "latency", cmd_latency, "where the time of recoveries went" },
	{ "detach", cmd_detach, "end the observation, remove all of it from the kernel" },
};

#define NR_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

/* What comes before the name of the command, and where that is */
struct main_args {
	int command;
};

static error_t parse_main(int key, char *arg, struct argp_state *state)
{
	struct main_args *args = state->input;

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
static const struct command *find_command(const char *name)
{
	const struct command *found = NULL;

	for (size_t i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
		if (strncmp(commands[i].name, name, strlen(name)))
			continue;
		if (found) {
			fprintf(stderr, "zrec: '%s' could be %s or %s; see 'zrec --help'\n",
				name, found->name, commands[i].name);
			return NULL;
		}
		found = &commands[i];
	}
	if (!found)
		fprintf(stderr, "zrec: there is no command '%s'; see 'zrec --help'\n", name);
	return found;
}

static char *help_text(void)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fputs("Watch PCI error recovery on IBM Z and show where its time goes.\v"
	      "Commands, each with a --help of its own; any unambiguous beginning will do:\n", f);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(f, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\nSee zrec(8) for exit codes and files.", f);
	fclose(f);
	return text;
}

static int run_command(int argc, char **argv)
{
	const struct command *command = find_command(argv[0]);
	char name[64];

	if (!command)
		return EXIT_USAGE;
	/* Help and messages show it */
	snprintf(name, sizeof(name), "zrec %s", command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "debug", 'd', NULL, 0, "Say what is done, in detail, on stderr", 0 },
		{ 0 }
	};
	char *text = help_text();
	const struct argp argp = {
		.options = options,
		.parser = parse_main,
		.args_doc = "COMMAND [OPTION...]",
		.doc = text,
	};
	struct main_args args = { 0 };
	int ret = EXIT_USAGE;

	argv[0] = (char *)"zrec";
	output_ignore_sigpipe();
	log_capture_libbpf();
	if (cli_parse(&argp, argc, argv, &args) < 0)
		goto out;
	if (!args.command) {
		fputs("zrec: no command given; see 'zrec --help'\n", stderr);
		goto out;
	}
	ret = run_command(argc - args.command, argv + args.command);
out:
	free(text);
	return ret;
}
