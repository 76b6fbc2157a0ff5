// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keep/gap.h"
#include "keep/words.h"
#include "record/names.h"

/* The largest number that Linux gives to an errno */
#define ERRNO_MAX	4095

static const char *outcome(unsigned int value)
{
	return name_outcome(value);
}

static const char *reason(unsigned int value)
{
	return name_reason(ZPCI_OUTCOME_RECOVERED, value);
}

static const char *drop(unsigned int value)
{
	return name_reason(ZPCI_OUTCOME_DROPPED, value);
}

static const char *recoverer(unsigned int value)
{
	return value == ZREC_BY_NOBODY ? "nobody" : name_recoverer(value);
}

static const char *verdict(unsigned int value)
{
	return name_verdict(value, NULL, 0);
}

static const struct {
	unsigned int nr;
	const char *(*name)(unsigned int value);
} kinds[NR_WORD_KINDS] = {
	[WORD_STEP]		= { ZREC_NR_STEPS, name_step },
	[WORD_OUTCOME]		= { ZPCI_NR_OUTCOMES, outcome },
	[WORD_REASON]		= { ZPCI_NR_REASONS, reason },
	[WORD_DROP]		= { ZPCI_NR_DROP_REASONS, drop },
	[WORD_RECOVERER]	= { ZREC_BY_USER + 1, recoverer },
	[WORD_TIER]		= { ZREC_NR_TIERS, name_tier },
	[WORD_MEMBER]		= { ZPCI_NR_MEMBERS, name_member },
	[WORD_VOTE]		= { ZPCI_NR_VOTES, name_vote },
	[WORD_VERDICT]		= { ZPCI_NR_VERDICTS, verdict },
	[WORD_GAP]		= { HISTORY_NR_GAP_REASONS, gap_reason_name },
	[WORD_LOST]		= { ZREC_NR_LOST, name_lost },
};

const char *word_of(enum word_kind kind, int64_t value, char buf[WORD_LEN])
{
	if (kind == WORD_RESULT && value >= INT32_MIN && value <= INT32_MAX)
		return name_result((int)value, buf, WORD_LEN);
	if (value >= 0 && value < kinds[kind].nr)
		return kinds[kind].name((unsigned int)value);
	snprintf(buf, WORD_LEN, "%" PRId64, value);
	return buf;
}

static bool parse_digits(const char *name, int64_t *ret)
{
	size_t digits = strspn(name + (*name == '-'), "0123456789");

	/* Each of our numbers has at most 32 bits */
	if (!digits || digits > 10 || name[(*name == '-') + digits])
		return false;
	*ret = strtoll(name, NULL, 10);
	return true;
}

static bool parse_result(const char *name, int64_t *ret)
{
	char buf[WORD_LEN];

	for (int value = ZPCI_NR_VOTES - 1; value >= -ERRNO_MAX; value--) {
		if (!strcmp(name_result(value, buf, sizeof(buf)), name)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

bool word_parse(enum word_kind kind, const char *name, int64_t *ret)
{
	if (parse_digits(name, ret))
		return true;
	if (kind == WORD_RESULT)
		return parse_result(name, ret);
	for (unsigned int i = 0; i < kinds[kind].nr; i++) {
		if (!strcmp(kinds[kind].name(i), name)) {
			*ret = i;
			return true;
		}
	}
	return false;
}
