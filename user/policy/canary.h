/* SPDX-License-Identifier: GPL-2.0 */
/*
 * canary.h - the functions that a policy decides for, when it is not for all of them
 */
#ifndef ZREC_POLICY_CANARY_H
#define ZREC_POLICY_CANARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy-abi.h"

/* "fid=" and the longest list */
#define POLICY_CANARY_LEN	(4 + ZPCI_CANARY_FIDS_MAX * sizeof("0x12345678"))

struct policy_canary {
	enum zpci_canary_kind kind;
	uint32_t percent;
	size_t nr_fids;
	uint32_t fid[ZPCI_CANARY_FIDS_MAX];
};

/* "10%" or "10", or "fid=0x11,0x12"; -EINVAL */
int policy_parse_canary(const char *s, struct policy_canary *ret);
/* The same text for a canary that a policy was loaded with; "" if it is for all functions */
void policy_format_canary(const struct zpci_policy_setup *setup, char ret[POLICY_CANARY_LEN]);
/* True if a policy with that canary decides for the function; the same hash as in the kernel */
bool policy_canary_has(const struct policy_canary *canary, uint32_t fid);

#endif /* ZREC_POLICY_CANARY_H */
