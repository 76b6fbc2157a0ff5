/* SPDX-License-Identifier: GPL-2.0 */
/* policy-file.h - which policies policy.conf wants, so that an alert can say which are missing */
#ifndef ZREC_EXPORTER_POLICY_FILE_H
#define ZREC_EXPORTER_POLICY_FILE_H

#include "exporter/snapshot.h"

/* 0, also if there is no such file, or a negative errno; -EINVAL: zrec would not take it either */
int policy_file_read(struct snapshot *s, const char *path);

#endif /* ZREC_EXPORTER_POLICY_FILE_H */
