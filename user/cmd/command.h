/* SPDX-License-Identifier: GPL-2.0 */
/*
 * command.h - a command is one table: parsing, messages, --help, completion and the
 * test of the man pages use it
 */
#ifndef ZREC_COMMAND_H
#define ZREC_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/exit.h"
#include "base/output.h"

enum cli_kind {
	CLI_PARSE,		/* calls parse() with the value */
	CLI_SET_FLAG,		/* sets a bool; no value */
	CLI_SET_TEXT,		/* sets a const char * */
	CLI_SET_WORD,		/* sets an enum to the index of the value in words */
	CLI_HELP,
	CLI_VERSION,
	CLI_DEBUG,
	CLI_QUIET,
};

/* An option, or an argument (then without letter and name) */
struct cli_option {
	char letter;			/* 0: none */
	const char *name;
	const char *arg;		/* what help calls the value; NULL: it needs none */
	const char *help;
	enum cli_kind kind;
	size_t offset;			/* of what it sets in the command's arguments */
	const char *const *words;	/* the values there are, ended by NULL */
	int (*parse)(void *args, const char *value);	/* 0, -EINVAL, or another errno */
	const char *wants;		/* what a value is, for messages */
	void (*complete)(FILE *f);	/* writes values, one a line */
	bool no_stream;			/* of CLI_TEXT: it is a database, so not "-" */
	bool required;			/* only of an argument, as the next */
	bool more;			/* the last one: any number of them, parse() has each */
};

/* For the table of a command whose arguments are a struct @type */
#define CLI_FLAG(type, member)	.kind = CLI_SET_FLAG, .offset = offsetof(type, member)
#define CLI_TEXT(type, member)	.kind = CLI_SET_TEXT, .offset = offsetof(type, member)
#define CLI_WORD(type, member, list) \
	.kind = CLI_SET_WORD, .offset = offsetof(type, member), .words = (list)
#define CLI_FORMAT(type, member) \
	{ 'f', "format", "FORMAT", "text (the default), json or jsonl", \
	  CLI_WORD(type, member, output_formats) }
#define CLI_FORMAT_CSV(type, member) \
	{ 'f', "format", "FORMAT", "text (the default), json, jsonl or csv", \
	  CLI_WORD(type, member, output_formats_csv) }

struct command {
	const char *name;
	const char *summary;			/* in the list of commands */
	const char *doc;			/* what --help says */
	const char *page;			/* where to read more, "zrec(8)" */
	const struct cli_option *options;	/* ended by an empty one, as the next; NULL: none */
	const struct cli_option *arguments;
	size_t size;				/* of its arguments */
	int (*run)(void *args);			/* returns an exit code, or a negative errno after its message */
	/*
	 * Runs it in another process that has what it needs: returns its exit code, or a negative
	 * errno to run it here. Whoever has this may be run for others, see serve/served.h: it
	 * reads the history and writes to standard output, whatever its options say.
	 */
	int (*elsewhere)(void *args);
	void (*release)(void *args);		/* frees what parse() allocated */
	/* Its own, ended by NULL. With a run(), too, that is what it does without one of them */
	const struct command *const *commands;
};

/*
 * Parses "[OPTION...] COMMAND [OPTION...] [ARGUMENT...]", runs what is asked for
 * and returns its exit code. The name of a command or option may be shortened as long as
 * it stays unambiguous. cmd_help among the commands is "help COMMAND".
 */
int command_run(const struct command *command, int argc, char **argv);

/* A command by name or beginning; NULL: none, or several, the first two in @ambiguous */
const struct command *command_find(const struct command *parent, const char *name,
				   const struct command *ambiguous[2]);

/* The options of a command, those that every command has included; NULL after the last */
const struct cli_option *cli_option(const struct command *command, size_t i);
/* The @i-th argument, NULL: it has none such. One that has more is there for each later @i */
const struct cli_option *cli_argument(const struct command *command, size_t i);
const struct cli_option *cli_find_letter(const struct command *command, char letter);
/* "--name" or "--name=value", cut or not; NULL: none, or several, the first two in @ambiguous */
const struct cli_option *cli_find_name(const struct command *command, const char *text,
				       const struct cli_option *ambiguous[2]);

/*
 * Sets @args from argv, whose first is the full name of the command. Returns
 * CLI_GO_ON, or the exit code to end with, after its message. With commands of its own
 * it stops at the first one, then *rest is its place, else argc.
 */
#define CLI_GO_ON	(-1)
int cli_parse(const struct command *command, int argc, char **argv, void *args, int *rest);

/* Says "NAME: MESSAGE; see 'NAME --help'" and returns EXIT_USAGE */
int cli_usage_error(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints the help of a command whose full name is @name; returns an exit code */
int cli_help(const struct command *command, const char *name);

/* "zrec --complete WORD...": what the last word can be, "WORD<tab>HELP" a line */
int command_complete(const struct command *root, int argc, char **argv);
/* The line with which complete() says that any file will do, too */
#define CLI_FILES	":files"

extern const struct command cmd_actions, cmd_help, cmd_detach, cmd_doctor, cmd_experiment, cmd_history, cmd_latency,
			    cmd_policy, cmd_record, cmd_replay, cmd_report, cmd_run, cmd_status, cmd_watch;

#endif /* ZREC_COMMAND_H */
