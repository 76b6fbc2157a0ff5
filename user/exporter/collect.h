/* SPDX-License-Identifier: GPL-2.0 */
/* collect.h - read everything that a page says, at one moment */
#ifndef ZREC_EXPORTER_COLLECT_H
#define ZREC_EXPORTER_COLLECT_H

#include "exporter/snapshot.h"

/*
 * Never fails: what cannot be read is absent, @s->source says so, and stderr when that
 * changes. @recorder is the recorder's status file; @sysfs is NULL for /sys. @policy_conf names
 * the policies that are wanted.
 */
void collect(struct snapshot *s, const char *recorder, const char *sysfs, const char *policy_conf);

#endif /* ZREC_EXPORTER_COLLECT_H */
