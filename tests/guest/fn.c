// SPDX-License-Identifier: GPL-2.0
/* fn.c - a zPCI function, as sysfs shows it */
#include "fn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYS_PCI		"/sys/bus/pci"

int file_read(const char *path, char *buf, size_t len)
{
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return 0;
}

int file_write(const char *path, const char *text)
{
	int fd, ret = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static void fn_path(const struct fn *fn, const char *name, char *buf, size_t len)
{
	snprintf(buf, len, SYS_PCI "/devices/%s/%s", fn->bdf, name);
}

int fn_attr_u64(const struct fn *fn, const char *name, uint64_t *val)
{
	char path[128], text[64], *end;
	int ret;

	fn_path(fn, name, path, sizeof(path));
	ret = file_read(path, text, sizeof(text));
	if (ret)
		return ret;
	*val = strtoull(text, &end, 0);
	return *end ? -EINVAL : 0;
}

int fn_handle(const struct fn *fn, uint32_t *fh)
{
	uint64_t val;
	int ret;

	ret = fn_attr_u64(fn, "function_handle", &val);
	if (!ret)
		*fh = val;
	return ret;
}

int fn_by_address(const char *bdf, struct fn *fn)
{
	uint64_t fid, class_code;
	int ret;

	if (strlen(bdf) >= sizeof(fn->bdf))
		return -EINVAL;
	strcpy(fn->bdf, bdf);
	ret = fn_attr_u64(fn, "function_id", &fid);
	if (!ret)
		ret = fn_attr_u64(fn, "class", &class_code);
	if (ret)
		return ret;
	fn->fid = fid;
	fn->class_code = class_code;
	return 0;
}

static int not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int fn_list(uint32_t class_code, struct fn *fns, int max)
{
	struct dirent **names;
	int i, n, found = 0;
	struct fn fn;

	n = scandir(SYS_PCI "/devices", &names, not_hidden, alphasort);
	if (n < 0)
		return -errno;
	for (i = 0; i < n; i++) {
		if (found < max && !fn_by_address(names[i]->d_name, &fn) &&
		    (class_code == FN_CLASS_ANY || fn.class_code == class_code))
			fns[found++] = fn;
		free(names[i]);
	}
	free(names);
	return found;
}

int fn_driver(const struct fn *fn, char *buf, size_t len)
{
	char path[128], link[256];
	ssize_t n;

	fn_path(fn, "driver", path, sizeof(path));
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0 && errno != ENOENT)
		return -errno;
	link[n < 0 ? 0 : n] = '\0';
	snprintf(buf, len, "%s", n < 0 ? "" : basename(link));
	return 0;
}

static int fn_unbind(const struct fn *fn)
{
	char path[128];
	int ret;

	fn_path(fn, "driver/unbind", path, sizeof(path));
	ret = file_write(path, fn->bdf);
	return ret == -ENOENT || ret == -ENODEV ? 0 : ret;
}

int fn_bind(const struct fn *fn, const char *driver)
{
	char path[128], now[64];
	int ret;

	ret = fn_driver(fn, now, sizeof(now));
	if (ret || !strcmp(now, driver))
		return ret;
	ret = fn_unbind(fn);
	if (ret)
		return ret;
	fn_path(fn, "driver_override", path, sizeof(path));
	/* A lone newline means that every driver may take it again */
	ret = file_write(path, driver[0] ? driver : "\n");
	if (ret || !driver[0])
		return ret;
	ret = file_write(SYS_PCI "/drivers_probe", fn->bdf);
	if (ret)
		return ret;
	ret = fn_driver(fn, now, sizeof(now));
	if (ret)
		return ret;
	return strcmp(now, driver) ? -ENXIO : 0;
}

int fn_recover(const struct fn *fn)
{
	char path[128];
	struct fn again;
	int ret;

	fn_path(fn, "recover", path, sizeof(path));
	ret = file_write(path, "1");
	return ret ? ret : fn_by_address(fn->bdf, &again);
}

int fn_power_cycle(const struct fn *fn)
{
	char path[128];
	struct fn again;
	int ret;

	snprintf(path, sizeof(path), SYS_PCI "/slots/%08x/power", fn->fid);
	ret = file_write(path, "0");
	if (!ret)
		ret = file_write(path, "1");
	return ret ? ret : fn_by_address(fn->bdf, &again);
}

int fn_reset(const struct fn *fn)
{
	char path[128];

	fn_path(fn, "reset", path, sizeof(path));
	return file_write(path, "1");
}

int fn_reset_methods(const struct fn *fn, char *buf, size_t len)
{
	char path[128];

	fn_path(fn, "reset_method", path, sizeof(path));
	return file_read(path, buf, len);
}

int fn_set_reset_methods(const struct fn *fn, const char *methods)
{
	char path[128];

	fn_path(fn, "reset_method", path, sizeof(path));
	return file_write(path, methods);
}

int fn_renew(const struct fn *fn)
{
	int ret;

	ret = fn_recover(fn);
	if (ret)
		return ret;
	/* Whether recovering has kept them is for a test of its own to say */
	ret = fn_set_reset_methods(fn, "default");
	return ret == -ENOENT ? 0 : ret;	/* there is no way to reset it */
}

static int counter_line(const char *path, const char *name, uint64_t *val)
{
	char line[128], key[64];
	unsigned long long v;
	int ret = -ENOENT;
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %llu", key, &v) == 2 && !strcmp(key, name)) {
			*val = v;
			ret = 0;
		}
	}
	fclose(f);
	return ret;
}

int fn_counter(const struct fn *fn, const char *name, uint64_t *val)
{
	char path[128];

	fn_path(fn, "error_recovery", path, sizeof(path));
	return counter_line(path, name, val);
}

int machine_counter(const char *name, uint64_t *val)
{
	return counter_line(SYS_PCI "/zpci_error_events", name, val);
}
