/* SPDX-License-Identifier: GPL-2.0 */
/*
 * out-page.h - a page that is made in memory, and written at once
 */
#ifndef ZREC_CMD_OUT_PAGE_H
#define ZREC_CMD_OUT_PAGE_H

#include <stdio.h>

/* Writes the page into memory: 0 or -ENOMEM */
typedef int (*out_page_fn)(void *ctx, FILE *f);

/* To a file that is open: 0 or a negative errno, which is the reason why it cannot be written */
int out_page_write(FILE *f, out_page_fn make, void *ctx);

#endif /* ZREC_CMD_OUT_PAGE_H */
