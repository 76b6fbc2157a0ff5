// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keep/boot.h"

#define BOOT_ID		"/proc/sys/kernel/random/boot_id"
#define NO_BOOT_ID	"00000000-0000-0000-0000-000000000000"

void history_boot_read(struct history_boot *ret)
{
	FILE *f = fopen(BOOT_ID, "re");

	*ret = (struct history_boot){ .boot_id = NO_BOOT_ID };
	if (f) {
		if (fscanf(f, "%36[0-9a-f-]", ret->boot_id) != 1)
			strcpy(ret->boot_id, NO_BOOT_ID);
		fclose(f);
	}
	/* A longer name is cut, and then ends where the field does */
	if (gethostname(ret->host, sizeof(ret->host)) < 0 || !ret->host[0])
		strcpy(ret->host, "unknown");
	ret->host[sizeof(ret->host) - 1] = '\0';
}

int history_boot_compare(const struct history_boot *a, const struct history_boot *b)
{
	int n = strcmp(a->boot_id, b->boot_id);

	return n ? n : strcmp(a->machine_id, b->machine_id);
}
