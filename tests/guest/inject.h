/* SPDX-License-Identifier: GPL-2.0 */
/* inject.h - feed a CCDF into the kernel's event path (test option of the series) */
#ifndef GUEST_INJECT_H
#define GUEST_INJECT_H

#include "fn.h"
#include "zpci_abi.h"

/* A CCDF about @fn as it is now, with its current handle */
int inject_prepare(const struct fn *fn, uint16_t pec, uint64_t faddr, struct ccdf *ccdf);
void inject_set_fh(struct ccdf *ccdf, uint32_t fh);
void inject_set_fid(struct ccdf *ccdf, uint32_t fid);

/* Returns when the kernel has dealt with it: 0 or -errno */
int inject_raw(const void *ccdf, size_t len);
int inject(const struct fn *fn, uint16_t pec, uint64_t faddr);

/* How many of the next platform resets fail; not there without CONFIG_DEBUG_FS */
#define FAIL_RESETS	"/sys/kernel/debug/zpci/fail_resets"

/* The channel subsystem had no room: events are lost, nobody knows which */
int inject_overflow(void);

#endif /* GUEST_INJECT_H */
