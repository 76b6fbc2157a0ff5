/* SPDX-License-Identifier: GPL-2.0 */
/*
 * names.h - the symbolic names of what the kernel reports as numbers
 *
 * One table each for the terminal, JSON, option values and the documentation.
 * A value that this version does not know is named "unknown", never NULL.
 */
#ifndef ZREC_NAMES_H
#define ZREC_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zrec.h"

const char *name_step(unsigned int step);
const char *name_outcome(unsigned int outcome);
/* of enum zpci_reason, or of enum zpci_drop_reason if outcome is "dropped" */
const char *name_reason(unsigned int outcome, unsigned int reason);
const char *name_recoverer(unsigned int recoverer);
const char *name_pec(unsigned int pec);
const char *name_member(unsigned int member);
const char *name_exit(unsigned int kind);		/* enum zpci_policy_exit */
const char *name_tier(unsigned int tier);			/* enum zrec_tier */
const char *name_seen(unsigned int bit);		/* a bit of ZREC_SEEN_*, or a step */
const char *name_lost(unsigned int lost);		/* enum zrec_lost */
const char *name_unsummed(unsigned int unsummed);	/* enum zrec_unsummed */

/*
 * Result of a step: a vote of the driver, "ok" or the name of an errno. buf is
 * used for numbers without a name.
 */
const char *name_result(int result, char *buf, size_t len);
/* Verdict of a policy, for all members but the deadline; buf is for what is none */
const char *name_verdict(unsigned int verdict, char *buf, size_t len);
/* true for a result that means the step did not do what it was for */
bool name_result_is_failure(int result);

/* Whether JSON can carry the text */
bool name_is_utf8(const char *s);

/* "0x4", "4" or "translation_protection"; 0 or -EINVAL, then *ret is kept */
int name_parse_pec(const char *s, uint16_t *ret);
/* 32 bits, decimal or 0x hex, nothing after it; 0, -EINVAL or -ERANGE */
int name_parse_u32(const char *s, uint32_t *ret);

#endif /* ZREC_NAMES_H */
