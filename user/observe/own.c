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
#define INFO_SIZE_MIN	48	/* in ABI 1; it only grows */
#define INFO_SIZE_MAX	4096
#define ABI_MAX		1023
#define RING_MAP	"spans"
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

/* Other tools may have a map of that name: ours has a small number first, in every version */
static bool is_plausible(const struct zrec_info *info, const struct bpf_map_info *map)
{
	return info->abi && info->abi <= ABI_MAX &&
	       (info->abi != ZREC_ABI || map->value_size == sizeof(*info));
}

/* What the maps of one program say of it */
struct signs {
	bool info;		/* .rodata.info of an observation, */
	bool ring;		/* ... and its ring buffer, which not all of its programs use */
};

static int look_at_map(uint32_t id, struct signs *signs, struct zrec_info *ret)
{
	int fd = bpf_map_get_fd_by_id(id), err = 0;
	struct bpf_map_info map = { 0 };
	__u32 len = sizeof(map);
	struct zrec_info info;

	if (fd < 0)
		return -errno;
	if (bpf_map_get_info_by_fd(fd, &map, &len) < 0)
		err = -errno;
	else if (map.type == BPF_MAP_TYPE_RINGBUF && !strcmp(map.name, RING_MAP))
		signs->ring = true;
	else if (map.type == BPF_MAP_TYPE_ARRAY && !strcmp(map.name, INFO_MAP) &&
		 map.value_size >= INFO_SIZE_MIN && map.value_size <= INFO_SIZE_MAX) {
		err = read_value(fd, &map, &info);
		if (!err && is_plausible(&info, &map)) {
			signs->info = true;
			*ret = info;
		}
	}
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

static int look_at_program(uint32_t id, struct own_maps *maps, struct signs *signs,
			   struct zrec_info *ret)
{
	__u32 ids[64], len;	/* MAX_USED_MAPS of the kernel */
	struct bpf_prog_info prog = { .nr_map_ids = 64, .map_ids = (uintptr_t)ids };
	int fd = bpf_prog_get_fd_by_id(id), err = 0;

	if (fd < 0)
		return -errno;
	len = sizeof(prog);
	if (bpf_prog_get_info_by_fd(fd, &prog, &len) < 0)
		err = -errno;
	close(fd);
	for (__u32 i = 0; !err && i < prog.nr_map_ids && i < 64; i++)
		err = look_at_map(ids[i], signs, ret);
	for (__u32 i = 0; !err && signs->info && maps && i < prog.nr_map_ids && i < 64; i++)
		add_map(maps, ids[i]);
	return err;
}

static int look_at_link(int link_fd, struct own_maps *maps, struct signs *signs,
			struct zrec_info *ret)
{
	struct bpf_link_info link = { 0 };
	__u32 len = sizeof(link);

	*signs = (struct signs){ 0 };
	if (!bpffs_is(link_fd, "link"))
		return 0;
	if (bpf_link_get_info_by_fd(link_fd, &link, &len) < 0)
		return -errno;
	return link.prog_id ? look_at_program(link.prog_id, maps, signs, ret) : 0;
}

int own_link(int link_fd, struct own_maps *maps)
{
	struct zrec_info info;
	struct signs signs;
	int err = look_at_link(link_fd, maps, &signs, &info);

	return err ? err : signs.info ? 0 : -ENOENT;
}

static int find_once(struct zrec_info *ret)
{
	__u32 id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id), err;
		struct signs signs;

		/* It may have gone in between */
		if (fd < 0 && (errno == ENOENT || errno == EAGAIN))
			continue;
		if (fd < 0)
			return -errno;
		err = look_at_link(fd, NULL, &signs, ret);
		close(fd);
		if (err && err != -ENOENT)
			return err;
		if (!err && signs.info && signs.ring)
			return 0;
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

void own_report_out_of_reach(const struct zrec_info *info, const struct bpffs *fs)
{
	struct where where = { .fs = fs };

	if (mounts_each_bpffs(look_in_mount, &where) <= 0)
		snprintf(where.text, sizeof(where.text),
			 "they are in a BPF file system of another mount namespace, or a process holds them");
	log_error("an observation runs (zrec %s, ABI %u), but its pins are out of reach: %s",
		  info->version[0] ? info->version : "of another version", info->abi, where.text);
}
