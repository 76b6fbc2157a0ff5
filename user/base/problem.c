// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* vasprintf() */
#include <stdarg.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/problem.h"

void problems_add(struct problems *problems, unsigned int line, const char *fmt, ...)
{
	struct problem *problem;
	va_list args;

	if (problems->nr++ >= PROBLEMS_SHOWN || problems->no_memory)
		return;
	if (!problems->problem)
		problems->problem = calloc(PROBLEMS_SHOWN, sizeof(*problems->problem));
	if (!problems->problem) {
		problems->no_memory = true;
		return;
	}
	problem = &problems->problem[problems->nr - 1];
	problem->line = line;
	problem->nr = problems->nr;
	va_start(args, fmt);
	if (vasprintf(&problem->text, fmt, args) < 0) {
		problem->text = NULL;
		problems->no_memory = true;
	}
	va_end(args);
}

/* By line, and else in the order they were found */
static int by_line(const void *a, const void *b)
{
	const struct problem *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

static size_t kept(const struct problems *problems)
{
	if (!problems->problem)
		return 0;
	return problems->nr < PROBLEMS_SHOWN ? problems->nr : PROBLEMS_SHOWN;
}

void problems_print(struct problems *problems, const char *file, FILE *errors)
{
	size_t nr = kept(problems);

	if (!errors || problems->no_memory || !nr)
		return;
	qsort(problems->problem, nr, sizeof(problems->problem[0]), by_line);
	for (size_t i = 0; i < nr; i++)
		fprintf(errors, "%s:%u: %s\n", text_shown(file), problems->problem[i].line,
			text_shown(problems->problem[i].text));
	if (problems->nr > nr)
		fprintf(errors, "%s: and %zu more\n", text_shown(file), problems->nr - nr);
}

void problems_free(struct problems *problems)
{
	for (size_t i = 0; i < kept(problems); i++)
		free(problems->problem[i].text);
	free(problems->problem);
	*problems = (struct problems){ 0 };
}
