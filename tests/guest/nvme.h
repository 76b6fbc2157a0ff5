/* SPDX-License-Identifier: GPL-2.0 */
/* nvme.h - an NVMe under the host's nvme driver */
#ifndef GUEST_NVME_H
#define GUEST_NVME_H

#include "fn.h"

#define NVME_READ_LEN	4096

struct nvme {
	struct fn fn;
	char ctrl[32];		/* /dev/nvmeN */
	char disk[64];		/* its first namespace */
};

/* Bind the driver and wait for the disk */
int nvme_bind(const struct fn *fn, struct nvme *n);
/* The function behind a controller that is there: "/dev/nvme0" */
int nvme_by_path(const char *path, struct nvme *n);

/*
 * A real error. Doorbell Buffer Config tells the controller to read a buffer
 * at each doorbell; the kernel unmaps the buffer when the command ends. The
 * next command (an Identify here) rings a doorbell: DMA to an unmapped address.
 */
int nvme_make_error(const struct nvme *n);

/* First blocks of the disk, past the page cache */
int nvme_read(const struct nvme *n, void *buf);
int nvme_write(const struct nvme *n, const void *buf);

#endif /* GUEST_NVME_H */
