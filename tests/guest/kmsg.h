/* SPDX-License-Identifier: GPL-2.0 */
/* kmsg.h - the kernel's log as a witness */
#ifndef GUEST_KMSG_H
#define GUEST_KMSG_H

#include <stddef.h>

struct kmsg {
	int fd;
	char *text;		/* what came since the last kmsg_forget() */
	size_t len;
	char complaint[200];	/* the first line that no healthy kernel prints */
};

int kmsg_open(struct kmsg *k);
void kmsg_close(struct kmsg *k);
void kmsg_forget(struct kmsg *k);
/* Take in what is new; how many complaints it had */
int kmsg_collect(struct kmsg *k);

#endif /* GUEST_KMSG_H */
