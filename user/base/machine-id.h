/* SPDX-License-Identifier: GPL-2.0 */
/*
 * machine-id.h - which machine this is, without telling others its machine ID
 */
#ifndef ZREC_MACHINE_ID_H
#define ZREC_MACHINE_ID_H

#include <stdint.h>

#define MACHINE_ID_LIBRARY	"libsystemd.so.0"
#define MACHINE_ID_LEN		33	/* hexadecimal digits and a NUL */

/*
 * The ID of this machine for one application, made as machine-id(5) asks for: a keyed hash
 * from which nobody gets back to /etc/machine-id, or to the ID of another application.
 * -ELIBACC: there is no such library; -ENODATA: the machine has no ID; or another errno.
 */
int machine_id(const char *library, const uint8_t application[16], char ret[MACHINE_ID_LEN]);

#endif /* ZREC_MACHINE_ID_H */
