// SPDX-License-Identifier: GPL-2.0
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#include "keep/sqlite.h"

#define LIBRARY	"libsqlite3.so.0"

/* The one table of the process, as sqlite3ext.h wants it: like the library itself, never unloaded */
SQLITE_EXTENSION_INIT1

/* SQLite calls this with its table, as it would call a loaded extension */
static int take_table(sqlite3 *db, char **error, const sqlite3_api_routines *table)
{
	(void)db;
	(void)error;
	SQLITE_EXTENSION_INIT2(table);
	return SQLITE_OK;
}

int sqlite_load(void)
{
	int (*add)(void (*)(void)), (*remove)(void (*)(void));
	int (*open)(const char *, sqlite3 **), (*close)(sqlite3 *);
	void (*entry)(void) = (void (*)(void))take_table;
	sqlite3 *db = NULL;
	void *library;

	if (sqlite3_api)
		return 0;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return -ELIBACC;
	*(void **)&add = dlsym(library, "sqlite3_auto_extension");
	*(void **)&remove = dlsym(library, "sqlite3_cancel_auto_extension");
	*(void **)&open = dlsym(library, "sqlite3_open");
	*(void **)&close = dlsym(library, "sqlite3_close");
	if (!add || !remove || !open || !close)
		return -ELIBACC;
	if (!add(entry)) {
		open(":memory:", &db);
		close(db);
		remove(entry);
	}
	return sqlite3_api ? 0 : -ELIBACC;
}
