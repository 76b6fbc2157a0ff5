// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "keep/gap.h"
#include "record/names.h"

/* Those that the kernel counts have the names that stats have */
const char *gap_reason_name(unsigned int reason)
{
	switch (reason) {
	case HISTORY_GAP_OTHER_READER:
		return "other_reader";
	case HISTORY_GAP_UNREADABLE:
		return "unreadable";
	case HISTORY_GAP_TOO_SLOW:
		return "too_slow";
	default:
		return reason < ZREC_NR_LOST ? name_lost(reason) : "unknown";
	}
}

enum history_gap_reason gap_reason_parse(const char *name)
{
	unsigned int reason = 0;

	while (reason < HISTORY_NR_GAP_REASONS && strcmp(gap_reason_name(reason), name))
		reason++;
	return reason;
}
