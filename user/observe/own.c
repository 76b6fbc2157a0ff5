// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* O_PATH */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mounts.h"
#include "observe/own.h"

#define INFO_MAP	".rodata.info"
#define LOOKS		20	/* for what is on its way out, ... */
#define PAUSE_NS	50000000L	/* ... this far apart */

/* The first member means the same in every version; the rest is ours to read only here */
static int read_value(int fd, const struct bpf_map_info *map, struct zrec_info *ret)
{
	void *value = calloc(1, map->value_size);
	__u32 key = 0;
	int err;

	if (!value)
		return -ENOMEM;
	err = bpf_map_lookup_elem(fd, &key, value) < 0 ? -errno : 0;
	*ret = (struct zrec_info){ 0 };
	if (!err)
		memcpy(ret, value, map->value_size < sizeof(*ret) ? map->value_size : sizeof(*ret));
	if (ret->abi != ZREC_ABI || map->value_size != sizeof(*ret))
		ret->version[0] = '\0';
	ret->version[sizeof(ret->version) - 1] = '\0';
	free(value);
	return err;
}

/* Reads the map if it is an observation's .rodata.info; 0, -ENOENT, other negative errno */
static int read_info(uint32_t map_id, struct zrec_info *ret)
{
	int fd = bpf_map_get_fd_by_id(map_id), err = -ENOENT;
	struct bpf_map_info map = { 0 };
	__u32 len = sizeof(map);

	if (fd < 0)
		return -errno;
	if (bpf_map_get_info_by_fd(fd, &map, &len) < 0)
		err = -errno;
	else if (!strcmp(map.name, INFO_MAP) && map.type == BPF_MAP_TYPE_ARRAY &&
		 map.value_size >= sizeof(ret->abi))
		err = read_value(fd, &map, ret);
	close(fd);
	return err;
}

static void add_map(struct own_maps *maps, uint32_t id)
{
	for (size_t i = 0; i < maps->nr; i++)
		if (maps->id[i] == id)
			return;
	if (maps->nr < OWN_MAPS_MAX)
		maps->id[maps->nr++] = id;
}

static int look_at_program(uint32_t id, struct own_maps *maps, struct zrec_info *ret)
{
	__u32 ids[64], len;	/* MAX_USED_MAPS of the kernel */
	struct bpf_prog_info prog = { .nr_map_ids = 64, .map_ids = (uintptr_t)ids };
	int fd = bpf_prog_get_fd_by_id(id), err = -ENOENT;

	if (fd < 0)
		return -errno;
	len = sizeof(prog);
	if (bpf_prog_get_info_by_fd(fd, &prog, &len) < 0)
		err = -errno;
	close(fd);
	for (__u32 i = 0; err == -ENOENT && i < prog.nr_map_ids && i < 64; i++)
		err = read_info(ids[i], ret);
	for (__u32 i = 0; !err && maps && i < prog.nr_map_ids && i < 64; i++)
		add_map(maps, ids[i]);
	return err;
}

int own_link(int link_fd, struct own_maps *maps, struct zrec_info *ret)
{
	struct bpf_link_info link = { 0 };
	__u32 len = sizeof(link);
	struct zrec_info info;

	if (!bpffs_is(link_fd, "link"))
		return -ENOENT;
	if (bpf_link_get_info_by_fd(link_fd, &link, &len) < 0)
		return -errno;
	return link.prog_id ? look_at_program(link.prog_id, maps, ret ? ret : &info) : -ENOENT;
}

static int find_once(struct zrec_info *ret)
{
	__u32 id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id), err;

		/* It may have gone in between */
		if (fd < 0 && (errno == ENOENT || errno == EAGAIN))
			continue;
		if (fd < 0)
			return -errno;
		err = own_link(fd, NULL, ret);
		close(fd);
		if (err != -ENOENT)
			return err;
	}
	return errno == EPERM ? -EPERM : -ENOENT;
}

int own_find(struct zrec_info *ret)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int err = find_once(ret);

	for (int i = 1; !err && i < LOOKS; i++) {
		nanosleep(&pause, NULL);
		err = find_once(ret);
	}
	return err;
}

struct where {
	const struct bpffs *fs;
	char text[PATH_MAX + 256];
};

/* A mount that may have the pins: 1, and where->text says what to do */
static int look_in_mount(void *ctx, const char *point, int fd)
{
	struct where *where = ctx;
	struct stat st;

	if (fd < 0) {
		snprintf(where->text, sizeof(where->text),
			 "another mount covers the BPF file system at %s that may have them; 'umount %s' takes the upper one away",
			 point, point);
		return 1;
	}
	if (fstatat(fd, "zrec/observe/maps", &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	snprintf(where->text, sizeof(where->text), "they are in %s/zrec, but zrec uses %s", point,
		 where->fs->path);
	return 1;
}

void own_tell_out_of_reach(const struct zrec_info *info, const struct bpffs *fs)
{
	struct where where = { .fs = fs };

	if (mounts_each_bpffs(look_in_mount, &where) <= 0)
		snprintf(where.text, sizeof(where.text),
			 "they are in a BPF file system of another mount namespace, or a process holds them");
	log_error("an observation runs (zrec %s, ABI %u), but its pins are out of reach: %s",
		  info->version[0] ? info->version : "of another version", info->abi, where.text);
}
