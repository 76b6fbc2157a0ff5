/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vectors.h - events and the verdicts that a policy should give them
 *
 * A file NAME.vectors beside the policy; docs/policy-author-guide.md has the
 * format. A line:
 *
 *	MEMBER [FIELD=VALUE]... [+TIME] -> VERDICT
 */
#ifndef ZREC_POLICY_VECTORS_H
#define ZREC_POLICY_VECTORS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "policy-abi.h"

struct vector {
	unsigned int line;
	uint32_t member;		/* enum zpci_member */
	uint32_t expected;		/* verdict, or ms of a deadline; not of "done" */
	uint32_t outcome;		/* of "done" */
	uint32_t reason;
	struct zpci_event_in event;
};

struct vectors {
	struct vector *v;
	size_t nr;
};

/*
 * Its mistakes go to @errors as "file:line: what, expected what", the first hundred of
 * them. 0, -EINVAL, or another negative errno if it cannot be read.
 * A @path of "-" is standard input.
 */
int vectors_parse_file(const char *path, struct vectors *ret, FILE *errors);
int vectors_parse(const char *name, const char *text, size_t len, struct vectors *ret,
		  FILE *errors);
void vectors_free(struct vectors *vectors);

#endif /* ZREC_POLICY_VECTORS_H */
