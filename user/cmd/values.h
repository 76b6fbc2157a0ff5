/* SPDX-License-Identifier: GPL-2.0 */
/*
 * values.h - the values that completion offers, one a line
 */
#ifndef ZREC_VALUES_H
#define ZREC_VALUES_H

#include <stdio.h>

/* What a value is, for messages */
#define FID_WANTS	"a function ID up to 0xffffffff, such as 0x11"
#define PEC_WANTS	"a PCI event code, by name or up to 0xffff"
#define POLICY_WANTS	"the name of a policy, of at most 31 characters"
#define COUNT_WANTS	"a number up to 4294967295"
#define FUNCTION_WANTS	"an address (0001:00:00.0), fid:FID, a device node or a driver"
#define OUTCOME_WANTS	"recovered, failed, isolated, abandoned, ignored or dropped"

void complete_fids(FILE *f);
void complete_functions(FILE *f);
void complete_outcomes(FILE *f);
void complete_drivers(FILE *f);
void complete_pecs(FILE *f);
void complete_files(FILE *f);
/* Those that are installed, by the names that commands want; files, too */
void complete_policies(FILE *f);
/* Those in the kernel */
void complete_shadows(FILE *f);
void complete_attached(FILE *f);

#endif /* ZREC_VALUES_H */
