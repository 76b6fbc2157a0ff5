// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"

/* Of an error that the user has been told about already */
#define TOLD	ECANCELED

struct cli {
	void *input;
	const char *culprit;	/* the argument that argp stopped at */
};

static const struct argp_option common_options[] = {
	{ "help", 'h', NULL, 0, "Give this help", -2 },
	{ "version", 'V', NULL, 0, "Print the version", -2 },
	{ 0 }
};

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	struct cli *cli = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = cli->input;
		return 0;
	case ARGP_KEY_ERROR:
		cli->culprit = state->argv[state->next - 1];
		return 0;
	case 'h':
		/* This flag silences argp's own messages, and its help with them */
		state->flags &= ~ARGP_NO_ERRS;
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	case 'V':
		puts("zrec " ZREC_VERSION);
		exit(EXIT_OK);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The option that @text begins with, "--name", "--name=value" or "-n" */
static const struct argp_option *find_option(const struct argp_option *options, const char *text)
{
	size_t len = strcspn(text, "=");

	for (; options && (options->name || options->key); options++) {
		if (text[0] == '-' && text[1] == options->key)
			return options;
		if (options->name && len > 2 && !strncmp(text, "--", 2) &&
		    !strncmp(text + 2, options->name, len - 2))
			return options;
	}
	return NULL;
}

static void vusage_error(const char *name, const char *fmt, va_list args)
{
	char text[256];

	vsnprintf(text, sizeof(text), fmt, args);
	fprintf(stderr, "%s: %s; see '%s --help'\n", name, text, name);
}

static void usage_error(const char *name, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vusage_error(name, fmt, args);
	va_end(args);
}

error_t cli_usage_error(const struct argp_state *state, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vusage_error(state->argv[0], fmt, args);
	va_end(args);
	return TOLD;
}

error_t cli_parse_format(enum output_format *ret, const char *arg, const struct argp_state *state)
{
	if (!output_parse_format(arg, ret))
		return 0;
	return cli_usage_error(state, "format is text, json or jsonl, not '%s'", arg);
}

const struct argp_option cli_format_options[] = { CLI_FORMAT_OPTION, { 0 } };

error_t cli_parse_only_format(int key, char *arg, struct argp_state *state)
{
	return key == CLI_FORMAT_KEY ? cli_parse_format(state->input, arg, state) :
				       ARGP_ERR_UNKNOWN;
}

static void option_error(const struct argp *argp, const char *name, const char *text)
{
	const struct argp_option *option = find_option(argp->options, text);

	if (!option)
		usage_error(name, "there is no option '%s'", text);
	else if (option->arg)
		usage_error(name, "option '%s' needs a value", text);
	else
		usage_error(name, "option '%s' takes no value", text);
}

int cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	const struct argp_child children[] = { { argp, 0, NULL, 0 }, { 0 } };
	const struct argp root = {
		.options = common_options,
		.parser = parse_common,
		.children = children,
	};
	struct cli cli = { .input = input };
	int end = argc;
	error_t err;

	err = argp_parse(&root, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_IN_ORDER,
			 &end, &cli);
	if (!err && end < argc) {
		usage_error(argv[0], "unexpected argument '%s'", argv[end]);
		return -EINVAL;
	}
	if (err && err != TOLD)
		option_error(argp, argv[0], cli.culprit ? cli.culprit : "?");
	return err ? -EINVAL : 0;
}

int observer_exit_code(int err)
{
	switch (err) {
	case 0:
		return EXIT_OK;
	case -EPERM:
	case -EACCES:
		return EXIT_PERMISSION;
	case -EOPNOTSUPP:
		return EXIT_UNSUPPORTED;
	default:
		return EXIT_USAGE;
	}
}
