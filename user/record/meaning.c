// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/text.h"
#include "record/meaning.h"
#include "record/span.h"

#define COLUMNS		80
#define INDENT		12
#define NAME_LEN	32
/* The longest text of the table, with its values */
#define TEXT_LEN	1024

int meaning_priority(unsigned int pec, unsigned int outcome, unsigned int reason)
{
	/* Firmware's own work is expected; the other errors should not have happened */
	if (outcome == ZPCI_OUTCOME_RECOVERED && meaning_of_pec(pec)->kind != MEANING_PLATFORM)
		return LOG_WARNING;
	return meaning_of(outcome, reason)->priority;
}

bool meaning_needs_action(unsigned int pec, unsigned int outcome, unsigned int reason)
{
	return outcome != ZPCI_OUTCOME_RECOVERED &&
	       meaning_priority(pec, outcome, reason) <= LOG_WARNING;
}

const struct meaning *meaning_of_exit(unsigned int kind)
{
	if (kind == ZPCI_POLICY_EXIT_BUDGET)
		return meaning_of_event(MEANING_POLICY_EJECTED);
	return meaning_of_event(kind == ZPCI_POLICY_EXIT_KILLED ? MEANING_POLICY_KILLED :
								  MEANING_POLICY_ENDED);
}

int meaning_parse_severity(const char *s, int *ret)
{
	for (int priority = LOG_EMERG; priority <= LOG_DEBUG; priority++) {
		if (!strcmp(meaning_severity(priority), s)) {
			*ret = priority;
			return 0;
		}
	}
	return -EINVAL;
}

/* "@NAME@" at @s: copies the name, returns what comes after it; else NULL */
static const char *name_at(const char *s, char name[NAME_LEN])
{
	size_t len = *s == '@' ? strspn(s + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") : 0;

	if (!len || len >= NAME_LEN || s[1 + len] != '@')
		return NULL;
	memcpy(name, s + 1, len);
	name[len] = '\0';
	return s + len + 2;
}

void meaning_fill(char *buf, size_t size, const char *text, meaning_value_fn value,
		  const void *ctx)
{
	char name[NAME_LEN];
	size_t at = 0;

	while (*text && at + 1 < size) {
		const char *after = name_at(text, name), *put;

		if (!after) {
			buf[at++] = *text++;
			continue;
		}
		put = value(ctx, name) ?: "-";
		at += (size_t)snprintf(buf + at, size - at, "%s", put);
		text = after;
	}
	buf[at < size ? at : size - 1] = '\0';
}

struct span_values {
	const struct zrec_span *span;
	char *buf;		/* of the value that was asked for last */
	size_t size;
};

static const char *value_of_span(const void *ctx, const char *name)
{
	const struct span_values *v = ctx;
	const struct zrec_span *s = v->span;
	const struct zrec_span_policy *policy = zrec_span_policy(s);

	if (!strcmp(name, "ZPCI_ADDRESS"))
		return span_address(s, v->buf);
	if (!strcmp(name, "ZPCI_FID"))
		snprintf(v->buf, v->size, "0x%x", s->fid);
	else if (!strcmp(name, "ZPCI_SLOT"))
		snprintf(v->buf, v->size, "%08x", s->fid);
	else if (!strcmp(name, "ZPCI_DRIVER") && s->driver[0])
		text_copy(v->buf, v->size, s->driver, sizeof(s->driver));
	else if (!strcmp(name, "ZPCI_POLICY") && policy && policy->policy[0])
		text_copy(v->buf, v->size, policy->policy, sizeof(policy->policy));
	else
		return NULL;
	return v->buf;
}

/* After @label, whole words in lines of COLUMNS; a word that is longer has a line of its own */
static void print_wrapped(FILE *f, const char *label, const char *text)
{
	int column = fprintf(f, "    %-*s", INDENT - 4, label);
	const char *sep = "";

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (*sep && column + 1 + len > COLUMNS) {
			fprintf(f, "\n%*s", INDENT, "");
			column = INDENT;
			sep = "";
		}
		column += fprintf(f, "%s%.*s", sep, len, text);
		text += len + (text[len] == ' ');
		sep = " ";
	}
	fputc('\n', f);
}

void meaning_print(FILE *f, const struct zrec_span *s)
{
	const struct meaning *m = meaning_of(s->outcome, s->reason);
	const struct meaning_pec *pec = meaning_of_pec(s->pec);
	char text[TEXT_LEN], value[4 * ZPCI_POLICY_NAME_LEN + 1];
	const struct span_values values = { .span = s, .buf = value, .size = sizeof(value) };

	if (!meaning_needs_action(s->pec, s->outcome, s->reason))
		return;
	if (meaning_has_function(s->outcome, s->reason)) {
		print_wrapped(f, "error", pec->meaning);
		print_wrapped(f, "", meaning_where(pec->kind));
	}
	meaning_fill(text, sizeof(text), m->meaning, value_of_span, &values);
	print_wrapped(f, "means", text);
	meaning_fill(text, sizeof(text), m->action, value_of_span, &values);
	print_wrapped(f, "do", text);
	fputc('\n', f);
}
