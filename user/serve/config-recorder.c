// SPDX-License-Identifier: GPL-2.0
/* [history] and [observe]: what zrec run has options for, too */
#include <errno.h>

#include "base/clock.h"
#include "base/text.h"
#include "record/names.h"
#include "serve/config.h"

#define DAYS_MAX	36500
#define MIB_MAX		(1u << 24)
#define ROOM_MAX	4096
#define RING_MAX	(1u << 30)

int config_parse_keep_days(struct writer_limits *limits, const char *value)
{
	uint32_t days;

	if (name_parse_u32(value, &days) < 0 || days > DAYS_MAX)
		return -EINVAL;
	limits->keep_ns = days * 24 * 3600 * NSEC_PER_SEC;
	return 0;
}

int config_parse_max_size(struct writer_limits *limits, const char *value)
{
	uint32_t mib;

	if (name_parse_u32(value, &mib) < 0 || mib > MIB_MAX)
		return -EINVAL;
	limits->max_bytes = (uint64_t)mib << 20;
	return 0;
}

int config_parse_room(struct observer_opts *opts, const char *value)
{
	uint32_t nr;

	if (name_parse_u32(value, &nr) < 0 || !nr || nr > ROOM_MAX)
		return -EINVAL;
	opts->functions = nr;
	return 0;
}

int config_parse_ring_size(struct observer_opts *opts, const char *value)
{
	uint32_t bytes;

	if (name_parse_u32(value, &bytes) < 0 || !bytes || bytes > RING_MAX)
		return -EINVAL;
	opts->ring_bytes = bytes;
	return 0;
}

/* Relative to what would be up to whoever starts the service */
static int set_file(void *to, const char *value)
{
	if (value[0] != '/' || !text_is_plain(value))
		return -EINVAL;
	return config_take_text(&((struct config_history *)to)->file, value);
}

static int set_keep_days(void *to, const char *value)
{
	return config_parse_keep_days(&((struct config_history *)to)->limits, value);
}

static int set_max_size(void *to, const char *value)
{
	return config_parse_max_size(&((struct config_history *)to)->limits, value);
}

const struct conf_key config_history_keys[] = {
	{ "file", "an absolute path", set_file },
	{ "keep-days", CONFIG_WANTS_KEEP_DAYS, set_keep_days },
	{ "max-size", CONFIG_WANTS_MAX_SIZE " (MiB)", set_max_size },
	{ 0 }
};

static int set_room(void *to, const char *value)
{
	return config_parse_room(to, value);
}

static int set_ring_size(void *to, const char *value)
{
	return config_parse_ring_size(to, value);
}

const struct conf_key config_observe_keys[] = {
	{ "ring-size", CONFIG_WANTS_RING_SIZE " (bytes)", set_ring_size },
	{ "room", CONFIG_WANTS_ROOM, set_room },
	{ 0 }
};
