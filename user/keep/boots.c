// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* tdestroy() */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keep/boots.h"

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct history_boot *)a)->boot_id,
		      ((const struct history_boot *)b)->boot_id);
}

const struct history_boot *boots_find(struct boots *b, const char *boot_id)
{
	struct history_boot key;
	void *found;

	if (b->last && !strcmp(b->last->boot_id, boot_id))
		return b->last;
	snprintf(key.boot_id, sizeof(key.boot_id), "%s", boot_id);
	found = tfind(&key, &b->tree, compare);
	if (found)
		b->last = *(struct history_boot **)found;
	return found ? b->last : NULL;
}

int boots_add(struct boots *b, const struct history_boot *boot, const struct history_boot **ret)
{
	struct history_boot *copy;

	*ret = boots_find(b, boot->boot_id);
	copy = (struct history_boot *)*ret;
	/* A zrec that ran earlier in that boot may not have said it */
	if (copy && !copy->machine_id[0])
		memcpy(copy->machine_id, boot->machine_id, sizeof(copy->machine_id));
	if (copy)
		return boot->machine_id[0] && strcmp(copy->machine_id, boot->machine_id) ? -EINVAL : 0;
	if (b->nr == BOOTS_MAX)
		return -E2BIG;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *boot;
	if (!tsearch(copy, &b->tree, compare)) {
		free(copy);
		return -ENOMEM;
	}
	b->nr++;
	*ret = b->last = copy;
	return 1;
}

void boots_free(struct boots *b)
{
	tdestroy(b->tree, free);
	*b = (struct boots){ 0 };
}
