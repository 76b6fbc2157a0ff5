// SPDX-License-Identifier: GPL-2.0
/*
 * Test vectors of any bytes: the parser says no, with a reason, or what it says yes
 * to has one vector for each line that is not empty and no comment. A line that is
 * left out would be a test that nobody runs.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/vectors.h"

static void must(bool ok)
{
	if (!ok)
		abort();
}

static size_t lines_with_text(const char *s, size_t len)
{
	size_t nr = 0;

	for (size_t at = 0; at < len;) {
		const char *end = memchr(s + at, '\n', len - at);
		size_t line = end ? (size_t)(end - s) - at : len - at, i = 0;

		while (i < line && (s[at + i] == ' ' || s[at + i] == '\t' || s[at + i] == '\r'))
			i++;
		nr += i < line && s[at + i] != '#';
		at += line + 1;
	}
	return nr;
}

static void look_at(const struct vector *v)
{
	must(v->member < ZPCI_NR_MEMBERS);
	must(v->member == ZPCI_MEMBER_DEADLINE ? v->expected <= 86400000u :
	     v->expected < ZPCI_NR_VERDICTS);
	must(v->outcome < ZPCI_NR_OUTCOMES && v->reason < ZPCI_NR_REASONS);
	must(v->event.class_code <= 0xffffff && v->event.mediated <= 1);
	must(v->event.vote < ZPCI_NR_VOTES);
	must(memchr(v->event.driver, 0, sizeof(v->event.driver)));
	must(v->event.now_ns && v->event.last_event_ns <= v->event.now_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vectors vectors;
	char *errors = NULL;
	size_t len;
	FILE *f = open_memstream(&errors, &len);
	int err;

	must(f);
	err = vectors_parse("fuzz", (const char *)data, size, &vectors, f);
	must(!fclose(f));
	must(!err == !len);
	free(errors);
	if (err)
		return 0;
	must(vectors.nr && vectors.nr == lines_with_text((const char *)data, size));
	for (size_t i = 0; i < vectors.nr; i++) {
		look_at(&vectors.v[i]);
		must(!i || vectors.v[i].line > vectors.v[i - 1].line);
	}
	vectors_free(&vectors);
	return 0;
}
