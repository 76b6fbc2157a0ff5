// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/machine-id.h"
#include "keep/boot.h"

#define BOOT_ID		"/proc/sys/kernel/random/boot_id"
#define NO_BOOT_ID	"00000000-0000-0000-0000-000000000000"

/* Which of all programs asks: another one gets another ID of the same machine */
static const uint8_t zrec_id[16] = {
	0xa8, 0xf5, 0x66, 0xec, 0x64, 0x6f, 0x46, 0x7e,
	0xab, 0xc1, 0x79, 0x18, 0x23, 0x1b, 0x22, 0x58,
};

static void read_machine(char ret[HISTORY_ID_LEN])
{
	char id[MACHINE_ID_LEN];

	if (!machine_id(MACHINE_ID_LIBRARY, zrec_id, id))
		strcpy(ret, id);
}

void history_boot_read(struct history_boot *ret)
{
	FILE *f = fopen(BOOT_ID, "re");

	*ret = (struct history_boot){ .boot_id = NO_BOOT_ID };
	if (f) {
		if (fscanf(f, "%36[0-9a-f-]", ret->boot_id) != 1)
			strcpy(ret->boot_id, NO_BOOT_ID);
		fclose(f);
	}
	read_machine(ret->machine_id);
	/* A longer name is cut, and then ends where the field does */
	if (gethostname(ret->host, sizeof(ret->host)) < 0 || !ret->host[0])
		strcpy(ret->host, "unknown");
	ret->host[sizeof(ret->host) - 1] = '\0';
}
