/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ini.h - files of sections and assignments, read strictly
 *
 * The reader is our own: libinih, as distributions build it, silently cuts lines at 200 and
 * names at 50 bytes and reports neither line numbers nor sections without keys, all of which
 * a strict check needs. docs/rules.md has the syntax.
 */
#ifndef ZREC_INI_H
#define ZREC_INI_H

#include <stddef.h>

#include "base/problem.h"

struct ini;

struct ini_reader {
	const char *sections;	/* those there are, for messages: "[policy] or [rule NAME]" */
	/* What stands between the brackets; NULL: it is no section, which was said */
	void (*section)(struct ini *ini, char *name);
	void (*assign)(struct ini *ini, char *key, char *value);
	/* A line that is neither, which was said; NULL: it has control characters. May be NULL */
	void (*unread)(struct ini *ini, const char *text);
};

struct ini {
	const struct ini_reader *reader;
	struct problems *problems;
	void *ctx;
	unsigned int line;	/* that the text at hand began in, from 1 on */
};

#define ini_problem(ini, ...)	problems_add((ini)->problems, (ini)->line, __VA_ARGS__)

/* Calls the reader for each line, in their order; names, keys and values are stripped. 0, -ENOMEM */
int ini_read(struct ini *ini, const char *text, size_t len);

/* Without the white space around it; writes into it */
char *ini_strip(char *s);

#endif /* ZREC_INI_H */
