/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record-json.h - what the history keeps, as JSON, and back; docs/abi.md has every key
 *
 * What comes back is checked, as in span-parse.h: @in says what is wrong. The boot of a
 * record is its boot_id, so it has to be known: a recovery names no other host.
 */
#ifndef ZREC_KEEP_RECORD_JSON_H
#define ZREC_KEEP_RECORD_JSON_H

#include <jansson.h>

#include "base/json-in.h"
#include "keep/boots.h"
#include "keep/observations.h"
#include "keep/record.h"

/* NULL only when out of memory */
json_t *history_boot_to_json(const struct history_boot *boot);
json_t *history_observation_to_json(const struct history_observation *observation);
json_t *history_recovery_to_json(const struct history_recovery *r);
json_t *history_gap_to_json(const struct history_boot *boot, const struct history_gap *gap);
json_t *history_policy_event_to_json(const struct history_policy_event *event);

/* 0 or -EINVAL. A reason of a gap that is not known here is HISTORY_NR_GAP_REASONS, "unknown" */
int history_boot_parse(struct json_in *in, const json_t *o, struct history_boot *ret);
int history_observation_parse(struct json_in *in, const json_t *o, struct boots *boots,
			      struct history_observation *ret);
int history_recovery_parse(struct json_in *in, const json_t *o, struct boots *boots,
			   struct observations *observations, struct history_recovery *ret);
int history_gap_parse(struct json_in *in, const json_t *o, struct boots *boots,
		      struct history_gap *ret, const struct history_boot **ret_boot);
int history_policy_event_parse(struct json_in *in, const json_t *o, struct boots *boots,
			       struct history_policy_event *ret);

#endif /* ZREC_KEEP_RECORD_JSON_H */
