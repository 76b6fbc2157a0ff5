/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vfio.h - a function in the hands of this process
 *
 * A small client of the vfio group interface, as a user-space driver has one.
 * All calls return 0 (or what they say) or -errno.
 */
#ifndef GUEST_VFIO_H
#define GUEST_VFIO_H

#include <stdbool.h>

#include "fn.h"
#include "zpci_abi.h"

#define VFIO_DMA_LEN		65536
#define VFIO_RESET_MS		5000	/* how long a reset is tried again */

struct vfio {
	struct fn fn;
	int container;
	int group;
	int device;		/* -1 between vfio_open_group() and vfio_open_device() */
	int err_fd;		/* ERR eventfd, -1 before vfio_listen() */
	int msix_fd;		/* MSI-X vector 0, -1 before vfio_listen_msix() */
	uint64_t config_at;	/* offset of config space in the device file */
	uint64_t bar0_at;
	uint64_t iova;		/* of the DMA buffer, also its first usable IOVA */
	uint8_t *dma;		/* VFIO_DMA_LEN bytes */
};

/* Group and container with an IOMMU, but no device yet */
int vfio_open_group(struct vfio *v, const struct fn *fn);
/*
 * Tries again for a while: EAGAIN means that a recovery or another owner holds
 * the device lock, EIO that the function is blocked by an error of which the
 * event is still on its way.
 */
int vfio_open_device(struct vfio *v);
/* For who wants to see that */
int vfio_open_device_once(struct vfio *v);
/* Both, and a DMA buffer */
int vfio_open(struct vfio *v, const struct fn *fn);
/* Likewise, but does not try again: for who has no need to succeed */
int vfio_open_at_once(struct vfio *v, const struct fn *fn);
void vfio_close_device(struct vfio *v);
void vfio_close(struct vfio *v);

int vfio_map_dma(struct vfio *v);
/* An IOVA that the function may use and that nothing is mapped to */
uint64_t vfio_unmapped_iova(const struct vfio *v);

int vfio_irq_count(struct vfio *v, unsigned int index, unsigned int *count);
int vfio_listen(struct vfio *v);
int vfio_listen_msix(struct vfio *v);
/* An eventfd that hears when somebody wants to have the function back, or -errno */
int vfio_listen_request(struct vfio *v);
/* Waits for an eventfd of the above: 0 or -ETIMEDOUT */
int vfio_wait(int event_fd, unsigned int ms);
int vfio_wait_error(struct vfio *v, unsigned int ms);

/* VFIO_DEVICE_FEATURE on feature 13; @flags says GET, SET or PROBE */
int vfio_feature(struct vfio *v, uint32_t flags, uint32_t argsz, void *buf);
/* The oldest unread error; -ENOMSG if there is none */
int vfio_read_error(struct vfio *v, struct ccdf *ccdf);
/* VFIO_DEVICE_FLAGS_* */
int vfio_flags(struct vfio *v, uint32_t *flags);
int vfio_cap_base(struct vfio *v, struct zpci_cap_base *cap);

/* One VFIO_DEVICE_RESET; and with retries, which are counted if @tries is given */
int vfio_reset_once(struct vfio *v);
int vfio_reset(struct vfio *v, unsigned int *tries);
/* The other way to ask for one: VFIO_DEVICE_PCI_HOT_RESET, for all of a slot */
int vfio_hot_reset_once(struct vfio *v);
int vfio_hot_reset(struct vfio *v);

int vfio_config_read(struct vfio *v, unsigned int at, void *buf, size_t len);
int vfio_config_write(struct vfio *v, unsigned int at, const void *buf, size_t len);
/* Set and clear bits of PCI_COMMAND */
int vfio_command(struct vfio *v, uint16_t set, uint16_t clear);

/* BAR 0, little-endian registers; a read that fails gives all ones */
uint32_t vfio_bar_read(struct vfio *v, unsigned int at);
int vfio_bar_write(struct vfio *v, unsigned int at, uint32_t val);

#endif /* GUEST_VFIO_H */
