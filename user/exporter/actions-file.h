/* SPDX-License-Identifier: GPL-2.0 */
/*
 * actions-file.h - what zrec actions says of itself, as docs/abi.md has it
 */
#ifndef ZREC_EXPORTER_ACTIONS_FILE_H
#define ZREC_EXPORTER_ACTIONS_FILE_H

#include "exporter/snapshot.h"

/* 0, also if there is none, or a negative errno; -EINVAL: it is not such a document */
int exporter_read_actions(struct snapshot *s, const char *path);

#endif /* ZREC_EXPORTER_ACTIONS_FILE_H */
