/* SPDX-License-Identifier: GPL-2.0 */
/*
 * words.h - what is a number in memory and a name in the file
 *
 * The numbers are those of one version of the kernel and of zrec. The file has names, so
 * that it can be read without them, and new ones need no other tables. A number that has no
 * name yet is written in digits and comes back as it was.
 */
#ifndef ZREC_KEEP_WORDS_H
#define ZREC_KEEP_WORDS_H

#include <stdbool.h>
#include <stdint.h>

enum word_kind {
	WORD_STEP,
	WORD_OUTCOME,
	WORD_REASON,	/* of all outcomes but "dropped" */
	WORD_DROP,	/* the reason of that one */
	WORD_RECOVERER,
	WORD_TIER,
	WORD_MEMBER,
	WORD_VOTE,
	WORD_VERDICT,
	WORD_RESULT,	/* of a step: "ok", a vote, or the name of an errno */
	WORD_GAP,
	WORD_LOST,
	NR_WORD_KINDS
};

#define WORD_LEN	24	/* digits of a number */

const char *word_of(enum word_kind kind, int64_t value, char buf[WORD_LEN]);
/* False if this version does not know the name */
bool word_parse(enum word_kind kind, const char *name, int64_t *ret);

#endif /* ZREC_KEEP_WORDS_H */
