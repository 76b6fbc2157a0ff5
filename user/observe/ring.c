// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "observe/ring.h"

/* What the kernel puts in front of each record: linux/bpf.h has these, and BPF_RINGBUF_HDR_SZ */
#define HEADER		BPF_RINGBUF_HDR_SZ
#define BUSY		BPF_RINGBUF_BUSY_BIT	/* not submitted yet */
#define DISCARD		BPF_RINGBUF_DISCARD_BIT	/* given up: nothing is in it */

int ring_open(struct ring *r, int map_fd, enum ring_access access)
{
	const int prot = access == RING_READ ? PROT_READ | PROT_WRITE : PROT_READ;
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	void *read, *written;
	int err;

	*r = RING_CLOSED;
	if (bpf_map_get_info_by_fd(map_fd, &info, &len) < 0)
		return -errno;
	if (info.type != BPF_MAP_TYPE_RINGBUF)
		return -EPROTO;
	r->page = (size_t)sysconf(_SC_PAGESIZE);
	read = mmap(NULL, r->page, prot, MAP_SHARED, map_fd, 0);
	if (read == MAP_FAILED)
		return -errno;
	written = mmap(NULL, r->page + info.max_entries, PROT_READ, MAP_SHARED, map_fd,
		       (off_t)r->page);
	if (written == MAP_FAILED) {
		err = -errno;
		munmap(read, r->page);
		return err;
	}
	r->read = read;
	r->written = written;
	r->bytes = info.max_entries;
	return 0;
}

void ring_close(struct ring *r)
{
	if (!r->bytes)
		return;
	munmap(r->read, r->page);
	munmap((void *)r->written, r->page + r->bytes);
	free(r->torn);
	*r = RING_CLOSED;
}

uint64_t ring_released(const struct ring *r)
{
	return __atomic_load_n(r->read, __ATOMIC_ACQUIRE);
}

uint64_t ring_written(const struct ring *r)
{
	return __atomic_load_n(r->written, __ATOMIC_ACQUIRE);
}

static const char *data_at(const struct ring *r, uint64_t at)
{
	return (const char *)r->written + r->page + (at & (r->bytes - 1));
}

/* Its beginning is at the end of the data, and the rest at the beginning */
static const char *put_together(struct ring *r, uint64_t at, size_t size)
{
	size_t first = r->bytes - (at & (r->bytes - 1));
	char *torn;

	if (size <= first)
		return data_at(r, at);
	torn = realloc(r->torn, size);
	if (!torn)
		return NULL;
	r->torn = torn;
	memcpy(torn, data_at(r, at), first);
	memcpy(torn + first, data_at(r, at + first), size - first);
	return torn;
}

int ring_next(struct ring *r, uint64_t *at, struct ring_record *ret)
{
	for (uint64_t written = ring_written(r); *at < written;) {
		const char *header = data_at(r, *at);
		uint32_t len, size;

		if (written - *at > r->bytes)
			return -ERANGE;
		/* What the record has is there when its header says that it is complete */
		len = __atomic_load_n((const uint32_t *)header, __ATOMIC_ACQUIRE);
		if (len & BUSY)
			return 0;
		size = len & ~DISCARD;
		if (size > r->bytes - HEADER)
			return -EPROTO;
		*ret = (struct ring_record){
			.position = *at,
			.end = *at + ((size + HEADER + 7) & ~7ull),
			.size = size,
		};
		if (!(len & DISCARD)) {
			ret->data = put_together(r, *at + HEADER, size);
			if (!ret->data)
				return -ENOMEM;
			*at = ret->end;
			return 1;
		}
		*at = ret->end;
	}
	return 0;
}

void ring_release(struct ring *r, uint64_t to)
{
	/* The kernel overwrites as soon as it sees this: all that was read is read by then */
	__atomic_store_n(r->read, to, __ATOMIC_RELEASE);
}
