/* SPDX-License-Identifier: GPL-2.0 */
/*
 * meaning.h - what an error and its outcome mean, how bad that is, and what to do
 *
 * The one source for zrec watch -v, the history, the journal and its catalog, metrics, the
 * report, and docs/recoveries.md. What firmware reported (the PEC) and what became of it (the
 * outcome, and why) are two tables; both together are the meaning of a recovery.
 */
#ifndef ZREC_MEANING_H
#define ZREC_MEANING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "zrec.h"

/* What kind of error a PEC is of, and so where to look */
enum meaning_kind {
	MEANING_MEMORY,
	MEANING_INTERRUPT,
	MEANING_MEASUREMENT,
	MEANING_PLATFORM,
	MEANING_PERMANENT,
	MEANING_UNKNOWN,
	MEANING_NR_KINDS
};

/*
 * Texts have the names of journal fields between "@", as catalogs of the journal have them:
 * @ZPCI_FID@, @ZPCI_SLOT@, @ZPCI_ADDRESS@, @ZPCI_DRIVER@, @ZPCI_POLICY@.
 */
struct meaning_pec {
	uint16_t pec;
	uint8_t kind;			/* enum meaning_kind */
	const char *meaning;
};

/* What the journal has an entry for */
struct meaning {
	const char *key;		/* short and stable: "failed-reset_failed" */
	const char *id;			/* MESSAGE_ID, of the journal: 32 digits */
	int priority;			/* of syslog(3), from LOG_EMERG 0 to LOG_DEBUG 7 */
	const char *subject;		/* "Recovery failed: ..." */
	const char *meaning;
	const char *action;
};

/* A recovery that has ended; one that this version does not know has a meaning, too. Never NULL */
const struct meaning *meaning_of(unsigned int outcome, unsigned int reason);
const struct meaning_pec *meaning_of_pec(unsigned int pec);
/* What to look at after such an error */
const char *meaning_where(unsigned int kind);
const char *meaning_kind_name(unsigned int kind);

/* How bad it is, by all three: also an error that was recovered from may be somebody's fault */
int meaning_priority(unsigned int pec, unsigned int outcome, unsigned int reason);
/* True if somebody should know what to do: it did not end well */
bool meaning_needs_action(unsigned int pec, unsigned int outcome, unsigned int reason);
/* False if it is of no function that is known, and of no PEC: firmware has lost it */
bool meaning_has_function(unsigned int outcome, unsigned int reason);
/* "err", as journalctl -p wants it */
const char *meaning_severity(int priority);
/* The way back; 0 or -EINVAL, then *ret is kept */
int meaning_parse_severity(const char *s, int *ret);

/* What is no outcome of a recovery */
enum meaning_event {
	MEANING_OPEN,			/* a recovery that has been open for long */
	MEANING_POLICY_ENFORCED,
	MEANING_POLICY_SHADOW,
	MEANING_POLICY_ENDED,		/* detached, replaced */
	MEANING_POLICY_EJECTED,		/* over its budget */
	MEANING_POLICY_KILLED,		/* policies were switched off */
	MEANING_HELD_BACK,		/* entries that were not written */
	MEANING_NR_EVENTS
};

const struct meaning *meaning_of_event(enum meaning_event event);
/* Of enum zpci_policy_exit */
const struct meaning *meaning_of_exit(unsigned int kind);

/* All rows, for the catalog, the documentation and tests; NULL after the last */
const struct meaning *meaning_row(size_t i);
/* The last one is for every other PEC */
const struct meaning_pec *meaning_pec_row(size_t i);
/* The outcome that a row of meaning_row() is for, and its reason; false: it is for none */
bool meaning_row_outcome(size_t i, unsigned int *outcome, unsigned int *reason);

/* Copies @text with what @value returns for each name between "@"; NULL leaves "-" */
typedef const char *(*meaning_value_fn)(const void *ctx, const char *name);
void meaning_fill(char *buf, size_t size, const char *text, meaning_value_fn value,
		  const void *ctx);

/*
 * "    means   ..." and "    do      ...", in at most 80 columns, if somebody should know;
 * else nothing
 */
void meaning_print(FILE *f, const struct zrec_span *s);

#endif /* ZREC_MEANING_H */
