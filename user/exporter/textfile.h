/* SPDX-License-Identifier: GPL-2.0 */
/* textfile.h - a page for node_exporter's textfile collector */
#ifndef ZREC_EXPORTER_TEXTFILE_H
#define ZREC_EXPORTER_TEXTFILE_H

#include <stddef.h>

/*
 * Replaces the file in one step, so no reader sees half of it. Its name has to end with
 * ".prom"; what it is called until then does not. 0 or a negative errno, after its message.
 */
int textfile_write(const char *path, const char *text, size_t len);

#endif /* ZREC_EXPORTER_TEXTFILE_H */
