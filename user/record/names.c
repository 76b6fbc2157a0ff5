// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* strerrorname_np() */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "record/names.h"


static const char *const steps[] = {
	[ZPCI_STEP_REFRESH]		= "refresh",
	[ZPCI_STEP_LOCK]		= "lock",
	[ZPCI_STEP_ERROR_DETECTED]	= "error_detected",
	[ZPCI_STEP_UNBLOCK_MMIO]	= "unblock_mmio",
	[ZPCI_STEP_MMIO_ENABLED]	= "mmio_enabled",
	[ZPCI_STEP_UNBLOCK_DMA]		= "unblock_dma",
	[ZPCI_STEP_RESET]		= "reset",
	[ZPCI_STEP_SLOT_RESET]		= "slot_reset",
	[ZPCI_STEP_RESUME]		= "resume",
	[ZPCI_STEP_USER]		= "user",
	[ZPCI_STEP_USER_RESET]		= "user_reset",
	[ZPCI_STEP_IO_FAILURE]		= "io_failure",
	[ZPCI_STEP_QUEUE]		= "queue",
	[ZREC_STEP_OTHER]		= "other",
};

static const char *const outcomes[] = {
	[ZPCI_OUTCOME_RECOVERED]	= "recovered",
	[ZPCI_OUTCOME_FAILED]		= "failed",
	[ZPCI_OUTCOME_ISOLATED]		= "isolated",
	[ZPCI_OUTCOME_ABANDONED]	= "abandoned",
	[ZPCI_OUTCOME_IGNORED]		= "ignored",
	[ZPCI_OUTCOME_DROPPED]		= "dropped",
};

static const char *const reasons[] = {
	[ZPCI_REASON_NONE]		= "none",
	[ZPCI_REASON_PERMANENT]		= "permanent_error",
	[ZPCI_REASON_ALREADY_FAILED]	= "already_failed",
	[ZPCI_REASON_NO_DRIVER]		= "no_driver",
	[ZPCI_REASON_NO_SUPPORT]	= "driver_has_no_support",
	[ZPCI_REASON_DRIVER_GAVE_UP]	= "driver_gave_up",
	[ZPCI_REASON_RESET_FAILED]	= "reset_failed",
	[ZPCI_REASON_MEASUREMENT]	= "measurement_block",
	[ZPCI_REASON_POLICY]		= "policy",
	[ZPCI_REASON_DEADLINE]		= "deadline",
};

static const char *const drops[] = {
	[ZPCI_DROP_UNKNOWN_FUNCTION]	= "unknown_function",
	[ZPCI_DROP_REFRESH_FAILED]	= "refresh_failed",
	[ZPCI_DROP_STALE_HANDLE]	= "stale_handle",
	[ZPCI_DROP_NO_DEVICE]		= "no_device",
	[ZPCI_DROP_CHANNEL_OVERFLOW]	= "channel_overflow",
};

static const char *const recoverers[] = {
	[ZREC_BY_NOBODY]		= "-",
	[ZREC_BY_HOST]			= "host",
	[ZREC_BY_USER]			= "user",
};

static const char *const members[] = {
	[ZPCI_MEMBER_EVENT]		= "event",
	[ZPCI_MEMBER_VOTE]		= "vote",
	[ZPCI_MEMBER_RESET]		= "reset",
	[ZPCI_MEMBER_FAILED]		= "failed",
	[ZPCI_MEMBER_DEADLINE]		= "deadline",
	[ZPCI_MEMBER_DONE]		= "done",
};

static const char *const verdicts[] = {
	[ZPCI_VERDICT_DEFAULT]		= "default",
	[ZPCI_VERDICT_RESET]		= "reset",
	[ZPCI_VERDICT_ISOLATE]		= "isolate",
};

static const char *const exits[] = {
	[ZPCI_POLICY_EXIT_NONE]		= "none",
	[ZPCI_POLICY_EXIT_DETACHED]		= "detached",
	[ZPCI_POLICY_EXIT_REPLACED]		= "replaced",
	[ZPCI_POLICY_EXIT_BUDGET]		= "budget",
	[ZPCI_POLICY_EXIT_KILLED]		= "killed",
};

static const char *const tiers[] = {
	[ZREC_TIER_TRACEPOINT]		= "tracepoint",
};

/* From bit 16 on, after the steps */
static const char *const seens[] = {
	"event", "device", "outcome", "owner", "decisions", "wall_clock",
};

#define FIRST_SEEN	16

static const char *const losts[] = {
	[ZREC_LOST_NO_SLOT]		= "no_slot",
	[ZREC_LOST_RING_FULL]		= "ring_full",
	[ZREC_LOST_UNSEEN]		= "unseen",
	[ZREC_LOST_UPGRADE]		= "upgrade",
};

static const char *const unsummeds[] = {
	[ZREC_UNSUMMED_DRIVER]		= "driver",
	[ZREC_UNSUMMED_PEC]		= "pec",
	[ZREC_UNSUMMED_FUNCTION]	= "function",
	[ZREC_UNSUMMED_COUNTER]		= "counter",
};

