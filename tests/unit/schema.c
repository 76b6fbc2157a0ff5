// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "base/output.h"
#include "schema.h"

static const char *type_name(const json_t *v)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "object", [JSON_ARRAY] = "array", [JSON_STRING] = "string",
		[JSON_INTEGER] = "integer", [JSON_REAL] = "real", [JSON_TRUE] = "boolean",
		[JSON_FALSE] = "boolean", [JSON_NULL] = "null",
	};

	return names[json_typeof(v)];
}

void schema_add(json_t *set, const char *path, json_t *v)
{
	char below[256];
	const char *key;
	json_t *child;
	size_t i;

	snprintf(below, sizeof(below), "%s %s", path, type_name(v));
	json_object_set_new(set, below, json_true());
	json_object_foreach(v, key, child) {
		snprintf(below, sizeof(below), "%s.%s", path, key);
		schema_add(set, below, child);
	}
	json_array_foreach(v, i, child) {
		snprintf(below, sizeof(below), "%s[]", path);
		schema_add(set, below, child);
	}
}

/* Also when golden files are written anew: nothing may go within a level */
static void assert_kept(const char *name, json_t *now)
{
	char path[512];
	const char *key;
	json_t *promised, *v;

	snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIR, name);
	promised = json_load_file(path, 0, NULL);
	json_object_foreach(promised, key, v)
		if (!json_object_get(now, key))
			fail_msg("\"%s\" is gone: raise OUTPUT_API_LEVEL", key);
	json_decref(promised);
}

void assert_schema(const char *what, json_t *set)
{
	/* Sorted by way of its text: jansson sorts only what it prints */
	char *text = json_dumps(set, JSON_SORT_KEYS | JSON_INDENT(1));
	char name[64];

	snprintf(name, sizeof(name), "%s-%d.json", what, OUTPUT_API_LEVEL);
	assert_kept(name, set);
	assert_golden(name, text);
	free(text);
}
