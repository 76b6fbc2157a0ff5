// SPDX-License-Identifier: GPL-2.0
/* A BPF file system, and in it what zrec has there */
#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hands.h"
#include "zrec.h"

char other[] = "/tmp/zrec-other.XXXXXX";

void mount_bpf(const char *where, const char *options)
{
	if (mount("bpf", where, "bpf", 0, options))
		die("mount -t bpf");
}

void anew(void)
{
	while (!umount(other))
		;
	while (!umount(USUAL))
		;
	mount_bpf(USUAL, NULL);
}

void make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, 0700) || chmod(path, mode))
		die(path);
}

void make_file(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	if (fd < 0)
		die(path);
	close(fd);
}

static int new_map(const char *name)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, 8, 1, NULL);

	if (fd < 0)
		die("cannot make a map");
	return fd;
}

void pin(int fd, const char *path)
{
	if (bpf_obj_pin(fd, path))
		die(path);
}

void pin_map(const char *name, const char *path)
{
	int fd = new_map(name);

	pin(fd, path);
	close(fd);
}

int info_map_of(uint32_t abi, uint32_t size)
{
	struct zrec_info info = { .abi = abi, .version = "0.test" };
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, ".rodata.info", 4, size, 1, NULL);
	__u32 key = 0;

	if (fd < 0 || size > sizeof(info) || bpf_map_update_elem(fd, &key, &info, 0))
		die("cannot make a map");
	return fd;
}

int info_map(void)
{
	return info_map_of(ZREC_ABI, sizeof(struct zrec_info));
}

int ring_map(const char *name)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, (__u32)sysconf(_SC_PAGESIZE), NULL);

	if (fd < 0)
		die("cannot make a ring buffer");
	return fd;
}

int link_with(int map, int ring)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "error_event", "GPL", insns, 2, NULL);
	int link;

	if (prog < 0 || (map >= 0 && bpf_prog_bind_map(prog, map, NULL)) ||
	    (ring >= 0 && bpf_prog_bind_map(prog, ring, NULL)))
		die("cannot load a program");
	link = bpf_raw_tracepoint_open("sched_process_exit", prog);
	if (link < 0)
		die("cannot attach a program");
	close(prog);
	return link;
}

void make_tree(const char *root)
{
	char path[128];

	make_dir(root, 0750);
	snprintf(path, sizeof(path), "%s/observe", root);
	make_dir(path, 0750);
	snprintf(path, sizeof(path), "%s/observe/maps", root);
	make_dir(path, 0750);
	snprintf(path, sizeof(path), "%s/observe/links", root);
	make_dir(path, 0700);
	snprintf(path, sizeof(path), "%s/observe/reader", root);
	make_dir(path, 0700);
}

void observe(const char *root)
{
	int map = info_map(), ring = ring_map("spans"), link = link_with(map, ring);
	char path[128];

	make_tree(root);
	snprintf(path, sizeof(path), "%s/observe/maps/info", root);
	pin(map, path);
	snprintf(path, sizeof(path), "%s/observe/links/error_event", root);
	pin(link, path);
	close(link);
	close(ring);
	close(map);
}
