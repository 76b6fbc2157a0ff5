// SPDX-License-Identifier: GPL-2.0
/* vfio_error.c - the error side of vfio: interrupts, feature 13, reset */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "vfio.h"

int vfio_irq_count(struct vfio *v, unsigned int index, unsigned int *count)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(v->device, VFIO_DEVICE_GET_IRQ_INFO, &info))
		return -errno;
	*count = info.count;
	return 0;
}

/* A new eventfd as the only trigger of an interrupt index: the fd or -errno */
static int set_trigger(struct vfio *v, unsigned int index)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} irq = {
		.set = {
			.argsz = sizeof(irq),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = index,
			.count = 1,
		},
	};

	irq.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (irq.fd < 0)
		return -errno;
	if (ioctl(v->device, VFIO_DEVICE_SET_IRQS, &irq)) {
		int ret = -errno;

		close(irq.fd);
		return ret;
	}
	return irq.fd;
}

int vfio_listen(struct vfio *v)
{
	int fd = set_trigger(v, VFIO_PCI_ERR_IRQ_INDEX);

	if (fd < 0)
		return fd;
	v->err_fd = fd;
	return 0;
}

int vfio_listen_msix(struct vfio *v)
{
	int fd = set_trigger(v, VFIO_PCI_MSIX_IRQ_INDEX);

	if (fd < 0)
		return fd;
	v->msix_fd = fd;
	return 0;
}

int vfio_listen_request(struct vfio *v)
{
	return set_trigger(v, VFIO_PCI_REQ_IRQ_INDEX);
}

int vfio_wait(int event_fd, unsigned int ms)
{
	struct pollfd p = { .fd = event_fd, .events = POLLIN };
	uint64_t times;
	int ret;

	ret = poll(&p, 1, clock_ms_to(clock_in_ms(ms)));
	if (ret < 0)
		return -errno;
	if (!ret)
		return -ETIMEDOUT;
	return read(event_fd, &times, sizeof(times)) == sizeof(times) ? 0 : -errno;
}

int vfio_wait_error(struct vfio *v, unsigned int ms)
{
	return vfio_wait(v->err_fd, ms);
}

int vfio_feature(struct vfio *v, uint32_t flags, uint32_t argsz, void *buf)
{
	struct {
		struct vfio_device_feature head;
		struct zpci_feature_err err;
	} arg = {
		.head = { .argsz = argsz, .flags = flags | ZPCI_FEATURE_ERROR },
		.err = { .data = (uintptr_t)buf },
	};

	_Static_assert(sizeof(arg) == sizeof(arg.head) + sizeof(arg.err), "padding");
	return ioctl(v->device, VFIO_DEVICE_FEATURE, &arg) < 0 ? -errno : 0;
}

int vfio_read_error(struct vfio *v, struct ccdf *ccdf)
{
	return vfio_feature(v, VFIO_DEVICE_FEATURE_GET,
			    sizeof(struct vfio_device_feature) + sizeof(struct zpci_feature_err),
			    ccdf->raw);
}

int vfio_reset_once(struct vfio *v)
{
	return ioctl(v->device, VFIO_DEVICE_RESET) ? -errno : 0;
}

int vfio_hot_reset_once(struct vfio *v)
{
	struct {
		struct vfio_pci_hot_reset reset;
		int32_t group;
	} arg = {
		.reset = { .argsz = sizeof(arg), .count = 1 },
		.group = v->group,
	};

	return ioctl(v->device, VFIO_DEVICE_PCI_HOT_RESET, &arg) ? -errno : 0;
}

/*
 * The eventfd is signalled while the recovery still holds the locks that the
 * reset takes: EAGAIN and EIO mean "not yet".
 */
static int until_not_busy(struct vfio *v, int (*once)(struct vfio *v), unsigned int *tries)
{
	uint64_t deadline = clock_in_ms(VFIO_RESET_MS);
	unsigned int n = 0;
	int ret;

	for (;;) {
		ret = once(v);
		n++;
		if ((ret != -EAGAIN && ret != -EIO) || !clock_ms_to(deadline))
			break;
		clock_pause_ms();
	}
	if (tries)
		*tries = n;
	return ret;
}

int vfio_reset(struct vfio *v, unsigned int *tries)
{
	return until_not_busy(v, vfio_reset_once, tries);
}

int vfio_hot_reset(struct vfio *v)
{
	return until_not_busy(v, vfio_hot_reset_once, NULL);
}
