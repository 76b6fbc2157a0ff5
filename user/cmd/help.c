// SPDX-License-Identifier: GPL-2.0
/* What --help prints */
#include <string.h>

#include "cmd/command.h"

#define OPTION_COLUMN	30
#define MAX_WIDTH	100
#define MIN_WIDTH	40
#define NARROW		60	/* below that, what an option does is on lines of its own */
#define NARROW_COLUMN	6

/* @text in lines of at most @width columns, all but the first from @indent on; it begins at @column */
static void wrap(const char *text, size_t column, size_t indent, size_t width)
{
	while (*text) {
		size_t len = strcspn(text, " ");

		if (column > indent && column + len > width) {
			printf("\n%*s", (int)indent, "");
			column = indent;
		}
		printf("%.*s", (int)len, text);
		text += len;
		column += len;
		if (*text == ' ') {
			text++;
			if (column + 1 + strcspn(text, " ") <= width)
				putchar(' ');
			column++;
		}
	}
	putchar('\n');
}

static void print_usage(const struct command *command, const char *name)
{
	printf("Usage: %s [OPTION...]%s", name, !command->commands ? "" :
	       command->run ? " [COMMAND ...]" : " COMMAND ...");
	for (const struct cli_option *a = command->arguments; a && a->arg; a++)
		printf(a->required ? " %s%s" : " [%s%s]", a->arg, a->more ? "..." : "");
	puts("\n");
}

static void print_option(const struct cli_option *option, size_t width)
{
	char text[64];
	int column = width < NARROW ? NARROW_COLUMN : OPTION_COLUMN;
	int len = snprintf(text, sizeof(text), "  %c%c%s --%s%s%s",
			   option->letter ? '-' : ' ', option->letter ? option->letter : ' ',
			   option->letter ? "," : " ", option->name,
			   option->arg ? "=" : "", option->arg ? option->arg : "");

	if (len >= column)
		printf("%s\n%*s", text, column, "");
	else
		printf("%-*s", column, text);
	wrap(option->help, (size_t)column, (size_t)column, width);
}

static void print_commands(const struct command *command)
{
	puts("\nCommands, each with a --help of its own; any unambiguous beginning will do:");
	for (const struct command *const *c = command->commands; *c; c++)
		printf("  %-10s %s\n", (*c)->name, (*c)->summary);
}

int cli_help(const struct command *command, const char *name)
{
	size_t width = (size_t)output_width(stdout);
	const struct cli_option *option;

	if (width > MAX_WIDTH)
		width = MAX_WIDTH;
	if (width < MIN_WIDTH)
		width = MIN_WIDTH;
	print_usage(command, name);
	wrap(command->doc, 0, 0, width);
	if (command->commands)
		print_commands(command);
	putchar('\n');
	for (size_t i = 0; (option = cli_option(command, i)); i++)
		print_option(option, width);
	if (command->page)
		printf("\nSee %s for more.\n", command->page);
	return output_exit_code(output_flush(stdout), EXIT_OK);
}
