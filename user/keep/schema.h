/* SPDX-License-Identifier: GPL-2.0 */
/*
 * schema.h - the tables of a history file; docs/history.md describes them
 */
#ifndef ZREC_KEEP_SCHEMA_H
#define ZREC_KEEP_SCHEMA_H

#include <sqlite3.h>

/* "zrec", in the header of the file: file(1) and we can tell it by */
#define SCHEMA_APPLICATION_ID	0x7a726563
/* Raise it, and add a step to schema.c, when a table changes; a new name is a row */
#define SCHEMA_VERSION		1

/* Tables and their columns, for a reader that has to trust none of it; ended by NULL */
struct schema_table {
	const char *name;
	const char *columns;	/* "id, name", in the order of CREATE TABLE */
};

extern const struct schema_table schema_tables[];

/* What makes a file of this version from any before it; tests have one of a later version */
struct schema {
	const char *const *steps;	/* SQL: from no tables to 1, from 1 to 2, and so on */
	int version;
	const char *views;		/* made anew at each upgrade */
};

extern const struct schema schema;

/* SQL: what tells a file by, before there is anything in it */
extern const char schema_mark[];

/* *version is that of the file, 0: it is empty. Else as schema_upgrade(). Writes nothing */
int schema_look(sqlite3 *db, const struct schema *schema, int *version);

/*
 * Brings the file to this version, in one transaction. Returns 0, -EPROTO: a newer zrec
 * made it; -EUCLEAN: it is another program's, or damaged; other negative errno.
 */
int schema_upgrade(sqlite3 *db, const struct schema *schema);
/*
 * The index of recoveries by time. Rows that come in another order, as those of host after
 * host, make each of its pages new time and again; sorted once at the end they do not.
 */
int schema_drop_by_time(sqlite3 *db);
int schema_make_by_time(sqlite3 *db);
/* For readers, who change nothing; -EPROTO for an older one, too */
int schema_check(sqlite3 *db);

#endif /* ZREC_KEEP_SCHEMA_H */
