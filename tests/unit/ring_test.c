// SPDX-License-Identifier: GPL-2.0
/* What a reader finds in a ring buffer */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "cmocka-all.h"
#include "fake-ring.h"

static struct ring ring;

static int make_ring(void **state)
{
	(void)state;
	fake_ring_make(&ring);
	return 0;
}

static int end_ring(void **state)
{
	(void)state;
	ring_close(&ring);
	return 0;
}

static void put(const void *data, uint32_t size, uint32_t bits)
{
	fake_ring_put(&ring, data, size, bits);
}

static void put_number(uint64_t n)
{
	put(&n, sizeof(n), 0);
}

static void assert_next(uint64_t *at, uint64_t number)
{
	struct ring_record r;

	assert_int_equal(ring_next(&ring, at, &r), 1);
	assert_int_equal(r.size, sizeof(number));
	assert_memory_equal(r.data, &number, sizeof(number));
	assert_int_equal(*at, r.end);
}

static void assert_none(uint64_t at)
{
	struct ring_record r;

	assert_int_equal(ring_next(&ring, &at, &r), 0);
}

static void records_come_in_their_order(void **state)
{
	uint64_t at = 0;

	(void)state;
	assert_none(at);
	put_number(1);
	put_number(2);
	assert_next(&at, 1);
	assert_next(&at, 2);
	assert_none(at);
}

static void what_is_not_released_can_be_read_again(void **state)
{
	uint64_t at = 0;

	(void)state;
	put_number(1);
	put_number(2);
	assert_next(&at, 1);
	assert_int_equal(ring_released(&ring), 0);
	ring_release(&ring, at);
	at = ring_released(&ring);
	assert_next(&at, 2);
}

static void what_is_being_written_holds_up_what_follows(void **state)
{
	uint64_t n = 1, at = 0;

	(void)state;
	put(&n, sizeof(n), BPF_RINGBUF_BUSY_BIT);
	put_number(2);
	assert_none(at);
	*fake_ring_header(&ring) = sizeof(n);
	assert_next(&at, 1);
	assert_next(&at, 2);
}

static void what_was_given_up_is_passed_over(void **state)
{
	uint64_t n = 1, at = 0;

	(void)state;
	put(&n, sizeof(n), BPF_RINGBUF_DISCARD_BIT);
	put_number(2);
	put(&n, sizeof(n), BPF_RINGBUF_DISCARD_BIT);
	assert_next(&at, 2);
	assert_none(at);
}

/* Many times round: each record is in one piece, and positions go on */
static void it_goes_round(void **state)
{
	struct ring_record r;
	char data[104], want[104];
	uint64_t at = 0;

	(void)state;
	for (uint32_t i = 0; at <= 10 * ring.bytes; i++) {
		uint32_t size = 1 + i * 7 % sizeof(data);

		memset(data, (int)i, sizeof(data));
		memset(want, (int)i, sizeof(want));
		put(data, size, 0);
		assert_int_equal(ring_next(&ring, &at, &r), 1);
		assert_int_equal(r.size, size);
		assert_memory_equal(r.data, want, size);
		ring_release(&ring, at);
	}
	assert_true(at > 10 * ring.bytes);
	assert_none(at);
}

static void what_was_overwritten_is_no_record(void **state)
{
	struct ring_record r;
	uint64_t at = 0;

	(void)state;
	for (uint64_t i = 0; i < ring.bytes / 16 + 1; i++)
		put_number(i);
	assert_int_equal(ring_next(&ring, &at, &r), -ERANGE);
}

static void a_length_that_does_not_fit_is_no_record(void **state)
{
	struct ring_record r;
	uint64_t at = 0;

	(void)state;
	put_number(1);
	*fake_ring_header(&ring) = (uint32_t)ring.bytes;
	assert_int_equal(ring_next(&ring, &at, &r), -EPROTO);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, make_ring, end_ring)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_come_in_their_order),
		TEST(what_is_not_released_can_be_read_again),
		TEST(what_is_being_written_holds_up_what_follows),
		TEST(what_was_given_up_is_passed_over),
		TEST(it_goes_round),
		TEST(what_was_overwritten_is_no_record),
		TEST(a_length_that_does_not_fit_is_no_record),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
