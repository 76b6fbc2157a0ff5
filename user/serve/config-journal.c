// SPDX-License-Identifier: GPL-2.0
/* [journal]: what the recorder tells systemd's journal */
#include <errno.h>

#include "base/clock.h"
#include "record/names.h"
#include "serve/config.h"

#define LIMIT_MAX	1000000

int config_parse_open_after(uint64_t *ns, const char *value)
{
	uint32_t seconds;

	if (name_parse_u32(value, &seconds) < 0)
		return -EINVAL;
	*ns = seconds * (uint64_t)NSEC_PER_SEC;
	return 0;
}

static int parse_limit(uint32_t *limit, const char *value)
{
	uint32_t entries;

	if (name_parse_u32(value, &entries) < 0 || !entries || entries > LIMIT_MAX)
		return -EINVAL;
	*limit = entries;
	return 0;
}

static int set_burst(void *to, const char *value)
{
	return parse_limit(&((struct config_journal *)to)->limits.burst, value);
}

static int set_open_after(void *to, const char *value)
{
	return config_parse_open_after(&((struct config_journal *)to)->open_after_ns, value);
}

static int set_per_minute(void *to, const char *value)
{
	return parse_limit(&((struct config_journal *)to)->limits.per_minute, value);
}

const struct conf_key config_journal_keys[] = {
	{ "burst", "a number from 1 to 1000000", set_burst },
	{ "open-after", CONFIG_WANTS_OPEN_AFTER, set_open_after },
	{ "per-minute", "a number from 1 to 1000000", set_per_minute },
	{ 0 }
};
