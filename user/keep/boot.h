/* SPDX-License-Identifier: GPL-2.0 */
/*
 * boot.h - the kernel that we run on, as the history names it
 */
#ifndef ZREC_KEEP_BOOT_H
#define ZREC_KEEP_BOOT_H

#include "keep/record.h"

/*
 * The host's name, and the boot ID that the kernel makes at random. machine_id stays
 * empty: machine-id(5) asks to keep it from others, and a recording is for others. What
 * cannot be read is "unknown" or all zeroes.
 */
void history_boot_read(struct history_boot *ret);

/* 0: the same boot of the same machine, whatever its host was called then */
int history_boot_compare(const struct history_boot *a, const struct history_boot *b);

#endif /* ZREC_KEEP_BOOT_H */
