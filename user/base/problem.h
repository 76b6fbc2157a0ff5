/* SPDX-License-Identifier: GPL-2.0 */
/*
 * problem.h - mistakes in a file that people write, by line
 */
#ifndef ZREC_PROBLEM_H
#define ZREC_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Nobody reads more. The number of all mistakes is reported anyway */
#define PROBLEMS_SHOWN	100

struct problem {
	unsigned int line;
	size_t nr;
	char *text;
};

struct problems {
	struct problem *problem;
	size_t nr;			/* all there are; the first PROBLEMS_SHOWN are kept */
	bool no_memory;
};

/* "WHAT, expected WHAT" about a line */
void problems_add(struct problems *problems, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* "FILE:LINE: WHAT, expected WHAT" each, in the order of the lines */
void problems_print(struct problems *problems, const char *file, FILE *errors);

void problems_free(struct problems *problems);

#endif /* ZREC_PROBLEM_H */
