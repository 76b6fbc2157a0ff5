/* SPDX-License-Identifier: GPL-2.0 */
/*
 * place.h - is a file where only we can put files?
 *
 * SQLite finds what belongs to a file by its name: whoever can put a FILE-wal, -shm or
 * -journal beside it decides what is in the file, and whoever can rename it has root open
 * something else. So what is written, and what was not ended by its writer, has to be in a
 * directory that nobody else can write to, /tmp included.
 */
#ifndef ZREC_KEEP_PLACE_H
#define ZREC_KEEP_PLACE_H

#include <errno.h>
#include <limits.h>

/* Others could change the file, or what is beside it. No system call of ours returns this */
#define EOTHERS		EREMOTE

/* What SQLite would open beside it is a FIFO, a link, a directory; likewise */
#define EBESIDE		ENOTUNIQ

struct place {
	int dir;			/* O_PATH */
	const char *name;		/* of the file in it: in @path */
	char path[PATH_MAX];		/* without links, the last part as it was named */
};

/*
 * Looks at the directory of @path, those above it, and what SQLite would open beside the
 * file. 0, -EOTHERS, -EBESIDE, or another negative errno; the file need not be there.
 */
int place_open(struct place *place, const char *path);
void place_close(struct place *place);

/* The same, and nothing more */
int place_check(const char *path);
/* What an errno means, for people: of these two, or as strerror() */
const char *place_problem(int err);

#endif /* ZREC_KEEP_PLACE_H */
