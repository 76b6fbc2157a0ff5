// SPDX-License-Identifier: GPL-2.0
/* The options of one command */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/command.h"

#define MAX_OPTIONS	32
#define LONG_VALUE	256	/* getopt's value of the first option's name; below are letters */

/* Of every command */
static const struct cli_option common[] = {
	{ 'q', "quiet", NULL, "Write only errors to stderr", .kind = CLI_QUIET },
	{ 'd', "debug", NULL, "Write each step to stderr, in detail", .kind = CLI_DEBUG },
	{ 'h', "help", NULL, "Give this help", .kind = CLI_HELP },
	{ 'V', "version", NULL, "Print the version", .kind = CLI_VERSION },
};

#define NR_COMMON	ARRAY_SIZE(common)

const struct cli_option *cli_option(const struct command *command, size_t i)
{
	size_t own = 0;

	while (command->options && command->options[own].name && own < i)
		own++;
	if (command->options && command->options[own].name)
		return &command->options[own];
	return i - own < NR_COMMON ? &common[i - own] : NULL;
}

const struct cli_option *cli_argument(const struct command *command, size_t i)
{
	size_t nr = 0;

	while (command->arguments && command->arguments[nr].arg && nr < i)
		nr++;
	if (nr && !command->arguments[nr].arg && command->arguments[nr - 1].more)
		nr--;
	return command->arguments && command->arguments[nr].arg ? &command->arguments[nr] : NULL;
}

const struct cli_option *cli_find_letter(const struct command *command, char letter)
{
	const struct cli_option *option;

	for (size_t i = 0; (option = cli_option(command, i)); i++)
		if (letter && option->letter == letter)
			return option;
	return NULL;
}

const struct cli_option *cli_find_name(const struct command *command, const char *text,
				       const struct cli_option *ambiguous[2])
{
	const struct cli_option *option, *found = NULL;
	size_t len = strcspn(text + 2, "=");

	ambiguous[0] = NULL;
	/* Every name begins so */
	if (!len)
		return NULL;
	for (size_t i = 0; (option = cli_option(command, i)); i++) {
		if (strncmp(option->name, text + 2, len))
			continue;
		if (!option->name[len])
			return option;
		if (found && !ambiguous[0]) {
			ambiguous[0] = found;
			ambiguous[1] = option;
		}
		found = option;
	}
	return ambiguous[0] ? NULL : found;
}

int cli_usage_error(const char *name, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fprintf(stderr, "%s: %s; see '%s --help'\n", name, text_shown(text), name);
	return EXIT_USAGE;
}

