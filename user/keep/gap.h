/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gap.h - why recoveries are missing from the history, by name
 */
#ifndef ZREC_KEEP_GAP_H
#define ZREC_KEEP_GAP_H

#include "keep/record.h"

/* One that this version does not know is "unknown" */
const char *gap_reason_name(unsigned int reason);
/* HISTORY_NR_GAP_REASONS for one that it does not know */
enum history_gap_reason gap_reason_parse(const char *name);

#endif /* ZREC_KEEP_GAP_H */
