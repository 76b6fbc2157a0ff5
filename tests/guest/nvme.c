// SPDX-License-Identifier: GPL-2.0
/* nvme.c - an NVMe under the host's nvme driver */
#include "nvme.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/nvme_ioctl.h>

#include "uevent.h"

#define NVME_PROBE_MS		10000
#define ADMIN_IDENTIFY		0x06
#define ADMIN_DBBUF		0x7c
#define DBBUF_LEN		8192

/* /dev/nvmeN of a bound function */
static int find_ctrl(const struct fn *fn, struct nvme *n)
{
	char path[128];
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/nvme", fn->bdf);
	dir = opendir(path);
	if (!dir)
		return -errno;
	n->fn = *fn;
	n->ctrl[0] = '\0';
	while ((d = readdir(dir)))
		if (!strncmp(d->d_name, "nvme", 4))
			snprintf(n->ctrl, sizeof(n->ctrl), "/dev/%.20s", d->d_name);
	closedir(dir);
	snprintf(n->disk, sizeof(n->disk), "%sn1", n->ctrl);
	return n->ctrl[0] ? 0 : -ENOENT;
}

int nvme_bind(const struct fn *fn, struct nvme *n)
{
	int ret, events;

	events = uevent_open();
	if (events < 0)
		return events;
	ret = fn_bind(fn, "nvme");
	if (!ret)
		ret = find_ctrl(fn, n);
	if (!ret)
		ret = uevent_wait_path(events, n->disk, NVME_PROBE_MS);
	close(events);
	return ret;
}

int nvme_by_path(const char *path, struct nvme *n)
{
	char name[32], sys[128], link[256];
	ssize_t len;
	struct fn fn;
	int ret;

	snprintf(name, sizeof(name), "%s", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	snprintf(sys, sizeof(sys), "/sys/class/nvme/%s/device", name);
	len = readlink(sys, link, sizeof(link) - 1);
	if (len < 0)
		return -errno;
	link[len] = '\0';
	ret = fn_by_address(basename(link), &fn);
	return ret ? ret : find_ctrl(&fn, n);
}

static int admin(int fd, uint8_t opcode, uint32_t cdw10, void *buf, uint32_t len)
{
	struct nvme_admin_cmd cmd = {
		.opcode = opcode,
		.cdw10 = cdw10,
		.addr = (uintptr_t)buf,
		.data_len = len,
		.timeout_ms = 5000,
	};
	int ret = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &cmd);

	return ret < 0 ? -errno : ret;
}

int nvme_make_error(const struct nvme *n)
{
	void *buf;
	int fd, ret;

	fd = open(n->ctrl, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	buf = mmap(NULL, DBBUF_LEN, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (buf == MAP_FAILED) {
		ret = -errno;
		goto out;
	}
	ret = admin(fd, ADMIN_DBBUF, 0, buf, DBBUF_LEN);
	if (ret > 0)
		ret = -EOPNOTSUPP;	/* an NVMe status: the controller refused it */
	/* How this one ends is the recovery's business */
	if (!ret)
		admin(fd, ADMIN_IDENTIFY, 1, buf, 4096);
	munmap(buf, DBBUF_LEN);
out:
	close(fd);
	return ret;
}

static int transfer(const struct nvme *n, void *buf, int flags)
{
	void *bounce;
	ssize_t done;
	int fd, ret = 0;

	if (posix_memalign(&bounce, NVME_READ_LEN, NVME_READ_LEN))
		return -ENOMEM;
	memcpy(bounce, buf, NVME_READ_LEN);
	fd = open(n->disk, flags | O_DIRECT | O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		goto out;
	}
	done = flags == O_WRONLY ? pwrite(fd, bounce, NVME_READ_LEN, 0) :
				   pread(fd, bounce, NVME_READ_LEN, 0);
	if (done != NVME_READ_LEN)
		ret = done < 0 ? -errno : -EIO;
	else
		memcpy(buf, bounce, NVME_READ_LEN);
	close(fd);
out:
	free(bounce);
	return ret;
}

int nvme_read(const struct nvme *n, void *buf)
{
	return transfer(n, buf, O_RDONLY);
}

int nvme_write(const struct nvme *n, const void *buf)
{
	return transfer(n, (void *)(uintptr_t)buf, O_WRONLY);
}
