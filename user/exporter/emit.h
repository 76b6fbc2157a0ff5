/* SPDX-License-Identifier: GPL-2.0 */
/*
 * emit.h - the text of metrics: Prometheus 0.0.4, or OpenMetrics 1.0
 *
 * One buffer that grows and is used again. The first error stays; look at it at the end.
 */
#ifndef ZREC_EXPORTER_EMIT_H
#define ZREC_EXPORTER_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exporter/buckets.h"
#include "exporter/families.h"

enum emit_format {
	EMIT_PROMETHEUS,
	EMIT_OPENMETRICS,
};

struct emit {
	char *buf;
	size_t len, size;
	int err;			/* 0 or -ENOMEM */
	enum emit_format format;
	const struct family *family;	/* that the samples belong to */
	char label[FAMILY_MAX_LABELS][32];	/* of its labels, all but their values */
	size_t label_len[FAMILY_MAX_LABELS];
	char le[BUCKETS_NR][BUCKETS_LE_LEN];
};

/* For Content-Type */
const char *emit_content_type(enum emit_format format);

/* "0x11", as labels have a number, with as many digits as that at least */
#define EMIT_HEX_LEN	16
const char *emit_hex(uint32_t n, unsigned int least, char buf[EMIT_HEX_LEN]);

/* Begins a page, in the buffer of the one before */
void emit_begin(struct emit *e, enum emit_format format);
int emit_end(struct emit *e);
void emit_free(struct emit *e);

/* Begins a family: what follows are its samples */
void emit_family(struct emit *e, enum family_id id);

/* A sample, with as many label values as the family has labels */
void emit_count(struct emit *e, uint64_t value, ...);
void emit_info(struct emit *e, ...);
/* Of nanoseconds, in seconds */
void emit_seconds(struct emit *e, uint64_t ns, ...);
/* @coarse: with every second bound */
void emit_histogram(struct emit *e, const struct buckets *b, int coarse, ...);
void emit_summary(struct emit *e, uint64_t count, uint64_t sum_ns, ...);

#endif /* ZREC_EXPORTER_EMIT_H */
