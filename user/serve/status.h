/* SPDX-License-Identifier: GPL-2.0 */
/*
 * status.h - what a recorder says of itself, to 'zrec status' through its socket
 */
#ifndef ZREC_SERVE_STATUS_H
#define ZREC_SERVE_STATUS_H

#include <jansson.h>
#include <stdio.h>

#include "serve/live.h"
#include "serve/recorder.h"

/* {"pid": ..., "history": PATH, ...}, see docs/abi.md. NULL only when out of memory */
json_t *recorder_status_to_json(const struct recorder_state *state, const struct live_stats *live,
				const char *path);

/* The same in a line or two. A value that is missing or of another type is not shown */
void recorder_status_print(FILE *f, const json_t *status);

#endif /* ZREC_SERVE_STATUS_H */
