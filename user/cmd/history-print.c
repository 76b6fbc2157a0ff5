// SPDX-License-Identifier: GPL-2.0
/* Lines of the history that are not recoveries */
#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/text.h"
#include "cmd/history-cmd.h"

static const char *const gap_texts[] = {
	[HISTORY_GAP_NO_SLOT]		= "too many were open at one time",
	[HISTORY_GAP_RING_FULL]		= "nobody read the ring buffer in time",
	[HISTORY_GAP_UNSEEN]		= "they were under way when observing began",
	[HISTORY_GAP_UPGRADE]		= "they were under way at an upgrade of zrec",
	[HISTORY_GAP_OTHER_READER]	= "read by another",
	[HISTORY_GAP_UNREADABLE]	= "this version cannot read their records",
	[HISTORY_GAP_TOO_SLOW]		= "zrec record did not take them from zrec run in time",
};

_Static_assert(ARRAY_SIZE(gap_texts) == HISTORY_NR_GAP_REASONS, "a reason of a gap has no text");

void history_print_boot(FILE *f, const struct history_boot *boot)
{
	fprintf(f, "-- %s, boot %s --\n", text_shown_array(boot->host),
		text_shown_array(boot->boot_id));
}

void history_print_gap(FILE *f, const struct history_gap *gap, const struct span_style *st)
{
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN];

	fprintf(f, "%s  gap: %" PRIu64 " %s missing since %s, %s\n",
		span_style_time(st, gap->to_ns, to), gap->recoveries,
		gap->recoveries == 1 ? "recovery is" : "recoveries are",
		span_style_time(st, gap->from_ns, from),
		gap->reason < ARRAY_SIZE(gap_texts) ? gap_texts[gap->reason] : "unknown why");
}

void history_print_policy_event(FILE *f, const struct history_policy_event *e,
				const struct span_style *st)
{
	char when[CLOCK_TEXT_LEN];

	fprintf(f, "%s  policy %s: %s", span_style_time(st, e->wall_ns, when),
		text_shown_array(e->policy), text_shown_array(e->what));
	if (e->code)
		fprintf(f, " (code %u)", e->code);
	if (e->text[0] && strcmp(e->text, e->what))
		fprintf(f, ", %s", text_shown_array(e->text));
	fputc('\n', f);
}
