// SPDX-License-Identifier: GPL-2.0
/* inject.c - feed a CCDF into the kernel's event path (test option of the series) */
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define INJECT_PATH	"/sys/kernel/debug/zpci/inject_error"
#define OVERFLOW_PATH	"/sys/kernel/debug/zpci/inject_overflow"

static void put_be32(struct ccdf *ccdf, size_t at, uint32_t val)
{
	val = htobe32(val);
	memcpy(ccdf->raw + at, &val, sizeof(val));
}

void inject_set_fh(struct ccdf *ccdf, uint32_t fh)
{
	put_be32(ccdf, 4, fh);
}

void inject_set_fid(struct ccdf *ccdf, uint32_t fid)
{
	put_be32(ccdf, 8, fid);
}

int inject_prepare(const struct fn *fn, uint16_t pec, uint64_t faddr, struct ccdf *ccdf)
{
	uint32_t fh;
	int ret;

	ret = fn_handle(fn, &fh);
	if (ret)
		return ret;
	memset(ccdf, 0, sizeof(*ccdf));
	inject_set_fh(ccdf, fh);
	inject_set_fid(ccdf, fn->fid);
	put_be32(ccdf, 16, faddr >> 32);
	put_be32(ccdf, 20, (uint32_t)faddr);
	put_be32(ccdf, 28, pec);
	return 0;
}

int inject_raw(const void *ccdf, size_t len)
{
	ssize_t n;
	int fd;

	fd = open(INJECT_PATH, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, ccdf, len);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	return (size_t)n == len ? 0 : -EIO;
}

int inject(const struct fn *fn, uint16_t pec, uint64_t faddr)
{
	struct ccdf ccdf;
	int ret;

	ret = inject_prepare(fn, pec, faddr, &ccdf);
	return ret ? ret : inject_raw(ccdf.raw, sizeof(ccdf.raw));
}

int inject_overflow(void)
{
	return file_write(OVERFLOW_PATH, "1");
}
