/* SPDX-License-Identifier: GPL-2.0 */
/*
 * schema.h - which keys and types the JSON of an API level has
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include <jansson.h>

/* Every path below v into the set, as "path type" */
void schema_add(json_t *set, const char *path, json_t *v);

/*
 * Compare a set with golden/WHAT-LEVEL.json. A line that goes or changes breaks
 * who reads our JSON: raise OUTPUT_API_LEVEL, which wants a golden file of its
 * own. A line that is only new does not: let update-golden add it.
 */
void assert_schema(const char *what, json_t *set);

#endif /* SCHEMA_H */
