/* SPDX-License-Identifier: GPL-2.0 */
/* fn.h - a zPCI function, as sysfs shows it */
#ifndef GUEST_FN_H
#define GUEST_FN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FN_CLASS_NVME		0x010802
#define FN_CLASS_ANY		0

struct fn {
	char bdf[16];
	uint32_t fid;
	uint32_t class_code;
};

/* Whole small files. Both return 0 or -errno; read strips the last newline */
int file_read(const char *path, char *buf, size_t len);
int file_write(const char *path, const char *text);

/* Functions of a class in order of their address; how many there are, or -errno */
int fn_list(uint32_t class_code, struct fn *fns, int max);
int fn_by_address(const char *bdf, struct fn *fn);

int fn_attr_u64(const struct fn *fn, const char *name, uint64_t *val);
int fn_handle(const struct fn *fn, uint32_t *fh);

/* Name of the bound driver, "" if there is none */
int fn_driver(const struct fn *fn, char *buf, size_t len);

/* Make @driver and no other the driver of the function; "" leaves it unbound */
int fn_bind(const struct fn *fn, const char *driver);

/*
 * Three ways to take the function away and find it anew: the operator's, the
 * hotplug slot's, and one for tests to start from, whatever the last has done.
 */
int fn_recover(const struct fn *fn);
int fn_power_cycle(const struct fn *fn);
int fn_renew(const struct fn *fn);

/* By the first of its reset methods that works */
int fn_reset(const struct fn *fn);

/* How the function can be reset, as "flr bus"; those to be used, "default" for all */
int fn_reset_methods(const struct fn *fn, char *buf, size_t len);
int fn_set_reset_methods(const struct fn *fn, const char *methods);

/* A line of error_recovery, and of the counters of the machine */
int fn_counter(const struct fn *fn, const char *name, uint64_t *val);
int machine_counter(const char *name, uint64_t *val);

#endif /* GUEST_FN_H */
