/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sqlite.h - the functions of SQLite, loaded by who needs a history and by nobody else
 *
 * Linked, libsqlite3 would cost each zrec watch and each exporter half a megabyte of memory
 * that they never use. So calls go through SQLite's own table for its extensions, which
 * sqlite_load() fills in; include this in each file that makes any.
 */
#ifndef ZREC_KEEP_SQLITE_H
#define ZREC_KEEP_SQLITE_H

#include <sqlite3ext.h>

SQLITE_EXTENSION_INIT3

/* Once before the first call; again does nothing. 0, or -ELIBACC: it is not installed */
int sqlite_load(void);

#endif /* ZREC_KEEP_SQLITE_H */
