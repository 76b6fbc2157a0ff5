// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/canary.h"
#include "record/names.h"

static int parse_fids(const char *s, struct policy_canary *ret)
{
	char *list = strdup(s), *rest = list, *fid;
	int err = list ? 0 : -ENOMEM;

	while (!err && (fid = strsep(&rest, ","))) {
		if (ret->nr_fids == ZPCI_CANARY_FIDS_MAX)
			err = -EINVAL;
		else if (name_parse_u32(fid, &ret->fid[ret->nr_fids++]))
			err = -EINVAL;
	}
	free(list);
	return err;
}

int policy_parse_canary(const char *s, struct policy_canary *ret)
{
	char number[8];
	size_t len = strlen(s);

	memset(ret, 0, sizeof(*ret));
	if (!strncmp(s, "fid=", 4)) {
		ret->kind = ZPCI_CANARY_FIDS;
		return parse_fids(s + 4, ret);
	}
	ret->kind = ZPCI_CANARY_PERCENT;
	if (len && s[len - 1] == '%')
		len--;
	if (!len || len >= sizeof(number))
		return -EINVAL;
	memcpy(number, s, len);
	number[len] = '\0';
	/* A policy that decides for nobody would look as if it were in force */
	if (name_parse_u32(number, &ret->percent) || !ret->percent || ret->percent > 100)
		return -EINVAL;
	return 0;
}

void policy_format_canary(const struct zpci_policy_setup *setup, char ret[POLICY_CANARY_LEN])
{
	int at;

	ret[0] = '\0';
	if (setup->canary == ZPCI_CANARY_PERCENT)
		snprintf(ret, POLICY_CANARY_LEN, "%u%%", setup->percent);
	if (setup->canary != ZPCI_CANARY_FIDS)
		return;
	at = sprintf(ret, "fid=");
	for (uint32_t i = 0; i < setup->nr_fids && i < ZPCI_CANARY_FIDS_MAX; i++)
		at += sprintf(ret + at, "%s0x%x", i ? "," : "", setup->fid[i]);
}

bool policy_canary_has(const struct policy_canary *canary, uint32_t fid)
{
	switch (canary->kind) {
	case ZPCI_CANARY_OFF:
		return true;
	case ZPCI_CANARY_PERCENT:
		return zpci_canary_hash(fid) < canary->percent;
	case ZPCI_CANARY_FIDS:
		break;
	}
	for (size_t i = 0; i < canary->nr_fids; i++)
		if (canary->fid[i] == fid)
			return true;
	return false;
}
