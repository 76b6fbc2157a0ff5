// SPDX-License-Identifier: GPL-2.0
/* vfio.c - a function in the hands of this process: open, map, close, registers */
#include "vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "clock.h"

#define VFIO_OPEN_MS		2000
#define VFIO_INFO_LEN		4096

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int open_group_file(const struct fn *fn)
{
	char path[128], link[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", fn->bdf);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return -errno;
	link[n] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", basename(link));
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int vfio_open_group(struct vfio *v, const struct fn *fn)
{
	int ret;

	*v = (struct vfio){ .fn = *fn, .container = -1, .group = -1, .device = -1,
			    .err_fd = -1, .msix_fd = -1 };
	v->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (v->container < 0)
		return -errno;
	v->group = open_group_file(fn);
	if (v->group < 0) {
		ret = v->group;
		goto out;
	}
	if (ioctl(v->group, VFIO_GROUP_SET_CONTAINER, &v->container) ||
	    ioctl(v->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU)) {
		ret = -errno;
		goto out;
	}
	return 0;
out:
	vfio_close(v);
	return ret;
}

static int region_at(struct vfio *v, unsigned int index, uint64_t *at)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(v->device, VFIO_DEVICE_GET_REGION_INFO, &info))
		return -errno;
	*at = info.offset;
	return 0;
}

static int open_device(struct vfio *v, unsigned int ms)
{
	uint64_t deadline = clock_in_ms(ms);
	int ret;

	/* An event that is dealt with has the locks, blocks the function, or has it disabled */
	for (;;) {
		v->device = ioctl(v->group, VFIO_GROUP_GET_DEVICE_FD, v->fn.bdf);
		if (v->device >= 0 || (errno != EAGAIN && errno != EIO && errno != ENODEV) ||
		    !clock_ms_to(deadline))
			break;
		clock_pause_ms();
	}
	if (v->device < 0)
		return -errno;
	ret = region_at(v, VFIO_PCI_CONFIG_REGION_INDEX, &v->config_at);
	if (!ret)
		ret = region_at(v, VFIO_PCI_BAR0_REGION_INDEX, &v->bar0_at);
	return ret;
}

int vfio_open_device(struct vfio *v)
{
	return open_device(v, VFIO_OPEN_MS);
}

int vfio_open_device_once(struct vfio *v)
{
	return open_device(v, 0);
}

static int open_all(struct vfio *v, const struct fn *fn, unsigned int ms)
{
	int ret;

	ret = vfio_open_group(v, fn);
	if (ret)
		return ret;
	ret = open_device(v, ms);
	if (!ret)
		ret = vfio_map_dma(v);
	if (!ret)
		ret = vfio_command(v, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	if (ret)
		vfio_close(v);
	return ret;
}

int vfio_open(struct vfio *v, const struct fn *fn)
{
	return open_all(v, fn, VFIO_OPEN_MS);
}

int vfio_open_at_once(struct vfio *v, const struct fn *fn)
{
	return open_all(v, fn, 0);
}

void vfio_close_device(struct vfio *v)
{
	close_fd(&v->err_fd);
	close_fd(&v->msix_fd);
	close_fd(&v->device);
}

void vfio_close(struct vfio *v)
{
	vfio_close_device(v);
	close_fd(&v->group);
	close_fd(&v->container);
	if (v->dma)
		munmap(v->dma, VFIO_DMA_LEN);
	v->dma = NULL;
}

/* A capability out of the chain that an info ioctl has filled in, or NULL */
static void *find_cap(void *info, uint32_t offset, uint16_t id)
{
	struct vfio_info_cap_header *h;

	while (offset && offset + sizeof(*h) <= VFIO_INFO_LEN) {
		h = (void *)((char *)info + offset);
		if (h->id == id)
			return h;
		offset = h->next;
	}
	return NULL;
}

/* Where the IOVAs that the function may use begin */
static int first_iova(struct vfio *v, uint64_t *iova)
{
	struct vfio_iommu_type1_info_cap_iova_range *range = NULL;
	struct vfio_iommu_type1_info *info;
	int ret = 0;

	info = calloc(1, VFIO_INFO_LEN);
	if (!info)
		return -ENOMEM;
	info->argsz = VFIO_INFO_LEN;
	if (ioctl(v->container, VFIO_IOMMU_GET_INFO, info))
		ret = -errno;
	else if (info->flags & VFIO_IOMMU_INFO_CAPS)
		range = find_cap(info, info->cap_offset, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
	if (!ret && (!range || !range->nr_iovas))
		ret = -ENOENT;
	if (!ret)
		*iova = (range->iova_ranges[0].start + 0xfffff) & ~0xfffffull;
	free(info);
	return ret;
}

int vfio_map_dma(struct vfio *v)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.size = VFIO_DMA_LEN,
	};
	void *p;
	int ret;

	ret = first_iova(v, &v->iova);
	if (ret)
		return ret;
	p = mmap(NULL, VFIO_DMA_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	v->dma = p;
	map.vaddr = (uintptr_t)p;
	map.iova = v->iova;
	return ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

uint64_t vfio_unmapped_iova(const struct vfio *v)
{
	return v->iova + 0x10000000;
}

int vfio_flags(struct vfio *v, uint32_t *flags)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (ioctl(v->device, VFIO_DEVICE_GET_INFO, &info))
		return -errno;
	*flags = info.flags;
	return 0;
}

int vfio_cap_base(struct vfio *v, struct zpci_cap_base *cap)
{
	struct zpci_cap_base *found = NULL;
	struct vfio_device_info *info;
	int ret = 0;

	info = calloc(1, VFIO_INFO_LEN);
	if (!info)
		return -ENOMEM;
	info->argsz = VFIO_INFO_LEN;
	if (ioctl(v->device, VFIO_DEVICE_GET_INFO, info))
		ret = -errno;
	else if (info->flags & VFIO_DEVICE_FLAGS_CAPS)
		found = find_cap(info, info->cap_offset, VFIO_DEVICE_INFO_CAP_ZPCI_BASE);
	if (!ret && !found)
		ret = -ENOENT;
	if (!ret)
		*cap = *found;
	free(info);
	return ret;
}

int vfio_config_read(struct vfio *v, unsigned int at, void *buf, size_t len)
{
	ssize_t n = pread(v->device, buf, len, v->config_at + at);

	return n < 0 ? -errno : (size_t)n == len ? 0 : -EIO;
}

int vfio_config_write(struct vfio *v, unsigned int at, const void *buf, size_t len)
{
	ssize_t n = pwrite(v->device, buf, len, v->config_at + at);

	return n < 0 ? -errno : (size_t)n == len ? 0 : -EIO;
}

int vfio_command(struct vfio *v, uint16_t set, uint16_t clear)
{
	uint16_t cmd;
	int ret;

	ret = vfio_config_read(v, PCI_COMMAND, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	cmd = htole16((le16toh(cmd) | set) & ~clear);
	return vfio_config_write(v, PCI_COMMAND, &cmd, sizeof(cmd));
}

uint32_t vfio_bar_read(struct vfio *v, unsigned int at)
{
	uint32_t val;

	if (pread(v->device, &val, sizeof(val), v->bar0_at + at) != sizeof(val))
		return UINT32_MAX;
	return le32toh(val);
}

int vfio_bar_write(struct vfio *v, unsigned int at, uint32_t val)
{
	ssize_t n;

	val = htole32(val);
	n = pwrite(v->device, &val, sizeof(val), v->bar0_at + at);
	return n < 0 ? -errno : n == sizeof(val) ? 0 : -EIO;
}
