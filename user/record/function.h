/* SPDX-License-Identifier: GPL-2.0 */
/*
 * function.h - the zPCI functions of this machine, and how people name them
 */
#ifndef ZREC_FUNCTION_H
#define ZREC_FUNCTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "zrec.h"

#define FUNCTION_ADDRESS_LEN	16	/* "0001:00:00.0" */

enum function_mediation {
	FUNCTION_MEDIATION_UNKNOWN,	/* the kernel does not say */
	FUNCTION_NOT_MEDIATED,
	FUNCTION_MEDIATED,
};

struct function {
	uint32_t fid;
	uint32_t uid;
	uint16_t pchid;
	uint8_t pft;
	uint8_t mediated;			/* enum function_mediation */
	char pci_address[FUNCTION_ADDRESS_LEN];
	char driver[ZPCI_DRIVER_LEN];		/* empty if none is bound */
	/* Known only if mediated is */
	uint64_t events;			/* error events since it was configured */
	uint64_t pending;			/* not yet read by user space */
	uint64_t pending_overflow;		/* lost because too many were pending */
	/* Of its directory: another one is another function, of whatever address */
	uint64_t inode;
	int64_t ctime_ns;
};

struct function_list {
	struct function *f;
	size_t nr;
};

/*
 * Read all functions, sorted by FID. sysfs is NULL for /sys. A machine without
 * zPCI gives an empty list. 0 or a negative errno.
 */
int function_list_read(struct function_list *l, const char *sysfs);
/* The same for a list that was read before: what a function never changes is not read again */
int function_list_update(struct function_list *l, const char *sysfs);
void function_list_free(struct function_list *l);

json_t *function_to_json(const struct function *f);
/* A table, a line each */
void function_list_print(FILE *f, const struct function_list *l);

enum function_name_kind {
	FUNCTION_BY_ADDRESS,	/* 0001:00:00.0 */
	FUNCTION_BY_FID,	/* fid:0x11 */
	FUNCTION_BY_NODE,	/* /dev/nvme0 */
	FUNCTION_BY_DRIVER,	/* nvme */
};

struct function_name {
	enum function_name_kind kind;
	uint32_t fid;
	char text[256];		/* canonical address, path or driver name */
};

/* 0 or -EINVAL */
int function_parse_name(const char *s, struct function_name *ret);

/* Replaces a device node by the address of its function; 0, -ENODEV or another errno */
int function_name_of_node(struct function_name *name, const char *sysfs);

/*
 * The functions that a name means: ret gets at most max indexes into l. Returns
 * how many there are, -ENODEV if none, or another negative errno.
 */
int function_find(const struct function_list *l, const char *sysfs,
		  const struct function_name *name, size_t *ret, size_t max);

#endif /* ZREC_FUNCTION_H */
