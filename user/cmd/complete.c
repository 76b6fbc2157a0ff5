// SPDX-License-Identifier: GPL-2.0
/* What can come next on a command line, for the completions of the shells */
#include <stdlib.h>
#include <string.h>

#include "cmd/command.h"

struct line {
	const struct command *command;		/* the last one named */
	const struct cli_option *option;	/* whose value comes next; NULL: none's */
	size_t arguments;			/* of the command, given so far */
	bool only_arguments;			/* after "--" */
	bool help;				/* "help": only names of commands follow */
};

static void offer(const char *word, const char *help, const char *typed)
{
	if (!strncmp(word, typed, strlen(typed)))
		printf("%s\t%s\n", word, help);
}

/* @before stands before the value in the same word: "--format=" */
static void offer_values(const struct cli_option *option, const char *before, const char *typed)
{
	char *text = NULL, *line, *rest;
	size_t len;
	FILE *f;

	for (size_t i = 0; option->words && option->words[i]; i++)
		if (!strncmp(option->words[i], typed, strlen(typed)))
			printf("%s%s\t\n", before, option->words[i]);
	if (!option->complete)
		return;
	f = open_memstream(&text, &len);
	if (!f)
		return;
	option->complete(f);
	fclose(f);
	for (rest = text; (line = strsep(&rest, "\n"));)
		if (*line && (!strcmp(line, CLI_FILES) || !strncmp(line, typed, strlen(typed))))
			printf("%s%s\n", strcmp(line, CLI_FILES) ? before : "", line);
	free(text);
}

static void offer_options(const struct command *command, const char *typed)
{
	const struct cli_option *option;
	char word[64];

	for (size_t i = 0; (option = cli_option(command, i)); i++) {
		snprintf(word, sizeof(word), "--%s", option->name);
		offer(word, option->help, typed);
	}
}

/* -x, or several in one word; the last may lack its value */
static void pass_letters(struct line *l, const char *word)
{
	for (const char *c = word + 1; *c; c++) {
		const struct cli_option *option = cli_find_letter(l->command, *c);

		if (option && option->arg) {
			l->option = c[1] ? NULL : option;
			return;
		}
	}
}

static void pass_name(struct line *l, const char *word)
{
	const struct cli_option *ambiguous[2];
	const struct cli_option *option = cli_find_name(l->command, word, ambiguous);

	if (option && option->arg && !strchr(word, '='))
		l->option = option;
}

/* False if nothing can be known of what comes after this word */
static bool pass(struct line *l, const char *word)
{
	const struct command *ambiguous[2], *command;

	if (l->option) {
		l->option = NULL;
	} else if (!l->only_arguments && !strcmp(word, "--")) {
		l->only_arguments = true;
	} else if (!l->only_arguments && !strncmp(word, "--", 2)) {
		pass_name(l, word);
	} else if (!l->only_arguments && word[0] == '-' && word[1]) {
		pass_letters(l, word);
	} else if (l->command->commands) {
		command = command_find(l->command, word, ambiguous);
		if (command == &cmd_help)
			l->help = true;
		else
			l->command = command;
		return command;
	} else {
		l->arguments++;
	}
	return true;
}

static void offer_next(const struct line *l, const char *typed)
{
	const struct cli_option *argument = cli_argument(l->command, l->arguments);
	const struct cli_option *option, *ambiguous[2];
	const char *equals = strchr(typed, '=');
	char before[64];

	if (l->option) {
		offer_values(l->option, "", typed);
	} else if (!l->help && !strncmp(typed, "--", 2) && equals) {
		option = cli_find_name(l->command, typed, ambiguous);
		snprintf(before, sizeof(before), "%.*s", (int)(equals + 1 - typed), typed);
		if (option)
			offer_values(option, before, equals + 1);
	} else if (l->command->commands && *typed != '-') {
		for (const struct command *const *c = l->command->commands; *c; c++)
			offer((*c)->name, (*c)->summary, typed);
	} else if (l->help) {
		if (*typed == '-')
			offer_options(&cmd_help, typed);
	} else if (argument && (*typed != '-' || l->only_arguments)) {
		offer_values(argument, "", typed);
	} else if (!l->only_arguments) {
		offer_options(l->command, typed);
	}
}

int command_complete(const struct command *root, int argc, char **argv)
{
	struct line l = { .command = root };

	for (int i = 0; i < argc - 1; i++)
		if (!pass(&l, argv[i]))
			return EXIT_OK;
	offer_next(&l, argc > 0 ? argv[argc - 1] : "");
	return output_exit_code(output_flush(stdout), EXIT_OK);
}
