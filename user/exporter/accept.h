/* SPDX-License-Identifier: GPL-2.0 */
/* accept.h - which format a client wants */
#ifndef ZREC_EXPORTER_ACCEPT_H
#define ZREC_EXPORTER_ACCEPT_H

#include "exporter/emit.h"

/*
 * From the value of an Accept header, which may be NULL or hold anything: OpenMetrics if it is
 * named in a version that we have, and wanted at least as much as text. Never fails: what
 * names neither gets text, as people with a browser do.
 */
enum emit_format accept_choose(const char *accept);

#endif /* ZREC_EXPORTER_ACCEPT_H */
