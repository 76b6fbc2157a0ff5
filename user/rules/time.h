/* SPDX-License-Identifier: GPL-2.0 */
/*
 * time.h - time spans as systemd.time(7) writes them, in whole seconds
 */
#ifndef ZREC_RULES_TIME_H
#define ZREC_RULES_TIME_H

#include <stddef.h>
#include <stdint.h>

/* "1h 30m", "90s", "90"; 0, -EINVAL or -ERANGE (more than a day) */
int rules_parse_span(const char *s, uint64_t *ret_ns);
/* The shortest text that rules_parse_span() takes for it */
const char *rules_format_span(uint64_t ns, char *buf, size_t len);

#endif /* ZREC_RULES_TIME_H */
