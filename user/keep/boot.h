/* SPDX-License-Identifier: GPL-2.0 */
/*
 * boot.h - the kernel that we run on, as the history names it
 */
#ifndef ZREC_KEEP_BOOT_H
#define ZREC_KEEP_BOOT_H

#include <string.h>

#include "keep/record.h"

/*
 * The host's name, the boot ID that the kernel makes at random, and an ID of the machine which
 * is zrec's own: machine-id(5) asks to keep the other one from others, and a recording is for
 * others. What cannot be read is "unknown", all zeroes, or of the machine nothing.
 */
void history_boot_read(struct history_boot *ret);

/* 0: the same boot, whatever its host was called then */
static inline int history_boot_compare(const struct history_boot *a, const struct history_boot *b)
{
	return strcmp(a->boot_id, b->boot_id);
}

/* What tells machines apart: the ID, or where there is none the name */
static inline const char *history_host_key(const struct history_boot *boot)
{
	return boot->machine_id[0] ? boot->machine_id : boot->host;
}

#endif /* ZREC_KEEP_BOOT_H */
