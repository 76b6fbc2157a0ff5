/* SPDX-License-Identifier: GPL-2.0 */
/*
 * output.h - all results leave zrec through here
 *
 * Results go to the stream given to output_open(), messages to stderr. A JSON
 * document is {"meta": {...}, "LIST": [...], "KEY": ...}; JSON lines are the
 * same in pieces, each a line: {"meta": {...}}, {"ITEM": ...}, {"KEY": ...}.
 */
#ifndef ZREC_OUTPUT_H
#define ZREC_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Raise when a key goes or changes its meaning or type; new keys do not raise
 * it. A test compares the schema of this level with all that is printed.
 */
#define OUTPUT_API_LEVEL	2

enum output_format {
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_JSONL,
	OUTPUT_CSV,		/* as text: the command prints it */
};

/* "text", "json", "jsonl", NULL: by enum output_format */
extern const char *const output_formats[];
/* "csv", too */
extern const char *const output_formats_csv[];

struct output {
	FILE *f;
	enum output_format format;
	const char *item;	/* of the open list */
	bool in_list;
	size_t keys;		/* written so far on the top level */
	size_t items;		/* written so far in the open list */
};

/*
 * All return 0 or a negative errno, -EPIPE when the reader has gone. JSON
 * values are consumed, in every case; NULL is -ENOMEM. In text format they
 * write nothing: the command prints its own text to the same stream.
 * What is written reaches the reader at once, item by item.
 */
int output_open(struct output *o, FILE *f, enum output_format format);
/* The value of "meta", for a file that is no document */
json_t *output_meta(void);
int output_list(struct output *o, const char *list, const char *item);
int output_item(struct output *o, json_t *value);
int output_value(struct output *o, const char *key, json_t *value);
int output_close(struct output *o);

/* Also for text: push out what stdio holds; 0 or a negative errno */
int output_flush(FILE *f);

/*
 * Exit code of a command whose result is rc (>= 0) if its output could be
 * written; err is what an output function returned. A reader that has gone is
 * not an error; anything else is reported on stderr.
 */
int output_exit_code(int err, int rc);

/* Make a closed pipe an -EPIPE instead of a signal; once, before any output */
void output_ignore_sigpipe(void);

/* The terminal behind a stream */
bool output_is_utf8(FILE *f);
bool output_is_color(FILE *f);
int output_width(FILE *f);

/* "12.3 ms": three digits, cut, and a unit; at most 8 columns below 1000 hours */
#define OUTPUT_DURATION_LEN	24
const char *output_duration(char buf[OUTPUT_DURATION_LEN], uint64_t ns);

/* Part of a whole times scale, without overflow; 0 if whole is 0 */
uint64_t output_scale(uint64_t part, uint64_t whole, uint64_t scale);

/*
 * Integers of JSON are exact below 2^53 only in JavaScript and jq. What may pass that
 * is a string of decimal digits. A duration or a count, which people calculate with,
 * is an integer and ends there; for a duration that is after 104 days.
 */
json_t *output_u64(uint64_t value);
json_t *output_ns(uint64_t ns);
json_t *output_count(uint64_t count);

/* {"fid": "0x00000011", "uid": "0x1", "pci_address": "0001:00:00.0"} */
json_t *output_ids(uint32_t fid, uint32_t uid, const char *pci_address);

#endif /* ZREC_OUTPUT_H */
