// SPDX-License-Identifier: GPL-2.0
/*
 * Histories as JSON lines, of any bytes: a file is refused with a reason, or what was
 * read can be written, is read again, and is the same then.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keep/jsonl.h"
#include "record/span.h"

static void must(bool ok)
{
	if (!ok)
		abort();
}

static int write_line(struct jsonl_writer *w, const struct jsonl_line *line)
{
	switch (line->kind) {
	case JSONL_RECOVERY:
		return jsonl_write_recovery(w, &line->recovery);
	case JSONL_GAP:
		return jsonl_write_gap(w, line->boot, &line->gap);
	case JSONL_POLICY_EVENT:
		return jsonl_write_policy_event(w, &line->policy_event);
	default:
		return 0;
	}
}

/* All lines of @in to @out; returns what the last jsonl_next() did */
static int copy(FILE *in, FILE *out)
{
	struct jsonl_writer w = { .f = out };
	struct jsonl_reader r = { 0 };
	struct jsonl_line line;
	int err;

	must(!jsonl_write_meta(&w));
	while ((err = jsonl_next(&r, in, &line)) == 1)
		must(!write_line(&w, &line));
	must(!err || r.why[0]);
	jsonl_writer_free(&w);
	jsonl_reader_free(&r);
	return err;
}

/* Returns what was written, without its meta line, which has the time; NULL: refused */
static char *copy_text(const char *text, size_t size)
{
	char *out = NULL, *end;
	size_t len;
	FILE *in = fmemopen((void *)text, size, "r"), *f = open_memstream(&out, &len);
	int err;

	must(in && f);
	err = copy(in, f);
	fclose(in);
	must(!fclose(f));
	if (err) {
		free(out);
		return NULL;
	}
	end = strchr(out, '\n') + 1;
	memset(out, ' ', (size_t)(end - out - 1));
	memcpy(out, "{\"meta\":{\"format\":\"zrec-history\",\"format_version\":1}}", 53);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *first, *second;

	if (!size)
		return 0;
	first = copy_text((const char *)data, size);
	if (!first)
		return 0;
	second = copy_text(first, strlen(first));
	must(second);
	must(!strcmp(first, second));
	free(first);
	free(second);
	return 0;
}