static const char *const votes[] = {
	[ZPCI_VOTE_NOT_YET]		= "not_yet",
	[ZPCI_VOTE_NONE]		= "none",
	[ZPCI_VOTE_CAN_RECOVER]		= "can_recover",
	[ZPCI_VOTE_NEED_RESET]		= "need_reset",
	[ZPCI_VOTE_DISCONNECT]		= "disconnect",
	[ZPCI_VOTE_RECOVERED]		= "recovered",
	[ZPCI_VOTE_NO_AER_DRIVER]	= "no_aer_driver",
};

static const struct {
	uint16_t pec;
	const char *name;
} pecs[] = {
	{ 0x01, "invalid_dma_as" },
	{ 0x02, "address_out_of_range" },
	{ 0x03, "invalid_table_format" },
	{ 0x04, "translation_protection" },
	{ 0x05, "access_protection" },
	{ 0x06, "key_error" },
	{ 0x07, "invalid_table_entry" },
	{ 0x08, "invalid_table_length" },
	{ 0x09, "table_type" },
	{ 0x0a, "invalid_msi" },
	{ 0x0b, "store_error" },
	{ 0x10, "no_msi_registered" },
	{ 0x11, "invalid_msi_vector" },
	{ 0x12, "interrupt_bit_vector" },
	{ 0x13, "adapter_interrupt" },
	{ 0x2a, "fmb_access" },
	{ 0x2b, "fmb_update" },
	{ 0x2c, "fmb_protection" },
	{ 0x30, "configuration_change" },
	{ 0x3a, "service_action" },
	{ 0x3b, "permanent_error" },
	{ 0x40, "recovery_failed" },
};

_Static_assert(ARRAY_SIZE(steps) == ZREC_NR_STEPS, "a step has no name");
_Static_assert(ARRAY_SIZE(outcomes) == ZPCI_NR_OUTCOMES, "an outcome has no name");
_Static_assert(ARRAY_SIZE(reasons) == ZPCI_NR_REASONS, "a reason has no name");
_Static_assert(ARRAY_SIZE(drops) == ZPCI_NR_DROP_REASONS, "a drop reason has no name");
_Static_assert(ARRAY_SIZE(members) == ZPCI_NR_MEMBERS, "a member has no name");
_Static_assert(ARRAY_SIZE(exits) == ZPCI_NR_POLICY_EXITS, "an end of a policy has no name");
_Static_assert(ARRAY_SIZE(verdicts) == ZPCI_NR_VERDICTS, "a verdict has no name");
_Static_assert(ARRAY_SIZE(tiers) == ZREC_NR_TIERS, "a tier has no name");
_Static_assert(1u << (FIRST_SEEN + ARRAY_SIZE(seens) - 1) == ZREC_SEEN_WALL_CLOCK,
	       "a bit of what is seen has no name");
_Static_assert(ARRAY_SIZE(votes) == ZPCI_NR_VOTES, "a vote has no name");
_Static_assert(ARRAY_SIZE(losts) == ZREC_NR_LOST, "a loss has no name");
_Static_assert(ARRAY_SIZE(unsummeds) == ZREC_NR_UNSUMMED, "a missing sum has no name");

static const char *lookup(const char *const *names, size_t nr, unsigned int i)
{
	return i < nr && names[i] ? names[i] : "unknown";
}

const char *name_step(unsigned int step)
{
	return lookup(steps, ARRAY_SIZE(steps), step);
}

const char *name_outcome(unsigned int outcome)
{
	return lookup(outcomes, ARRAY_SIZE(outcomes), outcome);
}

const char *name_reason(unsigned int outcome, unsigned int reason)
{
	if (outcome == ZPCI_OUTCOME_DROPPED)
		return lookup(drops, ARRAY_SIZE(drops), reason);
	return lookup(reasons, ARRAY_SIZE(reasons), reason);
}

const char *name_recoverer(unsigned int recoverer)
{
	return lookup(recoverers, ARRAY_SIZE(recoverers), recoverer);
}

const char *name_member(unsigned int member)
{
	return lookup(members, ARRAY_SIZE(members), member);
}

const char *name_exit(unsigned int kind)
{
	return lookup(exits, ARRAY_SIZE(exits), kind);
}

const char *name_verdict(unsigned int verdict, char *buf, size_t len)
{
	if (verdict < ARRAY_SIZE(verdicts))
		return verdicts[verdict];
	snprintf(buf, len, "%u", verdict);
	return buf;
}

const char *name_tier(unsigned int tier)
{
	return lookup(tiers, ARRAY_SIZE(tiers), tier);
}

const char *name_seen(unsigned int bit)
{
	if (bit < FIRST_SEEN)
		return name_step(bit);
	return lookup(seens, ARRAY_SIZE(seens), bit - FIRST_SEEN);
}

const char *name_answer(unsigned int member, unsigned int verdict, char *buf, size_t len)
{
	if (member != ZPCI_MEMBER_DEADLINE)
		return name_verdict(verdict, buf, len);
	if (!verdict)
		return "none";
	snprintf(buf, len, "%u ms", verdict);
	return buf;
}

const char *name_vote(unsigned int vote)
{
	return lookup(votes, ARRAY_SIZE(votes), vote);
}

