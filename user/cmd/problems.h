/* SPDX-License-Identifier: GPL-2.0 */
/*
 * problems.h - why a command failed, for programs that read documents
 *
 * With --format json or jsonl a command that fails prints {"meta": ..., "problems":
 * [{"file": ..., "line": ..., "text": ...}]} instead of its result, and the same lines
 * on stderr as well. Usage errors are lines only: nothing was asked for yet.
 */
#ifndef ZREC_PROBLEMS_H
#define ZREC_PROBLEMS_H

#include <stdio.h>

#include "base/output.h"

struct problems_said {
	FILE *f;
};

/* Keeps error messages from here on. 0, or a negative errno after a message */
int problems_begin(struct problems_said *p);

/*
 * @ret is what the command returns; a negative errno has printed no document yet.
 * Returns the exit code.
 */
int problems_end(struct problems_said *p, enum output_format format, int ret);

#endif /* ZREC_PROBLEMS_H */
