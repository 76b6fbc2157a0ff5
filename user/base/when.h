/* SPDX-License-Identifier: GPL-2.0 */
/*
 * when.h - moments as users of journalctl(1) write them, a part of systemd.time(7)
 */
#ifndef ZREC_WHEN_H
#define ZREC_WHEN_H

#include <stdint.h>

/* For messages */
#define WHEN_WANTS \
	"a time as \"2026-11-25 10:00\", 2026-11-25, 10:00, -2h, \"3 days ago\", today, yesterday, now or @UNIX"

/*
 * In local time, unless UTC or Z follows:
 *
 *   2026-11-25, 2026-11-25 10:00, 2026-11-25 10:00:30.5, with T instead of the blank, too
 *   10:00, 10:00:30                 of today
 *   now, today, yesterday, tomorrow (the latter three at 0:00)
 *   -2h, -1h30min, +5m, 2h ago      before or after @now_ns: s, m or min, h, d, w, and their names
 *   @1795269797, @1795269797.5      seconds since 1970
 *
 * @now_ns and *ret_ns are CLOCK_REALTIME, and *ret_ns is never 0. Returns 0; -EINVAL for what is not understood, or
 * is no moment, as the 30th of February; then *ret_ns is kept.
 */
int when_parse(const char *s, int64_t now_ns, int64_t *ret_ns);

#endif /* ZREC_WHEN_H */
