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
const char *name_vote(unsigned int vote);		/* enum zpci_vote, "unknown" too */
/* Verdict of a policy, for all members but the deadline; buf is for a number that is not one */
const char *name_verdict(unsigned int verdict, char *buf, size_t len);
/* The same for all members: of the deadline "none" or "90000 ms" */
const char *name_answer(unsigned int member, unsigned int verdict, char *buf, size_t len);
/* True if the result means that the step failed */
bool name_result_is_failure(int result);

/* True if JSON can carry the text */
bool name_is_utf8(const char *s);

/*
 * The way back. They need the whole text to be the name; 0 or -EINVAL, then *ret
 * is kept.
 */
int name_parse_member(const char *s, uint32_t *ret);
int name_parse_verdict(const char *s, uint32_t *ret);
int name_parse_vote(const char *s, uint32_t *ret);
int name_parse_outcome(const char *s, uint32_t *ret);
int name_parse_reason(const char *s, uint32_t *ret);	/* enum zpci_reason */
/* As name_reason() names them */
int name_parse_reason_of(unsigned int outcome, const char *s, uint32_t *ret);
int name_parse_step(const char *s, uint32_t *ret);
int name_parse_recoverer(const char *s, uint32_t *ret);
int name_parse_tier(const char *s, uint32_t *ret);
int name_parse_exit(const char *s, uint32_t *ret);
int name_parse_lost(const char *s, uint32_t *ret);
int name_parse_seen(const char *s, uint32_t *ret);	/* the bit */
/* "0x4", "4" or "translation_protection" */
int name_parse_pec(const char *s, uint16_t *ret);

/*
 * Numbers wherever people write them: decimal, or hexadecimal after 0x; nothing
 * before or after it. 0, -EINVAL or -ERANGE, then *ret is kept.
 */
int name_parse_u32(const char *s, uint32_t *ret);
int name_parse_u64(const char *s, uint64_t *ret);
/* 1 to @digits of hex, without 0x, as in the IDs of devices; returns how many, or -EINVAL */
int name_parse_hex(const char *s, unsigned int digits, uint32_t *ret);

/* True if a driver can have the name here: at most 23 letters, digits, "_" and "-" */
bool name_is_driver(const char *s);

#endif /* ZREC_NAMES_H */
