// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/text.h"
#include "policy/vector-fields.h"
#include "policy/vectors.h"
#include "record/names.h"
#include "base/problem.h"
#include "rules/time.h"

#define BEGIN_NS	3600000000000ull	/* the clock of the first line */
#define FILE_MAX	(1024 * 1024)
#define BLANKS		" \t\r"

#define BUCKETS		1024			/* by FID */

struct reader {
	unsigned int line;
	struct problems problems;
	uint64_t now_ns;
	struct vectors *vectors;
	/* Numbers of vectors, from 1 on: the last one of a bucket, and the one before each */
	size_t last[BUCKETS];
	size_t *before;
};

#define problem(r, ...)	problems_add(&(r)->problems, (r)->line, __VA_ARGS__)

static int parse_answer(struct vector *v, const char *s)
{
	uint64_t ns;

	if (v->member != ZPCI_MEMBER_DEADLINE)
		return name_parse_verdict(s, &v->expected);
	if (!strcmp(s, "none"))
		return 0;
	if (rules_parse_span(s, &ns))
		return -EINVAL;
	v->expected = (uint32_t)(ns / 1000000);
	return 0;
}

/* What follows "->", which "done" has not */
static void parse_expected(struct reader *r, struct vector *v, char *text)
{
	char *end;

	if (v->member == ZPCI_MEMBER_DONE) {
		if (text)
			problem(r, "'done' has no verdict, expected no '->'");
		return;
	}
	if (!text) {
		problem(r, "no verdict, expected '-> VERDICT' at the end");
		return;
	}
	text += strspn(text, BLANKS);
	end = text + strlen(text);
	while (end > text && strchr(BLANKS, end[-1]))
		*--end = '\0';
	if (parse_answer(v, text))
		problem(r, "bad verdict '%s', expected %s", text_cut(text),
			v->member == ZPCI_MEMBER_DEADLINE ? "none or a time" :
			"default, reset or isolate");
}

static void parse_time(struct reader *r, const char *s)
{
	uint64_t ns;

	if (rules_parse_span(s + 1, &ns))
		problem(r, "bad time '%s', expected one such as +90s", text_cut(s));
	else
		r->now_ns += ns;
}

/* "+90s", a word of its own: it comes first, since others may be relative to it */
static void take_time(struct reader *r, char *text)
{
	bool seen = false;

	for (char *s = text + strspn(text, BLANKS); *s; s += strspn(s, BLANKS)) {
		size_t len = strcspn(s, BLANKS);
		char end = s[len];

		if (*s == '+') {
			s[len] = '\0';
			if (seen)
				problem(r, "time '%s' again, expected it once", text_cut(s));
			else
				parse_time(r, s);
			seen = true;
			memset(s, ' ', len);
			s[len] = end;
		}
		s += len;
	}
}

/* The last vector of that function so far; NULL: none */
static const struct vector *find_last(const struct reader *r, uint32_t fid)
{
	size_t nr = r->last[fid % BUCKETS];

	while (nr && r->vectors->v[nr - 1].event.fid != fid)
		nr = r->before[nr - 1];
	return nr ? &r->vectors->v[nr - 1] : NULL;
}

/* How many events the function has had, and when the last one was, as the kernel counts */
static void count_events(const struct reader *r, struct vector *v, bool given)
{
	const struct vector *last = find_last(r, v->event.fid);

	if (!given)
		v->event.events = last ? last->event.events + (v->member == ZPCI_MEMBER_EVENT) : 1;
	if (last && !v->event.last_event_ns)
		v->event.last_event_ns = last->member == ZPCI_MEMBER_EVENT ?
			last->event.now_ns : last->event.last_event_ns;
}

