/* SPDX-License-Identifier: GPL-2.0 */
/* map-pins.h - the maps of an observation, by the names of their pins */
#ifndef ZREC_MAP_PINS_H
#define ZREC_MAP_PINS_H

/* The maps that are pinned; what they hold is described in zrec.h */
enum observer_map {
	MAP_INFO,
	MAP_STATS,
	MAP_FUNCTIONS,
	MAP_DRIVER_HISTS,
	MAP_PEC_HISTS,
	MAP_SPANS,
	MAP_OPEN,
	MAP_OWNERS,
	MAP_STATE,
	MAP_TAKEOVER,
	NR_OBSERVER_MAPS
};

const char *map_pin_name(enum observer_map map);

#endif /* ZREC_MAP_PINS_H */
