// SPDX-License-Identifier: GPL-2.0
/*
 * ring-records.c - what waits in zrec's ring buffer, one line a record
 *
 * ring-records MAP: sequence number and kind of each record that nobody has read;
 * they stay unread. Knows the layout from zrec.h, and of zrec nothing else.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "zrec.h"

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int ring_open(const char *path, uint32_t *bytes)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr attr = { .pathname = (uintptr_t)path };
	int fd = sys_bpf(BPF_OBJ_GET, &attr);

	if (fd < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	*bytes = sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) ? 0 : info.max_entries;
	return fd;
}

static const char *kind(const struct zrec_record *r)
{
	if (r->flags & ZREC_RECORD_EXIT)
		return "policy_exit";
	return r->flags & ZREC_RECORD_EVENT ? "event" : "recovery";
}

/* The data is mapped twice in a row, so that no record is torn */
static void print_records(const char *data, uint64_t from, uint64_t to, uint32_t bytes)
{
	while (from < to) {
		const char *at = data + (from & (bytes - 1));
		uint32_t len = *(const uint32_t *)at;
		const struct zrec_record *r = (const void *)(at + BPF_RINGBUF_HDR_SZ);

		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(len & BPF_RINGBUF_DISCARD_BIT))
			printf("%" PRIu64 " %s\n", (uint64_t)r->seq, kind(r));
		len &= ~BPF_RINGBUF_DISCARD_BIT;
		from += (len + BPF_RINGBUF_HDR_SZ + 7) & ~7u;
	}
}

int main(int argc, char **argv)
{
	long page = sysconf(_SC_PAGESIZE);
	const uint64_t *consumer;
	const char *producer;
	uint32_t bytes;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "Usage: ring-records MAP\n");
		return 1;
	}
	fd = ring_open(argv[1], &bytes);
	if (fd < 0 || !bytes) {
		fprintf(stderr, "ring-records: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	consumer = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
	producer = mmap(NULL, page + 2ul * bytes, PROT_READ, MAP_SHARED, fd, page);
	if (consumer == MAP_FAILED || producer == MAP_FAILED) {
		fprintf(stderr, "ring-records: cannot map %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	print_records(producer + page, *consumer, *(const uint64_t *)producer, bytes);
	return 0;
}
