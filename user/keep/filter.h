/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZREC_KEEP_FILTER_H
#define ZREC_KEEP_FILTER_H

#include "keep/history.h"

/* True if the filter names it, or none */
bool history_filter_has_host(const struct history_filter *f, const struct history_boot *boot);
bool history_filter_has_policy(const struct history_filter *f, const char *policy);
/* True if it lets pass less than all that is in its time */
bool history_filter_is_some(const struct history_filter *f);

#endif /* ZREC_KEEP_FILTER_H */
