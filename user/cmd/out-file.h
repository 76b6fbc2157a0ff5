/* SPDX-License-Identifier: GPL-2.0 */
/*
 * out-file.h - a result that goes to a file: it is there as a whole or not at all
 */
#ifndef ZREC_CMD_OUT_FILE_H
#define ZREC_CMD_OUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

/* Zero-initialise but for to */
struct out_file {
	const char *to;			/* NULL or "-": standard output */
	FILE *f;			/* after out_file_open() */
	bool is_file;			/* and not a device or so */
	char *temporary;		/* the name beside it until all is there; NULL: none needed */
};

bool out_file_is_stdout(const struct out_file *o);
/* True if it is the file that is read, which it would replace; NULL: none is */
bool out_file_is(const struct out_file *o, const char *read);
/* 0, or a negative errno after its message */
int out_file_open(struct out_file *o);
/*
 * Ends it. @err is what writing returned: then what was there before stays. 0 or a negative
 * errno, silent.
 */
int out_file_close(struct out_file *o, int err);

#endif /* ZREC_CMD_OUT_FILE_H */
