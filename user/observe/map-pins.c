// SPDX-License-Identifier: GPL-2.0
#include "observe/map-pins.h"

const char *map_pin_name(enum observer_map map)
{
	static const char *const pins[NR_OBSERVER_MAPS] = {
		[MAP_INFO] = "info",
		[MAP_STATS] = "stats",
		[MAP_FUNCTIONS] = "functions",
		[MAP_DRIVER_HISTS] = "driver_hists",
		[MAP_PEC_HISTS] = "pec_hists",
		[MAP_SPANS] = "spans",
		[MAP_OPEN] = "open",
		[MAP_OWNERS] = "owners",
		[MAP_STATE] = "state",
		[MAP_TAKEOVER] = "takeover",
	};

	return pins[map];
}
