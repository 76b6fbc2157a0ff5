// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/command-line.h"

struct reading {
	const char *in;
	char *out;		/* there is always room: no word is longer than its text */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What stands behind a backslash; 0: nothing that is known */
static char unescape(char c)
{
	switch (c) {
	case '\\':
	case '"':
	case '\'':
		return c;
	case 's':
		return ' ';
	case 't':
		return '\t';
	case 'n':
		return '\n';
	default:
		return '\0';
	}
}

/* A character of a word, or two; -EINVAL: the backslash before it makes nothing of it */
static int character(struct reading *r, char quote)
{
	char c = *r->in++;

	if (c == '\\' && quote != '\'') {
		c = unescape(*r->in);
		if (!c)
			return -EINVAL;
		r->in++;
	}
	*r->out++ = c;
	return 0;
}

static int quoted(struct reading *r)
{
	const char quote = *r->in++;
	int err = 0;

	while (!err && *r->in && *r->in != quote)
		err = character(r, quote);
	if (!err && *r->in++ != quote)
		err = -EINVAL;
	/* Whole words only, as there */
	return err || !*r->in || is_blank(*r->in) ? err : -EINVAL;
}

static bool is_variable(const char *s)
{
	return s[0] == '$' && (isalpha((unsigned char)s[1]) || s[1] == '_' || s[1] == '{');
}

static int unquoted(struct reading *r)
{
	const char *begin = r->in;
	int err = 0;

	while (!err && *r->in && !is_blank(*r->in)) {
		if (*r->in == '"' || *r->in == '\'' || is_variable(r->in))
			return -EINVAL;
		err = character(r, '\0');
	}
	return r->in - begin == 1 && *begin == ';' ? -EINVAL : err;
}

static int words(struct reading *r, char **argv)
{
	size_t nr = 0;
	int err = 0;

	while (!err) {
		while (is_blank(*r->in))
			r->in++;
		if (!*r->in)
			break;
		if (nr == COMMAND_LINE_WORDS_MAX)
			return -EINVAL;
		argv[nr++] = r->out;
		err = *r->in == '"' || *r->in == '\'' ? quoted(r) : unquoted(r);
		*r->out++ = '\0';
	}
	argv[nr] = NULL;
	if (!err && (!nr || argv[0][0] != '/' || !argv[0][1]))
		err = -EINVAL;
	return err;
}

int command_line_parse(const char *text, char ***ret)
{
	const size_t table = (COMMAND_LINE_WORDS_MAX + 1) * sizeof(char *);
	struct reading r = { .in = text };
	char **argv;
	int err;

	/* A path or an argument that messages cannot show is a slip, too */
	for (const char *s = text; *s; s++)
		if (iscntrl((unsigned char)*s) && *s != '\t')
			return -EINVAL;
	argv = malloc(table + 2 * strlen(text) + 2);
	if (!argv)
		return -ENOMEM;
	r.out = (char *)argv + table;
	err = words(&r, argv);
	if (err) {
		free(argv);
		return err;
	}
	*ret = argv;
	return 0;
}
