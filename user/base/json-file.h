/* SPDX-License-Identifier: GPL-2.0 */
/*
 * json-file.h - a small JSON document that one process replaces and others read
 */
#ifndef ZREC_JSON_FILE_H
#define ZREC_JSON_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Replaces @name in the directory @dir: whoever reads it finds one document or the other. For
 * the owner and the group, which is that of the directory, if that passes it on. 0 or a
 * negative errno, then the old one stays.
 */
int json_file_replace(int dir, const char *name, const json_t *o);

/*
 * An object of at most @max bytes, which a stranger may have written; @mtime_ns (may be NULL)
 * is when, by CLOCK_REALTIME. 0; -ENOENT; -EINVAL: it is no such document; other negative errno.
 */
int json_file_read(const char *path, size_t max, json_t **ret, int64_t *mtime_ns);

/* True if there is a process of this number: who was killed has left its document behind */
bool json_file_writer_lives(uint64_t pid);

#endif /* ZREC_JSON_FILE_H */
