// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* reallocarray() */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "record/names.h"
#include "policy/vectors.h"
#include "rules/rules-int.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define BEGIN_NS	3600000000000ull	/* the clock of the first line */
#define FILE_MAX	(1024 * 1024)

static const char *const members[ZPCI_NR_MEMBERS] = {
	"event", "vote", "reset", "failed", "deadline", "done",
};

static const char *const verdicts[] = { "default", "reset", "isolate" };

struct reader {
	const char *name;
	unsigned int line;
	bool bad;
	FILE *errors;
	uint64_t now_ns;
	struct vectors *vectors;
};

static void complain(struct reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void complain(struct reader *r, const char *fmt, ...)
{
	va_list args;

	r->bad = true;
	if (!r->errors)
		return;
	fprintf(r->errors, "%s:%u: ", r->name, r->line);
	va_start(args, fmt);
	vfprintf(r->errors, fmt, args);
	va_end(args);
	fputc('\n', r->errors);
}

const char *vector_member(uint32_t member)
{
	return member < ZPCI_NR_MEMBERS ? members[member] : "unknown";
}

const char *vector_verdict(uint32_t member, uint32_t verdict, char *buf, size_t len)
{
	if (member == ZPCI_MEMBER_DEADLINE) {
		snprintf(buf, len, "%u ms", verdict);
		return verdict ? buf : "none";
	}
	snprintf(buf, len, "%u", verdict);
	return verdict < ARRAY_SIZE(verdicts) ? verdicts[verdict] : buf;
}

/* --- fields --- */

enum field_kind { U8, U16, U32, U64, OTHER };

static int parse_device(struct vector *v, const char *s)
{
	unsigned int vendor, device;
	char rest;

	if (sscanf(s, "%4x:%4x%c", &vendor, &device, &rest) != 2)
		return -EINVAL;
	v->event.vendor = (uint16_t)vendor;
	v->event.device = (uint16_t)device;
	return 0;
}

static int parse_vote(struct vector *v, const char *s)
{
	char buf[16];

	for (uint8_t vote = ZPCI_VOTE_NONE; vote <= ZPCI_VOTE_NO_AER_DRIVER; vote++) {
		if (!strcmp(name_result(vote, buf, sizeof(buf)), s)) {
			v->event.vote = vote;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_outcome(struct vector *v, const char *s)
{
	for (uint32_t i = 0; i < ZPCI_NR_OUTCOMES; i++) {
		if (!strcmp(name_outcome(i), s)) {
			v->outcome = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_reason(struct vector *v, const char *s)
{
	for (uint32_t i = 0; i < ZPCI_NR_REASONS; i++) {
		if (!strcmp(name_reason(ZPCI_OUTCOME_FAILED, i), s)) {
			v->reason = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_driver(struct vector *v, const char *s)
{
	size_t len = strlen(s);

	if (!len || len >= ZPCI_DRIVER_LEN)
		return -EINVAL;
	memcpy(v->event.driver, s, len);
	return 0;
}

static int parse_pec(struct vector *v, const char *s)
{
	return name_parse_pec(s, &v->event.pec);
}

static int parse_ago(struct vector *v, const char *s)
{
	uint64_t ns;

	if (rules_parse_span(s, &ns) || ns >= v->event.now_ns)
		return -EINVAL;
	v->event.last_event_ns = v->event.now_ns - ns;
	return 0;
}

#define NUMBER(name, kind, member) { name, kind, offsetof(struct zpci_event_in, member), NULL }

static const struct {
	const char *name;
	enum field_kind kind;
	size_t offset;
	int (*parse)(struct vector *v, const char *s);
} fields[] = {
	NUMBER("fid", U32, fid),
	NUMBER("fh", U32, fh),
	NUMBER("uid", U32, uid),
	NUMBER("class", U32, class_code),
	NUMBER("pchid", U16, pchid),
	NUMBER("vfn", U16, vfn),
	NUMBER("domain", U16, domain),
	NUMBER("bus", U8, bus),
	NUMBER("devfn", U8, devfn),
	NUMBER("pft", U8, pft),
	NUMBER("mediated", U8, mediated),
	NUMBER("attempt", U8, attempt),
	NUMBER("id", U64, id),
	NUMBER("faddr", U64, faddr),
	NUMBER("events", U64, events),
	NUMBER("recovered", U64, recovered),
	NUMBER("failed", U64, failed),
	{ "pec", OTHER, 0, parse_pec },
	{ "driver", OTHER, 0, parse_driver },
	{ "device", OTHER, 0, parse_device },
	{ "vote", OTHER, 0, parse_vote },
	{ "last_event", OTHER, 0, parse_ago },
	{ "outcome", OTHER, 0, parse_outcome },
	{ "reason", OTHER, 0, parse_reason },
};

static int parse_number(struct vector *v, size_t i, const char *s)
{
	char *at = (char *)&v->event + fields[i].offset;
	unsigned long long n;
	char *end;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	n = strtoull(s, &end, 0);
	if (*end || errno)
		return -EINVAL;
	switch (fields[i].kind) {
	case U8:
		*(uint8_t *)at = (uint8_t)n;
		return n > UINT8_MAX ? -EINVAL : 0;
	case U16:
		*(uint16_t *)at = (uint16_t)n;
		return n > UINT16_MAX ? -EINVAL : 0;
	case U32:
		*(uint32_t *)at = (uint32_t)n;
		return n > UINT32_MAX ? -EINVAL : 0;
	default:
		*(uint64_t *)at = n;
		return 0;
	}
}

static void parse_field(struct reader *r, struct vector *v, char *text, uint32_t *seen)
{
	char *value = strchr(text, '=');
	size_t i = 0;

	if (value)
		*value++ = '\0';
	while (value && i < ARRAY_SIZE(fields) && strcmp(fields[i].name, text))
		i++;
	if (!value || i == ARRAY_SIZE(fields)) {
		complain(r, "unknown field '%.40s', expected fid=, driver=, pec=, ... as the author guide lists them",
			 text);
		return;
	}
	if (*seen & 1u << i)
		complain(r, "%s again, expected it once", text);
	*seen |= 1u << i;
	if (fields[i].parse ? fields[i].parse(v, value) : parse_number(v, i, value))
		complain(r, "bad %s '%.40s', expected a value as in the author guide", text, value);
}

/* --- lines --- */

static int parse_verdict(struct vector *v, const char *s)
{
	uint64_t ns;

	if (v->member == ZPCI_MEMBER_DEADLINE) {
		if (!strcmp(s, "none"))
			return 0;
		if (rules_parse_span(s, &ns))
			return -EINVAL;
		v->expected = (uint32_t)(ns / 1000000);
		return 0;
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		if (!strcmp(verdicts[i], s)) {
			v->expected = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* "-> VERDICT" at the end, which "done" has not */
static void parse_expected(struct reader *r, struct vector *v, char *arrow)
{
	char *end;

	if (v->member == ZPCI_MEMBER_DONE) {
		if (arrow)
			complain(r, "'done' has no verdict, expected no '->'");
		return;
	}
	if (!arrow) {
		complain(r, "no verdict, expected '-> VERDICT' at the end");
		return;
	}
	arrow += 2 + strspn(arrow + 2, " \t");
	end = arrow + strlen(arrow);
	while (end > arrow && strchr(" \t\r", end[-1]))
		*--end = '\0';
	if (parse_verdict(v, arrow))
		complain(r, "bad verdict '%.40s', expected %s", arrow,
			 v->member == ZPCI_MEMBER_DEADLINE ? "none or a time" :
			 "default, reset or isolate");
}

/* "+90s": times come first, since others may be relative to it */
static void parse_times(struct reader *r, char *text)
{
	for (char *s = strchr(text, '+'); s; s = strchr(s, '+')) {
		size_t len = strcspn(s, " \t\r");
		char span[24];
		uint64_t ns;

		snprintf(span, sizeof(span), "%.*s", (int)len - 1, s + 1);
		if (len >= sizeof(span) || rules_parse_span(span, &ns))
			complain(r, "bad time '%.40s', expected one such as +90s", s);
		else
			r->now_ns += ns;
		memset(s, ' ', len);
	}
}

/* How many events the function has had, and when the last one was, as the kernel counts */
static void count_events(const struct vectors *vectors, struct vector *v, bool given)
{
	for (size_t i = vectors->nr; i-- > 0;) {
		const struct vector *old = &vectors->v[i];

		if (old->event.fid != v->event.fid)
			continue;
		if (!given)
			v->event.events = old->event.events + (v->member == ZPCI_MEMBER_EVENT);
		if (!v->event.last_event_ns)
			v->event.last_event_ns = old->member == ZPCI_MEMBER_EVENT ?
				old->event.now_ns : old->event.last_event_ns;
		return;
	}
	if (!given)
		v->event.events = 1;
}

static int add(struct reader *r, const struct vector *v)
{
	struct vectors *all = r->vectors;

	if (!(all->nr & (all->nr - 1))) {
		struct vector *more = reallocarray(all->v, all->nr ? all->nr * 2 : 1, sizeof(*v));

		if (!more)
			return -ENOMEM;
		all->v = more;
	}
	all->v[all->nr++] = *v;
	return 0;
}

static int parse_line(struct reader *r, char *text)
{
	struct vector v = { .line = r->line };
	char *arrow = strstr(text, "->"), *save = NULL, *word;
	char after[64] = "";
	uint32_t seen = 0;

	if (arrow) {
		snprintf(after, sizeof(after), "%s", arrow);
		*arrow = '\0';
	}
	parse_times(r, text);
	v.event.now_ns = r->now_ns;
	word = strtok_r(text, " \t\r", &save);
	while (word && v.member < ZPCI_NR_MEMBERS && strcmp(members[v.member], word))
		v.member++;
	if (!word || v.member == ZPCI_NR_MEMBERS) {
		complain(r, "unknown member '%.40s', expected event, vote, reset, failed, deadline or done",
			 word ? word : "");
		return 0;
	}
	while ((word = strtok_r(NULL, " \t\r", &save)))
		parse_field(r, &v, word, &seen);
	parse_expected(r, &v, arrow ? after : NULL);
	count_events(r->vectors, &v, v.event.events);
	return add(r, &v);
}

int vectors_parse(const char *name, char *text, struct vectors *ret, FILE *errors)
{
	struct reader r = {
		.name = name, .errors = errors, .now_ns = BEGIN_NS, .vectors = ret,
	};
	char *save = text, *line;
	int err = 0;

	*ret = (struct vectors){ 0 };
	while (!err && (line = strsep(&save, "\n"))) {
		r.line++;
		line += strspn(line, " \t\r");
		if (*line && *line != '#')
			err = parse_line(&r, line);
	}
	if (!err && !ret->nr && !r.bad)
		complain(&r, "no vectors in it, expected at least one");
	if (!err && r.bad)
		err = -EINVAL;
	if (err)
		vectors_free(ret);
	return err;
}

int vectors_parse_file(const char *path, struct vectors *ret, FILE *errors)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t len;
	int err = 0;

	if (!f) {
		err = -errno;
		goto out;
	}
	text = malloc(FILE_MAX + 1);
	if (!text) {
		err = -ENOMEM;
		goto out;
	}
	len = fread(text, 1, FILE_MAX + 1, f);
	if (ferror(f))
		err = -EIO;
	else if (len > FILE_MAX)
		err = -EFBIG;
	else
		text[len] = '\0';
out:
	if (f)
		fclose(f);
	if (err && errors)
		fprintf(errors, "%s: cannot read the vectors: %s\n", path, strerror(-err));
	if (!err)
		err = vectors_parse(path, text, ret, errors);
	free(text);
	return err;
}

void vectors_free(struct vectors *vectors)
{
	free(vectors->v);
	*vectors = (struct vectors){ 0 };
}
