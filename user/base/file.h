/* SPDX-License-Identifier: GPL-2.0 */
/*
 * file.h - files that people write, read as a whole
 */
#ifndef ZREC_FILE_H
#define ZREC_FILE_H

#include <stddef.h>

/*
 * All of a file, to be freed, with a NUL behind it that @len does not count; "-"
 * is standard input. 0 or a negative errno, -EFBIG for one of more than @max bytes.
 */
int file_read(const char *path, size_t max, char **ret, size_t *len);

/*
 * Takes the places of standard streams that are closed. Otherwise the next file that is
 * opened gets their number, and results or messages go into it.
 */
int file_reserve_standard(void);

#endif /* ZREC_FILE_H */