static int add(struct reader *r, const struct vector *v)
{
	size_t *bucket = &r->last[v->event.fid % BUCKETS], nr = r->vectors->nr;
	size_t *before = array_add(&r->before, &nr, sizeof(*before));
	struct vector *added = array_add(&r->vectors->v, &r->vectors->nr, sizeof(*added));

	if (!before || !added)
		return -ENOMEM;
	*added = *v;
	*before = *bucket;
	*bucket = r->vectors->nr;
	return 0;
}

static int parse_vector(struct reader *r, char *text)
{
	struct vector v = { .line = r->line };
	struct vector_fields fields = { .vector = &v };
	char *expected = strstr(text, "->"), *save = NULL, *word;

	if (expected) {
		*expected = '\0';
		expected += strlen("->");
	}
	take_time(r, text);
	v.event.now_ns = r->now_ns;
	word = strtok_r(text, BLANKS, &save);
	if (!word || name_parse_member(word, &v.member)) {
		problem(r, "unknown member '%s', expected event, vote, reset, failed, deadline or done",
			text_cut(word ?: ""));
		return 0;
	}
	while ((word = strtok_r(NULL, BLANKS, &save)))
		vector_field(&fields, word, &r->problems);
	vector_fields_end(&fields, &r->problems);
	parse_expected(r, &v, expected);
	/* A file that is refused needs no vectors */
	if (r->problems.nr)
		return 0;
	count_events(r, &v, vector_has_field(&fields, "events"));
	return add(r, &v);
}

static int parse_line(struct reader *r, char *text)
{
	text += strspn(text, BLANKS);
	if (!*text || *text == '#')
		return 0;
	for (const char *s = text; *s; s++) {
		if (iscntrl((unsigned char)*s) && !strchr(BLANKS, *s)) {
			problem(r, "control character 0x%02x, expected text", (unsigned char)*s);
			return 0;
		}
	}
	return parse_vector(r, text);
}

static int parse_lines(struct reader *r, char *text, size_t len)
{
	char *save = text, *line;
	int err = 0;

	while (!err && (line = strsep(&save, "\n"))) {
		r->line++;
		/* strsep() ends at a NUL, wherever it is */
		if (!save && line + strlen(line) != text + len) {
			problem(r, "the file has NUL bytes, expected text");
			break;
		}
		err = parse_line(r, line);
	}
	if (!err && !r->vectors->nr && !r->problems.nr)
		problem(r, "no vectors in it, expected at least one");
	return err;
}

int vectors_parse(const char *name, const char *text, size_t len, struct vectors *ret,
		  FILE *errors)
{
	struct reader r = { .now_ns = BEGIN_NS, .vectors = ret };
	char *copy = malloc(len + 1);
	int err = -ENOMEM;

	*ret = (struct vectors){ 0 };
	if (copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
		err = parse_lines(&r, copy, len);
	}
	free(copy);
	free(r.before);
	problems_print(&r.problems, name, errors);
	if (!err)
		err = r.problems.no_memory ? -ENOMEM : r.problems.nr ? -EINVAL : 0;
	if (err == -ENOMEM && errors)
		fprintf(errors, "%s: no memory\n", text_shown(name));
	problems_free(&r.problems);
	if (err)
		vectors_free(ret);
	return err;
}

int vectors_parse_file(const char *path, struct vectors *ret, FILE *errors)
{
	const char *name = strcmp(path, "-") ? path : "<stdin>";
	char *text;
	size_t len;
	int err = file_read(path, FILE_MAX, &text, &len);

	if (err) {
		if (errors)
			fprintf(errors, "%s: cannot read the vectors: %s\n", text_shown(name),
				err == -EFBIG ? "they are larger than 1 MiB" : strerror(-err));
		/* -EINVAL says that what was read is not good */
		return err == -EINVAL ? -EIO : err == -EFBIG ? -EINVAL : err;
	}
	err = vectors_parse(name, text, len, ret, errors);
	free(text);
	return err;
}

void vectors_free(struct vectors *vectors)
{
	free(vectors->v);
	*vectors = (struct vectors){ 0 };
}
