// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* reallocarray() */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "record/names.h"
#include "record/outcomes.h"

#define LABEL_LEN 48

static size_t place_of(const struct outcome_table *t, uint32_t id, uint32_t life)
{
	size_t i = 0;

	while (i < t->nr && (t->row[i].id < id || (t->row[i].id == id && t->row[i].life < life)))
		i++;
	return i;
}

static bool is_row(const struct outcome_table *t, size_t i, uint32_t id, uint32_t life)
{
	return i < t->nr && t->row[i].id == id && t->row[i].life == life;
}

const struct outcomes *outcomes_find(const struct outcome_table *t, uint32_t id, uint32_t life)
{
	size_t i = place_of(t, id, life);

	return is_row(t, i, id, life) ? &t->row[i] : NULL;
}

int outcomes_add(struct outcome_table *t, uint32_t id, uint32_t life, unsigned int outcome,
		 uint64_t count)
{
	size_t i = place_of(t, id, life);

	if (outcome >= ZPCI_NR_OUTCOMES)
		return 0;
	if (!is_row(t, i, id, life)) {
		struct outcomes *bigger = reallocarray(t->row, t->nr + 1, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		t->row = bigger;
		memmove(&bigger[i + 1], &bigger[i], (t->nr++ - i) * sizeof(*bigger));
		bigger[i] = (struct outcomes){ .id = id, .life = life };
	}
	t->row[i].count[outcome] += count;
	return 0;
}

void outcomes_free(struct outcome_table *t)
{
	free(t->row);
	*t = (struct outcome_table){ 0 };
}

/*
 * As narrow as its numbers and its name allow: six of them and a function fit into 80
 * columns. 0: the outcome did not come about
 */
static int column_width(const struct outcome_table *t, unsigned int outcome)
{
	int width = (int)strlen(name_outcome(outcome));
	uint64_t most = 0;
	int len;

	for (size_t i = 0; i < t->nr; i++)
		if (t->row[i].count[outcome] > most)
			most = t->row[i].count[outcome];
	len = snprintf(NULL, 0, "%" PRIu64, most);
	return !most ? 0 : len > width ? len : width;
}

void outcomes_print(FILE *f, const struct outcome_table *t, const char *heading,
		    outcome_label_fn label, const void *ctx)
{
	int width = (int)strlen(heading), columns[ZPCI_NR_OUTCOMES];
	char buf[LABEL_LEN];

	for (size_t i = 0; i < t->nr; i++) {
		int len = (int)strlen(label(ctx, &t->row[i], buf, sizeof(buf)));

		width = len > width ? len : width;
	}
	fprintf(f, "%-*s", width, heading);
	for (unsigned int o = 0; o < ZPCI_NR_OUTCOMES; o++) {
		columns[o] = column_width(t, o);
		if (columns[o])
			fprintf(f, "  %*s", columns[o], name_outcome(o));
	}
	fputc('\n', f);
	for (size_t i = 0; i < t->nr; i++) {
		fprintf(f, "%-*s", width, label(ctx, &t->row[i], buf, sizeof(buf)));
		for (unsigned int o = 0; o < ZPCI_NR_OUTCOMES; o++)
			if (columns[o])
				fprintf(f, "  %*" PRIu64, columns[o], t->row[i].count[o]);
		fputc('\n', f);
	}
}

json_t *outcomes_to_json(const struct outcomes *row)
{
	json_t *o = json_object();

	for (unsigned int i = 0; o && i < ZPCI_NR_OUTCOMES; i++) {
		if (json_object_set_new(o, name_outcome(i), output_count(row->count[i]))) {
			json_decref(o);
			return NULL;
		}
	}
	return o;
}
