/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vector-fields.h - FIELD=VALUE of a test vector
 */
#ifndef ZREC_VECTOR_FIELDS_H
#define ZREC_VECTOR_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/vectors.h"
#include "base/problem.h"

struct vector_fields {
	struct vector *vector;		/* its line, member and now_ns are there already */
	uint32_t seen;			/* a bit for each field that was given */
};

/* Adds one to the vector; its mistakes go to @problems */
void vector_field(struct vector_fields *fields, char *text, struct problems *problems);
/* Checks that the given fields make sense together */
void vector_fields_end(const struct vector_fields *fields, struct problems *problems);
bool vector_has_field(const struct vector_fields *fields, const char *name);

#endif /* ZREC_VECTOR_FIELDS_H */
