/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel.h - the few kernel types that the programs look into
 *
 * Only the fields that are used; CO-RE finds their real offsets at load time.
 * There is no vmlinux.h, so that the programs build alike on every machine.
 */
#ifndef ZREC_KERNEL_H
#define ZREC_KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pci_driver {
	const char *name;
};

struct pci_bus {
	unsigned char number;
};

struct pci_dev {
	struct pci_bus *bus;
	unsigned int devfn;
	unsigned short vendor;
	unsigned short device;
	unsigned int class;
	struct pci_driver *driver;
};

struct zpci_bus {
	int domain_nr;
};

struct zpci_dev {
	struct zpci_bus *zbus;
	__u16 pchid;
	__u8 pft;
	__u32 uid;
	__u32 life;
};

#pragma clang attribute pop

/*
 * Firmware's own layout, which no kernel changes. Bit fields are read as the
 * word that they are in, so that the whole of it is copied without a helper.
 */
struct zpci_ccdf_err {
	__u32 reserved1;
	__u32 fh;
	__u32 fid;
	__u32 bits;
	__u64 faddr;
	__u32 reserved3;
	__u16 reserved4;
	__u16 pec;
};

#endif /* ZREC_KERNEL_H */
