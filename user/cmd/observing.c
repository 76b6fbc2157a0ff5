// SPDX-License-Identifier: GPL-2.0
#include "cmd/observing.h"
#include "serve/config.h"

int parse_room(void *args, const char *value)
{
	return config_parse_room(args, value);
}

int parse_ring_size(void *args, const char *value)
{
	return config_parse_ring_size(args, value);
}
