/* SPDX-License-Identifier: GPL-2.0 */
/*
 * caps.h - the capabilities that observing needs
 */
#ifndef ZREC_CAPS_H
#define ZREC_CAPS_H

#include <stdbool.h>

/* In effect for this process: CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN */
bool caps_bpf(void);
bool caps_perfmon(void);
bool caps_sys_admin(void);

/* Gives up all of them for good; 0 or a negative errno */
int caps_drop(void);

#endif /* ZREC_CAPS_H */
