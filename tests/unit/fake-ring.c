// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "fake-ring.h"

#define BYTES	65536u

/* A page, and the data behind it */
void fake_ring_make(struct ring *ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = BYTES > page ? BYTES : page;

	*ring = (struct ring){
		.read = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		.written = mmap(NULL, page + bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				-1, 0),
		.page = page,
		.bytes = bytes,
	};
	assert_ptr_not_equal(ring->read, MAP_FAILED);
	assert_ptr_not_equal(ring->written, MAP_FAILED);
}

void fake_ring_put(struct ring *ring, const void *data, uint32_t size, uint32_t bits)
{
	unsigned long *written = (unsigned long *)ring->written;
	char *ring_data = (char *)written + ring->page;
	const uint32_t header[2] = { size | bits, 0 };
	const char *from = data;

	memcpy(ring_data + (*written & (ring->bytes - 1)), header, sizeof(header));
	for (uint32_t i = 0; i < size; i++)
		ring_data[(*written + sizeof(header) + i) & (ring->bytes - 1)] = from[i];
	*written += (size + sizeof(header) + 7) & ~7ul;
}

uint32_t *fake_ring_header(struct ring *ring)
{
	return (uint32_t *)((char *)ring->written + ring->page);
}
