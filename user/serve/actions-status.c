// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "base/array.h"
#include "base/json-file.h"
#include "base/text.h"
#include "serve/actions-status.h"

static unsigned long long count_of(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (unsigned long long)n : 0;
}

int actions_status_read(const char *path, json_t **ret)
{
	json_t *o;
	int err = json_file_read(path, ACTIONS_FILE_MAX, &o, NULL);

	if (err)
		return err;
	if (!json_file_writer_lives(count_of(o, "pid"))) {
		json_decref(o);
		return -ENOENT;
	}
	*ret = o;
	return 0;
}

static unsigned long long sum_of(const json_t *counts)
{
	unsigned long long sum = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)counts, key, value)
		sum += count_of(counts, key);
	return sum;
}

/* "  page      12 run, 1 failed, 3 not run, 1 running" */
static void print_action(FILE *f, const json_t *action)
{
	const char *name = json_string_value(json_object_get(action, "action"));
	const json_t *ended = json_object_get(action, "ended");
	const unsigned long long run = sum_of(ended);
	const struct {
		unsigned long long nr;
		const char *what;
	} more[] = {
		{ run - count_of(ended, "succeeded"), "failed" },
		{ sum_of(json_object_get(action, "dropped")), "not run" },
		{ count_of(action, "running"), "running" },
		{ count_of(action, "queued"), "waiting" },
	};

	fprintf(f, "  %-9s %llu run", name ? text_shown(name) : "unknown", run);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		if (more[i].nr)
			fprintf(f, ", %llu %s", more[i].nr, more[i].what);
	fputc('\n', f);
}

void actions_status_print(FILE *f, const json_t *o)
{
	const json_t *list = json_object_get(o, "actions");
	const unsigned long long missed = count_of(o, "missed");
	json_t *action;
	size_t i;

	fprintf(f, "%-11s by zrec actions (%llu)%s", "actions", count_of(o, "pid"),
		!json_array_size(list) ? ": none in zrec.conf" :
		json_is_false(json_object_get(o, "connected")) ? ", which waits for zrec run" : "");
	if (missed)
		fprintf(f, ", %llu %s missed", missed, text_nr(missed, "record", "records"));
	fputc('\n', f);
	json_array_foreach((json_t *)list, i, action)
		print_action(f, action);
}
