// SPDX-License-Identifier: GPL-2.0
/* vfio_nvme.c - just enough of an NVMe driver, on top of vfio.h */
#include "vfio_nvme.h"

#include <errno.h>
#include <stdio.h>

#include <linux/pci_regs.h>

#include "clock.h"

/* Controller registers */
#define REG_CC		0x14
#define REG_CSTS	0x1c
#define REG_AQA		0x24
#define REG_ASQ		0x28
#define REG_ACQ		0x30
#define REG_SQ0TDBL	0x1000

#define CC_EN		1u
#define CC_SIZES	((6u << 16) | (4u << 20))	/* entries of 64 and 16 bytes */
#define CSTS_RDY	1u
#define CSTS_CFS	2u

#define ADMIN_IDENTIFY	6
#define QUEUE_ENTRIES	16
#define SQ_AT		0x0000		/* in the DMA buffer */
#define CQ_AT		0x1000
#define DATA_AT		0x2000
#define NVME_MS		3000

struct sqe {
	uint32_t dw[16];
};

struct cqe {
	uint32_t dw[4];
};

static int wait_ready(struct vfio *v, uint32_t ready)
{
	uint64_t deadline = clock_in_ms(NVME_MS);
	uint32_t csts;

	for (;;) {
		csts = vfio_bar_read(v, REG_CSTS);
		if (csts == UINT32_MAX)
			return -ENXIO;
		if ((csts & CSTS_RDY) == ready)
			return 0;
		if (csts & CSTS_CFS)
			return -EIO;
		if (!clock_ms_to(deadline))
			return -ETIMEDOUT;
		clock_pause_ms();
	}
}

static int start_with_queue_at(struct vfio *v, uint64_t sq)
{
	uint64_t cq = v->iova + CQ_AT;
	int ret;

	ret = vfio_command(v, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	if (ret)
		return ret;
	vfio_bar_write(v, REG_CC, 0);
	ret = wait_ready(v, 0);
	if (ret)
		return ret;
	memset(v->dma, 0, DATA_AT);
	vfio_bar_write(v, REG_AQA, (QUEUE_ENTRIES - 1) << 16 | (QUEUE_ENTRIES - 1));
	vfio_bar_write(v, REG_ASQ, (uint32_t)sq);
	vfio_bar_write(v, REG_ASQ + 4, sq >> 32);
	vfio_bar_write(v, REG_ACQ, (uint32_t)cq);
	vfio_bar_write(v, REG_ACQ + 4, cq >> 32);
	vfio_bar_write(v, REG_CC, CC_SIZES | CC_EN);
	return wait_ready(v, CSTS_RDY);
}

int vfio_nvme_start(struct vfio *v)
{
	return start_with_queue_at(v, v->iova + SQ_AT);
}

int vfio_nvme_make_error(struct vfio *v)
{
	int ret;

	ret = start_with_queue_at(v, vfio_unmapped_iova(v));
	if (ret)
		return ret;
	return vfio_bar_write(v, REG_SQ0TDBL, 1);
}

/* Waits for the first completion of a queue that was just started */
static int wait_completion(struct vfio *v, volatile struct cqe *cqe)
{
	uint64_t deadline = clock_in_ms(NVME_MS);
	uint32_t status;
	int ret;

	if (v->msix_fd >= 0) {
		ret = vfio_wait(v->msix_fd, NVME_MS);
		if (ret)
			return ret;
	}
	for (;;) {
		status = le32toh(cqe->dw[3]) >> 16;
		if (status & 1)		/* phase: the entry is new */
			return status >> 1 ? -EIO : 0;
		if (!clock_ms_to(deadline))
			return -ETIMEDOUT;
		clock_pause_ms();
	}
}

/* A text field of Identify: padded with blanks */
static void copy_text(char *to, const uint8_t *from, size_t len)
{
	while (len && (from[len - 1] == ' ' || !from[len - 1]))
		len--;
	memcpy(to, from, len);
	to[len] = '\0';
}

int vfio_nvme_identify(struct vfio *v, struct nvme_id *id)
{
	volatile struct cqe *cqe = (void *)(v->dma + CQ_AT);
	struct sqe *sqe = (void *)(v->dma + SQ_AT);
	uint64_t data = v->iova + DATA_AT;
	int ret;

	memset(v->dma + DATA_AT, 0, 4096);
	*sqe = (struct sqe){ .dw = {
		[0] = htole32(1u << 16 | ADMIN_IDENTIFY),
		[6] = htole32((uint32_t)data),
		[7] = htole32(data >> 32),
		[10] = htole32(1),	/* CNS: Identify Controller */
	} };
	ret = vfio_bar_write(v, REG_SQ0TDBL, 1);
	if (!ret)
		ret = wait_completion(v, cqe);
	if (ret)
		return ret;
	copy_text(id->serial, v->dma + DATA_AT + 4, 20);
	copy_text(id->model, v->dma + DATA_AT + 24, 40);
	return id->model[0] ? 0 : -ENODATA;
}

int vfio_nvme_works(struct vfio *v, struct nvme_id *id)
{
	int ret;

	ret = vfio_nvme_start(v);
	return ret ? ret : vfio_nvme_identify(v, id);
}
