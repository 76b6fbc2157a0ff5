/* SPDX-License-Identifier: GPL-2.0 */
/*
 * recorder-file.h - what the recorder says of itself, in the file that it replaces
 *
 *	{ "pid": 815, "started": "2026-11-21T02:24:55.753123456Z", "recording": true,
 *	  "error": "no space left on device", "recorded": 3, "missing": 0, "commits": 2,
 *	  "last_commit": "...Z", "rows": 4711, "lag": 0, "history_bytes": 65536,
 *	  "wal_bytes": 0, "clients": 1, "clients_missed": 0, "clients_refused": 0,
 *	  "gaps": { "ring_full": 2 }, "last_life": "...Z",
 *	  "removed_tracepoints": ["s390_zpci_step_end"],
 *	  "arms": [{ "fid": "0x11", "experiment": "deadline", "arm": "60s" }] }
 *
 * What is absent is not known, and is no metric; keys that are not known are ignored.
 */
#ifndef ZREC_EXPORTER_RECORDER_FILE_H
#define ZREC_EXPORTER_RECORDER_FILE_H

#include "exporter/snapshot.h"

#define RECORDER_FILE	"/run/zrec/recorder.json"

/* 0, also if there is no recorder, or a negative errno; -EINVAL: it is not such a document */
int recorder_file_read(struct snapshot *s, const char *path);

#endif /* ZREC_EXPORTER_RECORDER_FILE_H */
