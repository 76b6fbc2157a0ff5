/* SPDX-License-Identifier: GPL-2.0 */
/* vfio_nvme.h - just enough of an NVMe driver, on top of vfio.h */
#ifndef GUEST_VFIO_NVME_H
#define GUEST_VFIO_NVME_H

#include "vfio.h"

struct nvme_id {
	char serial[21];
	char model[41];
};

/* Bring the controller up with an admin queue in the DMA buffer */
int vfio_nvme_start(struct vfio *v);

/* Identify Controller through that queue; with MSI-X if vfio_listen_msix() was called */
int vfio_nvme_identify(struct vfio *v, struct nvme_id *id);

/* Both: does the controller work? */
int vfio_nvme_works(struct vfio *v, struct nvme_id *id);

/*
 * A real error: an admin queue where nothing is mapped, and a doorbell that
 * makes the controller look there.
 */
int vfio_nvme_make_error(struct vfio *v);

#endif /* GUEST_VFIO_NVME_H */
