/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conf.h - configuration: strict files of sections and keys that a table knows
 *
 * Whoever adds a section adds a table of its keys, and a line to the table of sections.
 * Messages, the check and the reading of drop-ins come from the tables.
 */
#ifndef ZREC_CONF_H
#define ZREC_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CONF_FILE_MAX	(1024 * 1024)
#define CONF_KEYS_MAX	32	/* of a section */
#define CONF_NAME_LEN	64	/* of a [section NAME], with the NUL */

struct conf_key {
	const char *name;
	const char *expected;		/* what a value is, for messages */
	int (*set)(void *to, const char *value);	/* 0, -EINVAL, -ENOMEM */
};

struct conf_section {
	const char *name;
	bool named;			/* it is [name NAME], and may be there for several names */
	const struct conf_key *keys;	/* ended by an empty one */
	/* What set() gets; the same again for the same name. NULL: no memory */
	void *(*find)(void *config, const char *name);
};

/*
 * Sets in @config what the text says; @file is for messages. @sections ends with an empty
 * one. Every problem is a line "file:line: what, expected what" on @errors (NULL: nobody
 * wants to know). 0; -EINVAL: it is not good, and @config is to be thrown away; -ENOMEM.
 */
int conf_parse(const struct conf_section *sections, const char *file, const char *text, size_t len,
	       void *config, FILE *errors);
/* The same for a file, "-" is standard input. Other negative errno after its message */
int conf_read(const struct conf_section *sections, const char *path, void *config, FILE *errors);

/*
 * As systemd does: @name in the first of @dirs that has it (ended by NULL), then the files
 * DIR/@name.d/NAME.conf of all of them, sorted by name; of those with one name only that of
 * the first directory. What comes later wins. No file at all is fine. All files are read,
 * whatever is wrong with one. @read (may be NULL) is called for each that is good.
 */
int conf_read_dirs(const struct conf_section *sections, const char *const dirs[], const char *name,
		   void *config, FILE *errors, void (*read)(const char *path));

#endif /* ZREC_CONF_H */
