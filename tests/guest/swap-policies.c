// SPDX-License-Identifier: GPL-2.0
/*
 * swap-policies.c - two pinned policies change places behind one pinned link
 *
 * swap-policies LINK MAP_IN_FORCE OTHER_MAP COUNT: what zrec policy rollback does
 * to the kernel, as fast as it goes. An even count leaves all as it was.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

static int get(const char *path)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	fd = syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr));
	if (fd < 0)
		fprintf(stderr, "swap-policies: %s: %s\n", path, strerror(errno));
	return fd;
}

static int swap(int link, int from, int to)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = link;
	/* new_map_fd and old_map_fd since Linux 6.4, in the same place */
	attr.link_update.new_prog_fd = to;
	attr.link_update.old_prog_fd = from;
	attr.link_update.flags = BPF_F_REPLACE;
	return syscall(SYS_bpf, BPF_LINK_UPDATE, &attr, sizeof(attr));
}

int main(int argc, char **argv)
{
	int link, map[2];

	if (argc != 5) {
		fprintf(stderr, "Usage: swap-policies LINK MAP_IN_FORCE OTHER_MAP COUNT\n");
		return 1;
	}
	link = get(argv[1]);
	map[0] = get(argv[2]);
	map[1] = get(argv[3]);
	if (link < 0 || map[0] < 0 || map[1] < 0)
		return 1;
	for (int i = 0; i < atoi(argv[4]); i++) {
		if (swap(link, map[i & 1], map[~i & 1])) {
			fprintf(stderr, "swap-policies: swap %d: %s\n", i, strerror(errno));
			return 1;
		}
		/* So that errors meet different ones, and not a burst of swaps */
		usleep(5000);
	}
	return 0;
}
