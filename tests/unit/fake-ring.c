// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* memfd_create() */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "fake-ring.h"

#define BYTES	65536u

/* A page, and the data twice behind it */
void fake_ring_make(struct ring *ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = BYTES > page ? BYTES : page;
	int fd = memfd_create("ring", MFD_CLOEXEC);
	char *at;

	assert_true(fd >= 0);
	assert_return_code(ftruncate(fd, (off_t)(page + bytes)), errno);
	at = mmap(NULL, page + 2 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(at, MAP_FAILED);
	assert_ptr_equal(mmap(at, page + bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0), at);
	assert_ptr_equal(mmap(at + page + bytes, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			      (off_t)page), at + page + bytes);
	close(fd);
	*ring = (struct ring){
		.read = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		.written = (unsigned long *)at,
		.page = page,
		.bytes = bytes,
	};
	assert_ptr_not_equal(ring->read, MAP_FAILED);
}

void fake_ring_put(struct ring *ring, const void *data, uint32_t size, uint32_t bits)
{
	unsigned long *written = (unsigned long *)ring->written;
	char *at = (char *)written + ring->page + (*written & (ring->bytes - 1));
	const uint32_t header[2] = { size | bits, 0 };

	memcpy(at, header, sizeof(header));
	memcpy(at + sizeof(header), data, size);
	*written += (size + sizeof(header) + 7) & ~7ul;
}

uint32_t *fake_ring_header(struct ring *ring)
{
	return (uint32_t *)((char *)ring->written + ring->page);
}
