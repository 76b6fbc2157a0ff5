// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "exporter/emit.h"
#include "record/names.h"

#define FIRST_SIZE	(64 * 1024)

const char *emit_content_type(enum emit_format format)
{
	return format == EMIT_OPENMETRICS ?
	       "application/openmetrics-text; version=1.0.0; charset=utf-8" :
	       "text/plain; version=0.0.4; charset=utf-8";
}

static void put(struct emit *e, const char *s, size_t len)
{
	if (e->err)
		return;
	if (e->size - e->len < len) {
		size_t size = e->size ? e->size : FIRST_SIZE;
		char *more;

		while (size - e->len < len)
			size *= 2;
		more = realloc(e->buf, size);
		if (!more) {
			e->err = -ENOMEM;
			return;
		}
		e->buf = more;
		e->size = size;
	}
	memcpy(e->buf + e->len, s, len);
	e->len += len;
}

static void put_text(struct emit *e, const char *s)
{
	put(e, s, strlen(s));
}

void emit_begin(struct emit *e, enum emit_format format)
{
	e->len = 0;
	e->err = 0;
	e->format = format;
	e->family = NULL;
}

int emit_end(struct emit *e)
{
	if (e->format == EMIT_OPENMETRICS)
		put_text(e, "# EOF\n");
	return e->err;
}

void emit_free(struct emit *e)
{
	free(e->buf);
	*e = (struct emit){ 0 };
}

static void put_line(struct emit *e, const char *what, const char *suffix, const char *text)
{
	put_text(e, what);
	put_text(e, e->family->name);
	put_text(e, suffix);
	put_text(e, " ");
	put_text(e, text);
	put_text(e, "\n");
}

/* In the older format a family has the name of its samples, and there are no infos */
void emit_family(struct emit *e, enum family_id id)
{
	bool openmetrics = e->format == EMIT_OPENMETRICS;
	const char *suffix, *type, *unit;

	e->family = family_of(id);
	suffix = openmetrics ? "" : family_suffix(e->family);
	type = !openmetrics && e->family->type == FAMILY_INFO ? "gauge" :
	       family_type_name(e->family->type);
	put_line(e, "# HELP ", suffix, "");
	e->len -= !e->err;
	/* A quotation mark is escaped in the newer format only */
	for (const char *s = e->family->help; *s; s++) {
		if (*s == '\\' || (*s == '"' && openmetrics))
			put(e, "\\", 1);
		put(e, s, 1);
	}
	put_text(e, "\n");
	put_line(e, "# TYPE ", suffix, type);
	unit = family_unit(e->family);
	if (openmetrics && unit)
		put_line(e, "# UNIT ", "", unit);
}

/* What is not UTF-8 would cost the whole page */
static void put_value(struct emit *e, const char *s)
{
	char buf[512];

	if (!name_is_utf8(s))
		s = text_copy(buf, sizeof(buf), s, strlen(s));
	for (; *s; s++) {
		if (*s == '\n')
			put_text(e, "\\n");
		else if (*s == '\\' || *s == '"')
			put(e, (char[]){ '\\', *s }, 2);
		else
			put(e, s, 1);
	}
}

static void put_label(struct emit *e, bool *any, const char *name, const char *value)
{
	put_text(e, *any ? "," : "{");
	put_text(e, name);
	put_text(e, "=\"");
	put_value(e, value);
	put_text(e, "\"");
	*any = true;
}

/* "NAME{LABEL="VALUE",...} ", to be followed by the sample's value */
static void put_name(struct emit *e, const char *suffix, const char *le, va_list labels)
{
	bool any = false;
	va_list args;

	put_text(e, e->family->name);
	put_text(e, suffix);
	va_copy(args, labels);
	for (const char *const *name = e->family->labels; *name; name++)
		put_label(e, &any, *name, va_arg(args, const char *));
	va_end(args);
	if (le)
		put_label(e, &any, "le", le);
	put_text(e, any ? "} " : " ");
}

static void put_number(struct emit *e, uint64_t n)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%" PRIu64 "\n", n);
	put_text(e, buf);
}

static void put_seconds(struct emit *e, uint64_t ns)
{
	char buf[40];

	snprintf(buf, sizeof(buf), "%" PRIu64 ".%09" PRIu64 "\n", ns / 1000000000, ns % 1000000000);
	put_text(e, buf);
}

void emit_count(struct emit *e, uint64_t value, ...)
{
	va_list labels;

	va_start(labels, value);
	put_name(e, family_suffix(e->family), NULL, labels);
	va_end(labels);
	put_number(e, value);
}

void emit_info(struct emit *e, ...)
{
	va_list labels;

	va_start(labels, e);
	put_name(e, family_suffix(e->family), NULL, labels);
	va_end(labels);
	put_number(e, 1);
}

void emit_seconds(struct emit *e, uint64_t ns, ...)
{
	va_list labels;

	va_start(labels, ns);
	put_name(e, family_suffix(e->family), NULL, labels);
	va_end(labels);
	put_seconds(e, ns);
}

void emit_histogram(struct emit *e, const struct buckets *b, int coarse, ...)
{
	char le[BUCKETS_LE_LEN];
	uint64_t sum = 0;
	va_list labels;

	va_start(labels, coarse);
	for (unsigned int i = 0; i <= BUCKETS_NR; i++) {
		sum += b->count[i];
		if (i < BUCKETS_NR && coarse && !buckets_is_coarse(i))
			continue;
		put_name(e, "_bucket", i < BUCKETS_NR ? buckets_le(i, le) : "+Inf", labels);
		put_number(e, sum);
	}
	put_name(e, "_sum", NULL, labels);
	put_seconds(e, b->sum_ns);
	put_name(e, "_count", NULL, labels);
	put_number(e, sum);
	va_end(labels);
}

void emit_summary(struct emit *e, uint64_t count, uint64_t sum_ns, ...)
{
	va_list labels;

	va_start(labels, sum_ns);
	put_name(e, "_sum", NULL, labels);
	put_seconds(e, sum_ns);
	put_name(e, "_count", NULL, labels);
	put_number(e, count);
	va_end(labels);
}
