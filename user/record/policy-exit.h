/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy-exit.h - show and export the end of a policy, as the observer saw it
 */
#ifndef ZREC_POLICY_EXIT_H
#define ZREC_POLICY_EXIT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "record/span.h"
#include "zrec.h"

/* A line between those of recoveries */
void policy_exit_print(FILE *f, const struct zrec_policy_exit *e, const struct span_style *st);

/* NULL only when out of memory */
json_t *policy_exit_to_json(const struct zrec_policy_exit *e, int64_t tai_offset_ns);

#endif /* ZREC_POLICY_EXIT_H */
