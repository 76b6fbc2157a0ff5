/* SPDX-License-Identifier: GPL-2.0 */
/*
 * jsonl.h - a history as JSON lines: what "zrec history export" writes
 *
 * The first line is {"meta": {"format": "zrec-history", "format_version": 1, ...}}, then
 * come {"boot": ...}, {"observation": ...}, {"recovery": ...}, {"gap": ...} and
 * {"policy_event": ...} in any order, but that a boot and an observation come before what
 * happened in it; without the line of its observation, a recovery says what is needed. Several files in one, as cat
 * makes it, are such a file, too. Lines with other keys are skipped.
 *
 * Files are of anybody: a line, its depth and the number of boots have bounds.
 */
#ifndef ZREC_KEEP_JSONL_H
#define ZREC_KEEP_JSONL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/json-in.h"
#include "keep/boots.h"
#include "keep/observations.h"
#include "keep/record.h"

#define JSONL_FORMAT		"zrec-history"
#define JSONL_FORMAT_VERSION	1
#define JSONL_LINE_MAX		(256u << 10)
#define JSONL_DEPTH_MAX		16

enum jsonl_kind {
	JSONL_NOTHING,			/* an empty line, a meta, or a key that is not known */
	JSONL_BOOT,
	JSONL_OBSERVATION,
	JSONL_RECOVERY,
	JSONL_GAP,
	JSONL_POLICY_EVENT,
};

/* Boots and observations stay as long as the reader does */
struct jsonl_line {
	enum jsonl_kind kind;
	const struct history_boot *boot;
	union {
		struct history_recovery recovery;
		struct history_gap gap;
		struct history_policy_event policy_event;
	};
};

/* Zero-initialise */
struct jsonl_reader {
	struct boots boots;
	struct observations observations;
	uint64_t line;			/* number of the last one, from 1 on */
	bool begun;			/* a meta was there */
	char *buf;			/* of jsonl_next() */
	char why[JSON_IN_WHY_LEN];	/* one line for people, without file and number */
};

/*
 * One line, without its end. 0; -EUCLEAN: damaged, or no history; -EPROTO: of a newer
 * zrec; -ENOMEM. @r->why says why.
 */
int jsonl_parse(struct jsonl_reader *r, const char *text, size_t len, struct jsonl_line *ret);
/* The next line of a file. 1, 0 at its end, or as jsonl_parse(), or -errno of reading */
int jsonl_next(struct jsonl_reader *r, FILE *f, struct jsonl_line *ret);
void jsonl_reader_free(struct jsonl_reader *r);

/* Zero-initialise but for f */
struct jsonl_writer {
	FILE *f;
	struct boots boots;		/* that have their line */
	struct observations observations;	/* likewise */
};

/* 0 or a negative errno, -EPIPE when the reader has gone. Boots and observations are written when they are met */
int jsonl_write_meta(struct jsonl_writer *w);
int jsonl_write_recovery(struct jsonl_writer *w, const struct history_recovery *r);
int jsonl_write_gap(struct jsonl_writer *w, const struct history_boot *boot,
		    const struct history_gap *gap);
int jsonl_write_policy_event(struct jsonl_writer *w, const struct history_policy_event *event);
void jsonl_writer_free(struct jsonl_writer *w);

#endif /* ZREC_KEEP_JSONL_H */
