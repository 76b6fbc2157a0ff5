// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define FIRST_ROOM	4096

/* One byte more than @max is read, to know that there is one */
static int read_all(FILE *f, size_t max, char **ret, size_t *len)
{
	size_t room = 0, got = 0;
	char *text = NULL;

	do {
		char *more;

		room = room ? room * 2 : FIRST_ROOM;
		if (room > max + 2)
			room = max + 2;
		more = realloc(text, room);
		if (!more) {
			free(text);
			return -ENOMEM;
		}
		text = more;
		errno = 0;
		got += fread(text + got, 1, room - 1 - got, f);
	} while (got == room - 1 && got <= max);
	if (ferror(f) || got > max) {
		int err = !ferror(f) ? -EFBIG : errno ? -errno : -EIO;

		free(text);
		return err;
	}
	text[got] = '\0';
	*ret = text;
	*len = got;
	return 0;
}

int file_read(const char *path, size_t max, char **ret, size_t *len)
{
	FILE *f;
	int err;

	if (!strcmp(path, "-"))
		return read_all(stdin, max, ret, len);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	err = read_all(f, max, ret, len);
	fclose(f);
	return err;
}

int file_reserve_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		/* Neither read nor written: using it fails as using a closed one does */
		if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH) < 0)
			return -errno;
	return 0;
}
