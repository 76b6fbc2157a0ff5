/* SPDX-License-Identifier: GPL-2.0 */
/*
 * entry.h - what happened, as fields "NAME=value": for the journal, and for commands
 *
 * docs/abi.md has the fields. Values are one line of printable text.
 */
#ifndef ZREC_SERVE_ENTRY_H
#define ZREC_SERVE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "record/meaning.h"
#include "record/open.h"
#include "zrec.h"

#define ENTRY_FIELDS_MAX	32
#define ENTRY_LEN		4096

struct entry {
	const struct meaning *meaning;
	int priority;
	int nr;
	struct iovec field[ENTRY_FIELDS_MAX];	/* each with a NUL behind it */
	size_t used;
	char text[ENTRY_LEN];
};

/* @m is the kind of entry. Then fields are added; one that finds no room is left out */
void entry_begin(struct entry *e, const struct meaning *m, int priority);
void entry_add(struct entry *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What has "NAME=" before it; NULL: there is no such field */
const char *entry_value(const struct entry *e, const char *name);

/* A whole entry each */
void entry_recovery(struct entry *e, const struct zrec_span *s, int64_t wall_ns);
void entry_open_recovery(struct entry *e, const struct open_recovery *r);
void entry_policy_began(struct entry *e, const char *policy, int64_t wall_ns, bool shadow);
void entry_policy_ended(struct entry *e, const struct zrec_policy_exit *exit, int64_t wall_ns);

#endif /* ZREC_SERVE_ENTRY_H */