/* "text, json or jsonl" */
static void list_words(const char *const *words, char *buf, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; words[i] && at < len; i++)
		at += (size_t)snprintf(buf + at, len - at, "%s%s",
				       !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

static int value_error(const char *name, const struct cli_option *option, const char *value)
{
	char words[128];

	if (option->words)
		list_words(option->words, words, sizeof(words));
	return cli_usage_error(name, "%s%s is %s, not '%s'", option->name ? "--" : "",
			       option->name ? option->name : option->arg,
			       option->words ? words : option->wants, text_cut(value));
}

/* No name of a file or a policy is empty: a variable of a script was */
static int empty_error(const char *name, const struct cli_option *option)
{
	if (option->name)
		return cli_usage_error(name, "option '--%s' needs a value: %s", option->name,
				       option->arg);
	return cli_usage_error(name, "%s is empty: give %s", option->arg,
			       option->wants ?: "one, or leave it out");
}

static int set_word(const struct cli_option *option, unsigned int *place, const char *value)
{
	for (unsigned int i = 0; option->words[i]; i++) {
		if (!strcmp(option->words[i], value)) {
			*place = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int set(const struct command *command, const char *name, const struct cli_option *option,
	       const char *value, void *args)
{
	void *place = (char *)args + option->offset;
	int err = 0;

	switch (option->kind) {
	case CLI_PARSE:
		err = option->parse(args, value);
		break;
	case CLI_SET_FLAG:
		*(bool *)place = true;
		break;
	case CLI_SET_TEXT:
		if (!*value)
			return empty_error(name, option);
		if (option->no_stream && !strcmp(value, "-"))
			return cli_usage_error(name, "--%s is a database, which needs a file, not '-'",
					       option->name);
		*(const char **)place = value;
		break;
	case CLI_SET_WORD:
		err = set_word(option, place, value);
		break;
	case CLI_HELP:
		return cli_help(command, name);
	case CLI_VERSION:
		puts("zrec " ZREC_VERSION);
		return output_exit_code(output_flush(stdout), EXIT_OK);
	case CLI_DEBUG:
		log_level = LOG_LEVEL_DEBUG;
		break;
	case CLI_QUIET:
		log_level = LOG_LEVEL_ERROR;
		break;
	}
	if (err == -EINVAL)
		return value_error(name, option, value);
	if (err == -E2BIG)
		return cli_usage_error(name, "%s%s: '%s' is one too many", option->name ? "--" : "",
				       option->name ?: option->arg, text_cut(value));
	if (err)
		fprintf(stderr, "%s: %s%s '%s': %s\n", name, option->name ? "--" : "",
			option->name ?: option->arg, text_cut(value),
			err == -ENODEV ? "no zPCI function of this machine; 'zrec doctor' lists them" :
			strerror(-err));
	return err ? exit_code(err) : CLI_GO_ON;
}

static const struct cli_option *by_value(const struct command *command, int value)
{
	return value >= LONG_VALUE ? cli_option(command, (size_t)(value - LONG_VALUE)) :
				     cli_find_letter(command, (char)value);
}

/* What getopt stopped at: @typed is the word, @opt the option in it if it is known */
static int option_error(const struct command *command, const char *name, const char *typed, int opt)
{
	const struct cli_option *ambiguous[2];
	char word[TEXT_CUT_LEN];
	char *bare = strndup(typed, strcspn(typed, "="));

	if (!bare)
		return exit_code(-ENOMEM);
	text_cut_into(word, strncmp(typed, "--", 2) ? typed : bare);
	free(bare);
	if (strncmp(typed, "--", 2)) {
		if (!isgraph(opt) || !typed[2])
			return cli_usage_error(name, "there is no option '%s'", word);
		return cli_usage_error(name, "there is no option '-%c' (in '%s')", opt, word);
	}
	if (opt)
		return cli_usage_error(name, "option '%s' accepts no value", word);
	if (!cli_find_name(command, typed, ambiguous) && ambiguous[0])
		return cli_usage_error(name, "option '%s' could be --%s or --%s", word,
				       ambiguous[0]->name, ambiguous[1]->name);
	return cli_usage_error(name, "there is no option '%s'", word);
}

static int missing_value(const struct command *command, const char *name, int opt)
{
	const struct cli_option *option = by_value(command, opt);

	if (opt < LONG_VALUE)
		return cli_usage_error(name, "option '-%c' needs a value: %s", opt, option->arg);
	return cli_usage_error(name, "option '--%s' needs a value: %s", option->name, option->arg);
}

/* For getopt: an argument comes in its place, and a missing value is told apart */
static void make_tables(const struct command *command, struct option *names, char *letters)
{
	const struct cli_option *option;

	*letters++ = '-';
	*letters++ = ':';
	for (size_t i = 0; i < MAX_OPTIONS - 1 && (option = cli_option(command, i)); i++) {
		*names++ = (struct option){
			.name = option->name,
			.has_arg = option->arg ? required_argument : no_argument,
			.val = LONG_VALUE + (int)i,
		};
		if (option->letter)
			*letters++ = option->letter;
		if (option->letter && option->arg)
			*letters++ = ':';
	}
	*names = (struct option){ 0 };
	*letters = '\0';
}

static int add_argument(const struct command *command, const char *name, size_t nr,
			const char *value, void *args)
{
	const struct cli_option *argument = cli_argument(command, nr);

	if (!argument)
		return cli_usage_error(name, "unexpected argument '%s'", text_cut(value));
	return set(command, name, argument, value, args);
}

/* Options that would say nothing to the command that follows */
static int misplaced(const char *name, const char *command)
{
	return cli_usage_error(name, "give the options of '%s' after it", command);
}

int cli_parse(const struct command *command, int argc, char **argv, void *args, int *rest)
{
	struct option names[MAX_OPTIONS];
	char letters[2 * MAX_OPTIONS + 3];
	const struct cli_option *missing;
	int c, at, ret = CLI_GO_ON;
	bool own = false;
	size_t nr = 0;

	make_tables(command, names, letters);
	*rest = argc;
	opterr = 0;
	optind = 0;
	while (ret == CLI_GO_ON) {
		at = optind ? optind : 1;
		c = getopt_long(argc, argv, letters, names, NULL);
		if (c < 0)
			break;
		if (c == '?')
			return option_error(command, argv[0], argv[at], optopt);
		if (c == ':')
			return missing_value(command, argv[0], optopt);
		if (c == 1 && command->commands) {
			*rest = optind - 1;
			return own ? misplaced(argv[0], argv[*rest]) : CLI_GO_ON;
		}
		own |= c != 1 && by_value(command, c)->kind <= CLI_SET_WORD;
		if (c == 1)
			ret = add_argument(command, argv[0], nr++, optarg, args);
		else
			ret = set(command, argv[0], by_value(command, c), optarg, args);
	}
	/* What follows "--" */
	if (ret == CLI_GO_ON && command->commands) {
		*rest = optind;
		return own && optind < argc ? misplaced(argv[0], argv[optind]) : CLI_GO_ON;
	}
	for (int i = optind; ret == CLI_GO_ON && i < argc; i++)
		ret = add_argument(command, argv[0], nr++, argv[i], args);
	missing = cli_argument(command, nr);
	/* Of one that may come several times, the first is enough */
	if (missing && nr && cli_argument(command, nr - 1) == missing)
		missing = NULL;
	if (ret == CLI_GO_ON && missing && missing->required)
		return cli_usage_error(argv[0], "%s is missing: give %s", missing->arg, missing->wants);
	return ret;
}
