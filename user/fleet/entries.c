// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/entries.h"

static bool is_one_of(const char *key, const char *const *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(key, list[i]))
			return true;
	return false;
}

/* Those of zrec's metrics; what is left says where a series is from */
static bool is_own(const char *key)
{
	static const char *const own[] = {
		"__name__", "experiment", "arm", "pchid", "outcome", "le", "policy", "kind",
	};

	return is_one_of(key, own, sizeof(own) / sizeof(own[0]));
}

char *entry_host(const json_t *labels, const char *const *ignore, size_t nr_ignore)
{
	char *host = NULL;
	const char *key;
	json_t *value;
	size_t len;
	FILE *f = open_memstream(&host, &len);

	if (!f)
		return NULL;
	json_object_foreach((json_t *)labels, key, value)
		if (!is_own(key) && !is_one_of(key, ignore, nr_ignore))
			fprintf(f, "%s=\"%s\",", key, json_string_value(value) ?: "");
	if (fclose(f)) {
		free(host);
		return NULL;
	}
	return host;
}

static void copy(char *to, size_t size, const json_t *labels, const char *key)
{
	snprintf(to, size, "%s", json_string_value(json_object_get(labels, key)) ?: "");
}

static int fill(struct entry *e, const struct counter *c, const char *const *ignore, size_t nr_ignore)
{
	json_t *labels = json_loads(c->labels, 0, NULL);

	if (!labels)
		return -ENOMEM;
	e->host = entry_host(labels, ignore, nr_ignore);
	copy(e->instance, sizeof(e->instance), labels, "instance");
	copy(e->arm, sizeof(e->arm), labels, "arm");
	copy(e->pchid, sizeof(e->pchid), labels, "pchid");
	copy(e->what, sizeof(e->what), labels,
	     json_object_get(labels, "le") ? "le" : "outcome");
	e->n = c->increase;
	e->resets = c->resets;
	e->first_ms = c->first_ms;
	e->last_ms = c->last_ms;
	json_decref(labels);
	return e->host ? 0 : -ENOMEM;
}

int entry_compare_unit(const struct entry *a, const struct entry *b)
{
	int order = strcmp(a->host, b->host);

	if (!order)
		order = strcmp(a->pchid, b->pchid);
	return order ? order : strcmp(a->arm, b->arm);
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = entry_compare_unit(x, y);

	return order ? order : strcmp(x->what, y->what);
}

/* One host that was asked by two Prometheus: the one that saw more was there longer */
static void drop_doubles(struct entries *e)
{
	size_t to = 0;

	for (size_t i = 0; i < e->nr; i++) {
		struct entry *last = to ? &e->e[to - 1] : NULL;

		if (!last || compare(last, &e->e[i])) {
			e->e[to++] = e->e[i];
			continue;
		}
		if (e->e[i].n > last->n) {
			char *host = last->host;

			*last = e->e[i];
			e->e[i].host = host;
		}
		free(e->e[i].host);
	}
	e->nr = to;
}

int entries_of(struct entries *ret, const struct counters *counters, const char *const *ignore,
	       size_t nr_ignore)
{
	int err = 0;

	ret->nr = 0;
	ret->e = calloc(counters->nr + 1, sizeof(*ret->e));
	if (!ret->e)
		return -ENOMEM;
	while (!err && ret->nr < counters->nr) {
		err = fill(&ret->e[ret->nr], &counters->c[ret->nr], ignore, nr_ignore);
		ret->nr++;
	}
	if (err)
		return err;
	qsort(ret->e, ret->nr, sizeof(*ret->e), compare);
	drop_doubles(ret);
	return 0;
}

void entries_free(struct entries *e)
{
	for (size_t i = 0; i < e->nr; i++)
		free(e->e[i].host);
	free(e->e);
	*e = (struct entries){ 0 };
}
