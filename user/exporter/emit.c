// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
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

static void grow(struct emit *e, size_t len)
{
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

/* True if there is room for so much */
static bool reserve(struct emit *e, size_t len)
{
	if (!e->err && e->size - e->len < len)
		grow(e, len);
	return !e->err;
}

static void put(struct emit *e, const char *s, size_t len)
{
	if (!reserve(e, len))
		return;
	memcpy(e->buf + e->len, s, len);
	e->len += len;
}

/* What is on the page already */
static void put_again(struct emit *e, size_t at, size_t len)
{
	if (!reserve(e, len))
		return;
	memcpy(e->buf + e->len, e->buf + at, len);
	e->len += len;
}

static void put_text(struct emit *e, const char *s)
{
	put(e, s, strlen(s));
}

const char *emit_hex(uint32_t n, unsigned int least, char buf[EMIT_HEX_LEN])
{
	char *end = buf + EMIT_HEX_LEN - 1, *at = end;

	*end = '\0';
	for (; n || at > end - least; n >>= 4)
		*--at = "0123456789abcdef"[n & 15];
	*--at = 'x';
	*--at = '0';
	return at;
}

void emit_begin(struct emit *e, enum emit_format format)
{
	e->len = 0;
	e->err = 0;
	e->format = format;
	e->family = NULL;
	for (unsigned int i = 0; i < BUCKETS_NR && !e->le[BUCKETS_NR - 1][0]; i++)
		buckets_le(i, e->le[i]);
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

/* "{FIRST="", "",SECOND="": all samples of the family have them */
static void prepare_labels(struct emit *e)
{
	const char *const *name = e->family->labels;

	for (unsigned int i = 0; i < FAMILY_MAX_LABELS && name[i]; i++)
		e->label_len[i] = (size_t)snprintf(e->label[i], sizeof(e->label[i]), "%s%s=\"",
						   i ? "\"," : "{", name[i]);
}

/* In the older format a family has the name of its samples, and there are no infos */
void emit_family(struct emit *e, enum family_id id)
{
	bool openmetrics = e->format == EMIT_OPENMETRICS;
	const char *suffix, *type, *unit;

	e->family = family_of(id);
	prepare_labels(e);
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

/* Nearly all are: nothing to be looked at twice, and nothing to be escaped */
static size_t plain_length(const char *s)
{
	size_t len = 0;

	while (s[len] >= ' ' && s[len] <= '~' && s[len] != '"' && s[len] != '\\')
		len++;
	return len;
}

/* What is not UTF-8 would cost the whole page */
static void put_value(struct emit *e, const char *s)
{
	size_t plain = plain_length(s);
	char buf[512];

	if (!s[plain]) {
		put(e, s, plain);
		return;
	}
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

/* "NAME{LABEL="VALUE",..." True if there is a label, so that a brace is open */
static bool put_labels(struct emit *e, const char *suffix, va_list labels)
{
	const char *const *name = e->family->labels;
	va_list args;

	put_text(e, e->family->name);
	put_text(e, suffix);
	va_copy(args, labels);
	for (unsigned int i = 0; i < FAMILY_MAX_LABELS && name[i]; i++) {
		put(e, e->label[i], e->label_len[i]);
		put_value(e, va_arg(args, const char *));
	}
	va_end(args);
	if (name[0])
		put(e, "\"", 1);
	return name[0];
}

/* To be followed by the sample's value */
static void put_name(struct emit *e, const char *suffix, va_list labels)
{
	put_text(e, put_labels(e, suffix, labels) ? "} " : " ");
}

/* printf() is most of what a page would need otherwise. @end is behind the last digit */
static char *digits(char *end, uint64_t n, unsigned int least)
{
	char *at = end;

	for (; n || at > end - least; n /= 10)
		*--at = (char)('0' + n % 10);
	return at;
}

static void put_number(struct emit *e, uint64_t n)
{
	char buf[24], *end = buf + sizeof(buf) - 1, *at = digits(end, n, 1);

	*end = '\n';
	put(e, at, (size_t)(end + 1 - at));
}

static void put_seconds(struct emit *e, uint64_t ns)
{
	char buf[40], *end = buf + sizeof(buf) - 1, *at = digits(end, ns % 1000000000, 9);

	*end = '\n';
	*--at = '.';
	at = digits(at, ns / 1000000000, 1);
	put(e, at, (size_t)(end + 1 - at));
}

void emit_count(struct emit *e, uint64_t value, ...)
{
	va_list labels;

	va_start(labels, value);
	put_name(e, family_suffix(e->family), labels);
	va_end(labels);
	put_number(e, value);
}

void emit_info(struct emit *e, ...)
{
	va_list labels;

	va_start(labels, e);
	put_name(e, family_suffix(e->family), labels);
	va_end(labels);
	put_number(e, 1);
}

void emit_seconds(struct emit *e, uint64_t ns, ...)
{
	va_list labels;

	va_start(labels, ns);
	put_name(e, family_suffix(e->family), labels);
	va_end(labels);
	put_seconds(e, ns);
}

static void put_count_and_sum(struct emit *e, uint64_t count, uint64_t sum_ns, va_list labels)
{
	put_name(e, "_sum", labels);
	put_seconds(e, sum_ns);
	put_name(e, "_count", labels);
	put_number(e, count);
}

/* All lines of it begin alike */
void emit_histogram(struct emit *e, const struct buckets *b, int coarse, ...)
{
	size_t at = e->len, len = 0;
	uint64_t sum = 0;
	va_list labels;

	va_start(labels, coarse);
	for (unsigned int i = 0; i <= BUCKETS_NR; i++) {
		sum += b->count[i];
		if (i < BUCKETS_NR && coarse && !buckets_is_coarse(i))
			continue;
		if (len) {
			put_again(e, at, len);
		} else {
			put_text(e, put_labels(e, "_bucket", labels) ? ",le=\"" : "{le=\"");
			len = e->len - at;
		}
		put_text(e, i < BUCKETS_NR ? e->le[i] : "+Inf");
		put(e, "\"} ", 3);
		put_number(e, sum);
	}
	put_count_and_sum(e, sum, b->sum_ns, labels);
	va_end(labels);
}

void emit_summary(struct emit *e, uint64_t count, uint64_t sum_ns, ...)
{
	va_list labels;

	va_start(labels, sum_ns);
	put_count_and_sum(e, count, sum_ns, labels);
	va_end(labels);
}
