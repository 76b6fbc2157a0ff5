// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "base/text.h"

#define BYTE_ORDER_MARK	"\xef\xbb\xbf"

char *ini_strip(char *s)
{
	char *end;

	while (*s && isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

static void section(struct ini *ini, char *text)
{
	char *end = strchr(text, ']');

	if (!end || end[1]) {
		ini_problem(ini, "bad section '%s', expected %s", text_cut(text), ini->reader->sections);
		ini->reader->section(ini, NULL);
		return;
	}
	*end = '\0';
	ini->reader->section(ini, ini_strip(text + 1));
}

static void assignment(struct ini *ini, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals) {
		ini_problem(ini, "'%s' is not an assignment, expected KEY = VALUE", text_cut(text));
		if (ini->reader->unread)
			ini->reader->unread(ini, text);
		return;
	}
	*equals = '\0';
	ini->reader->assign(ini, ini_strip(text), ini_strip(equals + 1));
}

static void logical_line(struct ini *ini, char *text)
{
	text = ini_strip(text);
	for (char *s = text; *s; s++) {
		if (!iscntrl((unsigned char)*s) || *s == '\t')
			continue;
		ini_problem(ini, "control character 0x%02x, expected text", (unsigned char)*s);
		if (ini->reader->unread)
			ini->reader->unread(ini, NULL);
		return;
	}
	if (*text == '[')
		section(ini, text);
	else if (*text)
		assignment(ini, text);
}

/* A comment, which may also stand between the parts of a continued line */
static bool is_comment(const char *line)
{
	line += strspn(line, " \t");
	return *line == '#' || *line == ';';
}

/* Lines that end in a backslash go on in the next one; @text is cut up */
static void read_lines(struct ini *ini, char *text)
{
	unsigned int line = 0;
	char *save = text, *out = NULL, *joined = NULL;

	while (save && *save) {
		char *s = strsep(&save, "\n");
		size_t len;
		bool more;

		line++;
		if (is_comment(s))
			continue;
		len = strlen(s);
		if (len && s[len - 1] == '\r')
			s[--len] = '\0';
		more = len && s[len - 1] == '\\';
		if (more)
			s[len - 1] = ' ';
		if (!joined) {
			joined = out = s;
			ini->line = line;
		}
		/* What is joined moves towards the front: there is always room */
		memmove(out, s, len + 1);
		out += len;
		if (more)
			continue;
		logical_line(ini, joined);
		joined = NULL;
	}
	if (joined)
		logical_line(ini, joined);
}

static unsigned int line_of(const char *text, const char *at)
{
	unsigned int line = 1;

	while (text < at)
		line += *text++ == '\n';
	return line;
}

int ini_read(struct ini *ini, const char *text, size_t len)
{
	const char *nul = memchr(text, 0, len);
	char *copy;

	if (nul) {
		ini->line = line_of(text, nul);
		ini_problem(ini, "the file has NUL bytes, expected text");
		return 0;
	}
	copy = strndup(text, len);
	if (!copy)
		return -ENOMEM;
	/* As systemd does: skip the byte order mark that some editors write */
	read_lines(ini, strncmp(copy, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) ? copy :
		   copy + strlen(BYTE_ORDER_MARK));
	free(copy);
	return 0;
}
