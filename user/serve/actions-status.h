/* SPDX-License-Identifier: GPL-2.0 */
/*
 * actions-status.h - what zrec actions says of itself, for zrec status and the exporter
 */
#ifndef ZREC_SERVE_ACTIONS_STATUS_H
#define ZREC_SERVE_ACTIONS_STATUS_H

#include <jansson.h>
#include <stdio.h>

#define ACTIONS_DIR		"/run/zrec-actions"
#define ACTIONS_FILE_NAME	"actions.json"
#define ACTIONS_FILE		ACTIONS_DIR "/" ACTIONS_FILE_NAME
#define ACTIONS_FILE_MAX	65536

/* The document of one that runs. 0; -ENOENT: none runs, or other negative errno */
int actions_status_read(const char *path, json_t **ret);
/* A line for it and for each action. A value that is missing or of another type is not shown */
void actions_status_print(FILE *f, const json_t *o);

#endif /* ZREC_SERVE_ACTIONS_STATUS_H */
