/* SPDX-License-Identifier: GPL-2.0 */
/*
 * check.h - one thing that zrec needs, and if this machine has it
 */
#ifndef ZREC_CHECK_H
#define ZREC_CHECK_H

#include <jansson.h>
#include <stdio.h>

/* From the best to the worst */
enum check_verdict {
	CHECK_OK,
	CHECK_NOTE,		/* worth knowing, and no problem */
	CHECK_DEGRADED,
	CHECK_FIXABLE,		/* missing, and the detail says which command fixes it */
	CHECK_NO_PERMISSION,
	CHECK_UNSUPPORTED,
};

struct check {
	const char *name;
	enum check_verdict verdict;
	char detail[200];
};

void check_set(struct check *c, enum check_verdict verdict, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void check_print(FILE *f, const struct check *c);
json_t *check_to_json(const struct check *c);


#endif /* ZREC_CHECK_H */