const char *name_lost(unsigned int lost)
{
	return lookup(losts, ARRAY_SIZE(losts), lost);
}

const char *name_unsummed(unsigned int unsummed)
{
	return lookup(unsummeds, ARRAY_SIZE(unsummeds), unsummed);
}

const char *name_pec(unsigned int pec)
{
	for (size_t i = 0; i < ARRAY_SIZE(pecs); i++)
		if (pecs[i].pec == pec)
			return pecs[i].name;
	return "unknown";
}

const char *name_result(int result, char *buf, size_t len)
{
	const char *name = NULL;

	if (!result)
		return "ok";
	if (result > 0 && (size_t)result < ARRAY_SIZE(votes))
		name = votes[result];
	else if (result < 0 && result != INT32_MIN)
		name = strerrorname_np(-result);
	if (name)
		return name;
	snprintf(buf, len, "%d", result);
	return buf;
}

bool name_result_is_failure(int result)
{
	return result < 0 || result == ZPCI_VOTE_DISCONNECT;
}

static int parse(const char *const *names, size_t nr, const char *s, uint32_t *ret)
{
	for (size_t i = 0; i < nr; i++) {
		if (names[i] && !strcmp(names[i], s)) {
			*ret = (uint32_t)i;
			return 0;
		}
	}
	return -EINVAL;
}

int name_parse_member(const char *s, uint32_t *ret)
{
	return parse(members, ARRAY_SIZE(members), s, ret);
}

int name_parse_verdict(const char *s, uint32_t *ret)
{
	return parse(verdicts, ARRAY_SIZE(verdicts), s, ret);
}

int name_parse_vote(const char *s, uint32_t *ret)
{
	return parse(votes, ARRAY_SIZE(votes), s, ret);
}

int name_parse_outcome(const char *s, uint32_t *ret)
{
	return parse(outcomes, ARRAY_SIZE(outcomes), s, ret);
}

int name_parse_reason(const char *s, uint32_t *ret)
{
	return parse(reasons, ARRAY_SIZE(reasons), s, ret);
}

int name_parse_reason_of(unsigned int outcome, const char *s, uint32_t *ret)
{
	if (outcome == ZPCI_OUTCOME_DROPPED)
		return parse(drops, ARRAY_SIZE(drops), s, ret);
	return name_parse_reason(s, ret);
}

int name_parse_step(const char *s, uint32_t *ret)
{
	return parse(steps, ARRAY_SIZE(steps), s, ret);
}

int name_parse_recoverer(const char *s, uint32_t *ret)
{
	return parse(recoverers, ARRAY_SIZE(recoverers), s, ret);
}

int name_parse_tier(const char *s, uint32_t *ret)
{
	return parse(tiers, ARRAY_SIZE(tiers), s, ret);
}

int name_parse_exit(const char *s, uint32_t *ret)
{
	return parse(exits, ARRAY_SIZE(exits), s, ret);
}

int name_parse_lost(const char *s, uint32_t *ret)
{
	return parse(losts, ARRAY_SIZE(losts), s, ret);
}

int name_parse_seen(const char *s, uint32_t *ret)
{
	uint32_t bit;

	if (!parse(seens, ARRAY_SIZE(seens), s, &bit)) {
		*ret = FIRST_SEEN + bit;
		return 0;
	}
	if (name_parse_step(s, &bit))
		return -EINVAL;
	*ret = bit;
	return 0;
}

int name_parse_u64(const char *s, uint64_t *ret)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	unsigned long long value;
	char *end;

	/* strtoull() also takes blanks, signs and octal, which are typing errors here */
	if (hex ? !isxdigit((unsigned char)s[2]) : !isdigit((unsigned char)s[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(s, &end, hex ? 16 : 10);
	if (*end)
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*ret = value;
	return 0;
}

int name_parse_u32(const char *s, uint32_t *ret)
{
	uint64_t value;
	int err = name_parse_u64(s, &value);

	if (err)
		return err;
	if (value > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)value;
	return 0;
}

int name_parse_hex(const char *s, unsigned int digits, uint32_t *ret)
{
	size_t len = strspn(s, "0123456789abcdefABCDEF");

	if (!len || len > digits || s[len])
		return -EINVAL;
	*ret = (uint32_t)strtoul(s, NULL, 16);
	return (int)len;
}

int name_parse_pec(const char *s, uint16_t *ret)
{
	uint32_t value;

	for (size_t i = 0; i < ARRAY_SIZE(pecs); i++) {
		if (!strcasecmp(pecs[i].name, s)) {
			*ret = pecs[i].pec;
			return 0;
		}
	}
	if (name_parse_u32(s, &value) || value > UINT16_MAX)
		return -EINVAL;
	*ret = (uint16_t)value;
	return 0;
}

bool name_is_driver(const char *s)
{
	size_t len = 0;

	while (isalnum((unsigned char)s[len]) || s[len] == '_' || s[len] == '-')
		len++;
	return len && len < ZPCI_DRIVER_LEN && !s[len];
}

bool name_is_utf8(const char *s)
{
	json_t *text = json_string(s);

	json_decref(text);
	return text;
}
