/* SPDX-License-Identifier: GPL-2.0 */
/*
 * outcomes.h - outcome counts, by function or PEC
 */
#ifndef ZREC_OUTCOMES_H
#define ZREC_OUTCOMES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "zrec.h"

struct outcomes {
	uint32_t id;			/* FID or PEC */
	uint32_t life;			/* of the function; 0: not known, or a PEC */
	uint64_t count[ZPCI_NR_OUTCOMES];
};

/* Zero-initialise, free with outcomes_free() */
struct outcome_table {
	struct outcomes *row;
	size_t nr;
};

/* 0 or -ENOMEM; skips an outcome that this version does not know */
int outcomes_add(struct outcome_table *t, uint32_t id, uint32_t life, unsigned int outcome,
		 uint64_t count);
void outcomes_free(struct outcome_table *t);

/* NULL: it has no outcome yet */
const struct outcomes *outcomes_find(const struct outcome_table *t, uint32_t id, uint32_t life);

/*
 * A line for each row with a column for each outcome that came about at all; @label
 * says what a row is about, in @buf of @len bytes.
 */
typedef const char *(*outcome_label_fn)(const void *ctx, const struct outcomes *row, char *buf,
					size_t len);
void outcomes_print(FILE *f, const struct outcome_table *t, const char *heading,
		    outcome_label_fn label, const void *ctx);

/* {"recovered": 3, "failed": 0, ...}; NULL only when out of memory */
json_t *outcomes_to_json(const struct outcomes *row);

#endif /* ZREC_OUTCOMES_H */
