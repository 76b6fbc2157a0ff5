// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "cmd/observing.h"
#include "observe/observer.h"
#include "record/names.h"

#define ROOM_MAX	4096
#define RING_MAX	(1u << 30)

int parse_room(void *args, const char *value)
{
	struct observer_opts *opts = args;
	uint32_t nr;

	if (name_parse_u32(value, &nr) < 0 || !nr || nr > ROOM_MAX)
		return -EINVAL;
	opts->functions = nr;
	return 0;
}

int parse_ring_size(void *args, const char *value)
{
	struct observer_opts *opts = args;
	uint32_t bytes;

	if (name_parse_u32(value, &bytes) < 0 || !bytes || bytes > RING_MAX)
		return -EINVAL;
	opts->ring_bytes = bytes;
	return 0;
}
