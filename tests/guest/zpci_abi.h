/* SPDX-License-Identifier: GPL-2.0 */
/*
 * zpci_abi.h - what the kernel series adds to the vfio interface
 *
 * The toolchain's linux/vfio.h is older than the series, and the tests must not
 * take the numbers from the code under test: they are written down here once
 * more, as Linux 7.3 has them.
 */
#ifndef GUEST_ZPCI_ABI_H
#define GUEST_ZPCI_ABI_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include <linux/vfio.h>

#define ZPCI_FEATURE_ERROR	13	/* VFIO_DEVICE_FEATURE_ZPCI_ERROR */

/* struct vfio_device_feature_zpci_err */
struct zpci_feature_err {
	uint64_t data __attribute__((aligned(8)));
};

/* VFIO_DEVICE_INFO_CAP_ZPCI_BASE, version 3 */
struct zpci_cap_base {
	struct vfio_info_cap_header header;
	uint64_t start_dma;
	uint64_t end_dma;
	uint16_t pchid;
	uint16_t vfn;
	uint16_t fmb_length;
	uint8_t pft;
	uint8_t gid;
	uint32_t fh;
	uint32_t ccdf_err_length;
};

_Static_assert(__builtin_offsetof(struct zpci_cap_base, ccdf_err_length) == 36,
	       "version 3 of the capability adds one word at offset 36");

/* The CCDF, content code 1: 32 bytes, big-endian */
#define CCDF_LEN		32

struct ccdf {
	uint8_t raw[CCDF_LEN];
};

static inline uint32_t ccdf_be32(const struct ccdf *c, size_t at)
{
	uint32_t v;

	memcpy(&v, c->raw + at, sizeof(v));
	return be32toh(v);
}

static inline uint32_t ccdf_fh(const struct ccdf *c)
{
	return ccdf_be32(c, 4);
}

static inline uint32_t ccdf_fid(const struct ccdf *c)
{
	return ccdf_be32(c, 8);
}

static inline uint64_t ccdf_faddr(const struct ccdf *c)
{
	return (uint64_t)ccdf_be32(c, 16) << 32 | ccdf_be32(c, 20);
}

static inline uint16_t ccdf_pec(const struct ccdf *c)
{
	return ccdf_be32(c, 28) & 0xffff;
}

/* PCI event codes (PEC) that the tests use */
#define PEC_TPROTE		0x04	/* the real one: DMA to an unmapped address */
#define PEC_FMB_ACCESS		0x2a
#define PEC_FMB_UPDATE		0x2b
#define PEC_FMB_PROTECTION	0x2c
#define PEC_SERVICE_ACTION	0x3a
#define PEC_PERMANENT		0x3b
#define PEC_RECOVERY_FAILED	0x40

#endif /* GUEST_ZPCI_ABI_H */
