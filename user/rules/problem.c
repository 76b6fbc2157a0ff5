// SPDX-License-Identifier: GPL-2.0
/* What is wrong with a rule file, by line */
#define _GNU_SOURCE	/* vasprintf(), reallocarray() */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/rules-int.h"

void rules_problem(struct rules *rules, unsigned int line, const char *fmt, ...)
{
	struct problem *all = rules->problem;
	size_t nr = rules->nr_problems;
	va_list args;

	if (!(nr & (nr - 1)))
		all = reallocarray(all, nr ? nr * 2 : 1, sizeof(*all));
	if (!all) {
		rules->no_memory = true;
		return;
	}
	rules->problem = all;
	va_start(args, fmt);
	if (vasprintf(&all[nr].text, fmt, args) < 0)
		rules->no_memory = true;
	else
		rules->nr_problems++;
	va_end(args);
	all[nr].line = line;
	all[nr].nr = nr;
}
