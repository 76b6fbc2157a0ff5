/* SPDX-License-Identifier: GPL-2.0 */
/*
 * span-parse.h - the way back of span_to_json(), from JSON of anybody
 *
 * What span_to_json() wrote comes back bit by bit, except for durations beyond 2^53 ns
 * (104 days), which end there in JSON. Keys that are not known are skipped. A newer zrec
 * may have names that this one has not; the recovery stays readable, and they become:
 *
 *   step                           its time is added to the step "other", the sum is kept
 *   outcome, reason, tier, member,
 *   vote, recoverer                SPAN_UNKNOWN, which is named "unknown" again
 *   verdict                        UINT32_MAX, a number that is no verdict
 *   seen, inferred                 bit 31, "unknown"
 *   more points or answers         counted as unlisted
 */
#ifndef ZREC_SPAN_PARSE_H
#define ZREC_SPAN_PARSE_H

#include <jansson.h>

#include "base/json-in.h"
#include "zrec.h"

#define SPAN_UNKNOWN	0xff

/*
 * @o is the value of the key "recovery". tai_ns becomes the wall clock: a TAI offset of 0.
 * 0 or -EINVAL, then @in says what is wrong and *ret is of no use.
 */
int span_parse(struct json_in *in, const json_t *o, struct zrec_full_span *ret);

/* Part of it: the value of the key "policy" */
void span_parse_policy(struct json_in *in, const json_t *o, struct zrec_span_policy *ret);

#endif /* ZREC_SPAN_PARSE_H */
