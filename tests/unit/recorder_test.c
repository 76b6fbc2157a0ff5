// SPDX-License-Identifier: GPL-2.0
/*
 * The recorder between a ring buffer and a file that are the test's own: what is written,
 * what stays in the ring, what counts as missing, whatever fails
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cmocka-all.h"
#include "fake-ring.h"
#include "keep/place.h"
#include "recorder-world.h"
#include "serve/recorder.h"

static uint64_t shown;
static int64_t clock_step_ns;	/* by which somebody has set the clock */

uint64_t __real_clock_ns(clockid_t clock);
uint64_t __wrap_clock_ns(clockid_t clock);

uint64_t __wrap_clock_ns(clockid_t clock)
{
	return __real_clock_ns(clock) + (clock == CLOCK_REALTIME ? (uint64_t)clock_step_ns : 0);
}

/* --- what happens ---------------------------------------------------------- */

static int fresh(void **state)
{
	(void)state;
	shown = 0;
	clock_step_ns = 0;
	recorder_world_begin();
	return 0;
}

static int done(void **state)
{
	(void)state;
	ring_close(&kernel.ring);
	return 0;
}

static void lost(enum zrec_lost where, uint64_t nr)
{
	kernel.stats.emitted += nr;
	kernel.stats.lost[where] += nr;
}

static void show(void *ctx, const struct ring_record *record)
{
	(void)ctx;
	(void)record;
	shown++;
}

static struct recorder *begin(void)
{
	const struct recorder_opts opts = { .path = "FILE", .live = show };
	struct recorder *r;

	assert_int_equal(recorder_open(&r, &opts), 0);
	return r;
}

static void assert_recorded(uint64_t first, uint64_t last)
{
	assert_int_equal(file.committed, last - first + 1);
	for (uint64_t id = first; id <= last; id++)
		assert_int_equal(file.id[id - first], id);
}

static void assert_gap(enum history_gap_reason reason, uint64_t recoveries)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < file.committed_gaps; i++)
		if (file.gap[i].reason == reason)
			sum += file.gap[i].recoveries;
	assert_int_equal(sum, recoveries);
}

static void assert_ring_is_empty(void)
{
	assert_int_equal(ring_released(&kernel.ring), ring_written(&kernel.ring));
}

static void what_waits_is_recorded_and_let_go(void **state)
{
	struct recorder *r;

	(void)state;
	recoveries(1, 5);
	r = begin();
	assert_int_equal(recorder_work(r), 0);
	assert_recorded(1, 5);
	assert_ring_is_empty();
	assert_int_equal(file.committed_gaps, 0);
	assert_int_equal(recorder_close(r), 0);
}

/* They are no recoveries, and no commit is worth them, but the ring must not fill with them */
static void heartbeats_are_let_go_and_count_nowhere(void **state)
{
	const char beat[16] = "";
	struct recorder *r = begin();
	uint64_t commits;

	(void)state;
	assert_int_equal(recorder_work(r), 0);
	commits = recorder_state(r)->commits;
	for (int i = 0; i < 5000; i++) {
		fake_ring_put(&kernel.ring, beat, sizeof(beat), BPF_RINGBUF_DISCARD_BIT);
		assert_int_equal(recorder_work(r), 0);
		assert_ring_is_empty();
		assert_int_equal(recorder_read_to(r), ring_written(&kernel.ring));
	}
	assert_int_equal(recorder_state(r)->commits, commits);
	assert_int_equal(recorder_timeout_ms(r), -1);
	recoveries(1, 3);
	fake_ring_put(&kernel.ring, beat, sizeof(beat), BPF_RINGBUF_DISCARD_BIT);
	kill_recorder(r);
	r = begin();
	assert_int_equal(recorder_close(r), 0);
	assert_recorded(1, 3);
	assert_int_equal(file.committed_gaps, 0);
	assert_ring_is_empty();
}

static void with_nothing_to_do_it_waits_without_limit(void **state)
{
	struct recorder *r = begin();

	(void)state;
	recorder_work(r);
	assert_int_equal(recorder_timeout_ms(r), -1);
	assert_int_equal(recorder_fd(r), 7);
	recorder_close(r);
}

/* The kernel wakes nobody up while records are held back */
static void an_open_batch_is_looked_at_again_soon(void **state)
{
	struct recorder *r = begin();

	(void)state;
	recorder_work(r);
	recoveries(1, 1);
	recorder_work(r);
	assert_int_equal(file.committed, 0);
	assert_int_equal(recorder_fd(r), -1);
	assert_in_range(recorder_timeout_ms(r), 0, 20);
	assert_int_equal(ring_released(&kernel.ring), 0);
	recorder_close(r);
	assert_recorded(1, 1);
}

static void who_looks_on_sees_each_once(void **state)
{
	struct recorder *r = begin();

	(void)state;
	recorder_work(r);
	recoveries(1, 3);
	recorder_work(r);
	assert_int_equal(shown, 3);
	file.commit_error = -ENOSPC;
	recoveries(4, 4);
	recorder_close(r);
	assert_int_equal(shown, 4);
}

static void killed_before_the_commit_nothing_is_lost(void **state)
{
	struct recorder *r = begin();

	(void)state;
	recorder_work(r);
	recoveries(1, 4);
	kill_recorder(r);
	assert_int_equal(file.committed, 0);
	r = begin();
	recorder_work(r);
	assert_recorded(1, 4);
	assert_int_equal(file.committed_gaps, 0);
	recorder_close(r);
}

/* The file has them, and the ring still had them */
static void killed_after_the_commit_nothing_comes_twice(void **state)
{
	struct recorder *r;

	(void)state;
	recoveries(1, 4);
	r = begin();
	recorder_work(r);
	kill_recorder(r);
	*kernel.ring.read = 0;
	recoveries(5, 6);
	r = begin();
	recorder_work(r);
	assert_recorded(1, 6);
	assert_ring_is_empty();
	assert_int_equal(file.committed_gaps, 0);
	recorder_close(r);
}

static void what_another_reader_took_is_a_gap(void **state)
{
	struct recorder *r;

	(void)state;
	recoveries(1, 7);
	ring_release(&kernel.ring, ring_written(&kernel.ring));
	recoveries(8, 9);
	r = begin();
	recorder_work(r);
	assert_recorded(8, 9);
	assert_gap(HISTORY_GAP_OTHER_READER, 7);
	kill_recorder(r);
	r = begin();
	recorder_work(r);
	assert_gap(HISTORY_GAP_OTHER_READER, 7);
	recorder_close(r);
}

/*
 * It is missing since we last wrote, at the latest until the first one that is there had
 * ended. What else happens until the commit is of no matter
 */
static void what_another_reader_took_has_its_time(void **state)
{
	const int64_t offset = clock_tai_offset_ns(), before = (int64_t)clock_ns(CLOCK_REALTIME);
	struct zrec_span span = { .abi = ZREC_ABI, .size = sizeof(span), .id = 2, .total_ns = 1000 };
	struct recorder *r = begin();
	int64_t ended;

	(void)state;
	recorder_work(r);
	usleep(10000);
	ended = (int64_t)clock_ns(CLOCK_REALTIME);
	recorder_close(r);
	recoveries(1, 1);
	ring_release(&kernel.ring, ring_written(&kernel.ring));
	usleep(1000);
	span.tai_ns = clock_ns(CLOCK_TAI);
	fake_ring_put(&kernel.ring, &span, sizeof(span), 0);
	kernel.stats.delivered++;
	usleep(10000);
	r = begin();
	recorder_work(r);
	assert_int_equal(file.committed_gaps, 1);
	assert_in_range(file.gap[0].from_ns, ended, ended + 5000000);
	assert_true(file.gap[0].from_ns > before);
	assert_int_equal(file.gap[0].to_ns, (int64_t)span.tai_ns + 1000 - offset);
	recorder_close(r);
}

/* With nothing in the ring, until it was found: how long the file could not be written is no matter */
static void a_gap_ends_when_it_is_found(void **state)
{
	struct recorder *r;
	int64_t found;

	(void)state;
	recoveries(1, 3);
	ring_release(&kernel.ring, ring_written(&kernel.ring));
	file.commit_error = -ENOSPC;
	r = begin();
	found = (int64_t)clock_ns(CLOCK_REALTIME);
	recorder_work(r);
	usleep(20000);
	file.commit_error = 0;
	recorder_close(r);
	assert_int_equal(file.committed_gaps, 1);
	assert_true(file.gap[0].to_ns <= found);
}

/* The kernel has counted it, and those behind it, before it is complete */
static void what_is_still_being_written_is_no_gap(void **state)
{
	struct recorder *r;

	(void)state;
	recoveries(1, 3);
	kernel.writing = fake_ring_header(&kernel.ring);
	kernel.looks = 3;
	*kernel.writing |= BPF_RINGBUF_BUSY_BIT;
	r = begin();
	recorder_work(r);
	recorder_close(r);
	assert_recorded(1, 3);
	assert_gap(HISTORY_GAP_OTHER_READER, 0);
}

static void what_the_kernel_lost_is_a_gap_once(void **state)
{
	struct recorder *r;

	(void)state;
	lost(ZREC_LOST_RING_FULL, 3);
	recoveries(1, 1);
	r = begin();
	recorder_work(r);
	lost(ZREC_LOST_NO_SLOT, 2);
	recoveries(2, 2);
	recorder_close(r);
	r = begin();
	recorder_work(r);
	recorder_close(r);
	assert_recorded(1, 2);
	assert_gap(HISTORY_GAP_RING_FULL, 3);
	assert_gap(HISTORY_GAP_NO_SLOT, 2);
	assert_gap(HISTORY_GAP_OTHER_READER, 0);
}

static void a_full_disk_keeps_them_in_the_ring(void **state)
{
	struct recorder *r;

	(void)state;
	recoveries(1, 3);
	file.commit_error = -ENOSPC;
	r = begin();
	assert_int_equal(recorder_work(r), 0);
	assert_int_equal(recorder_state(r)->error, -ENOSPC);
	assert_int_equal(ring_released(&kernel.ring), 0);
	assert_int_equal(recorder_fd(r), -1);
	assert_true(recorder_timeout_ms(r) > 0);
	file.commit_error = 0;
	recorder_close(r);
	assert_recorded(1, 3);
	assert_ring_is_empty();
}

/* Though nothing happens any more */
static void an_error_ends_with_its_cause(void **state)
{
	struct recorder *r = begin();

	(void)state;
	recorder_work(r);
	recoveries(1, 1);
	usleep(150000);
	file.commit_error = -ENOSPC;
	recorder_work(r);
	ring_release(&kernel.ring, ring_written(&kernel.ring));
	file.commit_error = 0;
	usleep(1100000);
	recorder_work(r);
	assert_int_equal(recorder_state(r)->error, 0);
	assert_int_equal(recorder_fd(r), 7);
	recorder_close(r);
}

static void an_error_among_the_rows_undoes_the_batch(void **state)
{
	struct recorder *r;

	(void)state;
	recoveries(1, 3);
	file.span_error = -EIO;
	r = begin();
	recorder_work(r);
	assert_int_equal(recorder_state(r)->error, -EIO);
	file.span_error = 0;
	recoveries(4, 4);
	recorder_close(r);
	assert_recorded(1, 4);
}

/* As zrec record does: it ends, and what it could not write is for the next reader */
static void an_error_that_ends_it_loses_nothing(void **state)
{
	const struct recorder_opts opts = { .path = "FILE", .once = true };
	struct recorder *r;

	(void)state;
	assert_int_equal(recorder_open(&r, &opts), 0);
	recorder_work(r);
	recoveries(1, 3);
	file.commit_error = -ENOSPC;
	assert_int_equal(recorder_finish(r), -ENOSPC);
	recorder_close(r);
	assert_int_equal(ring_released(&kernel.ring), 0);
	assert_int_equal(recorder_open(&r, &opts), 0);
	file.span_error = -EIO;
	usleep(150000);
	assert_int_equal(recorder_work(r), -EIO);
	file.span_error = 0;
	file.commit_error = 0;
	recorder_close(r);
	assert_recorded(1, 3);
	assert_ring_is_empty();
}

static void what_is_left_at_the_end_is_reported(void **state)
{
	struct recorder *r = begin();

	(void)state;
	recorder_work(r);
	file.commit_error = -ENOSPC;
	recoveries(1, 3);
	assert_int_equal(recorder_close(r), -ENOSPC);
}

/* Though nothing is left: that nothing happened is not in the file either */
static void what_was_never_written_is_reported_at_the_end(void **state)
{
	struct recorder *r;

	(void)state;
	file.open_error = -EROFS;
	r = begin();
	recorder_work(r);
	assert_int_equal(recorder_close(r), -EROFS);
	file.open_error = 0;
	r = begin();
	file.commit_error = -ENOSPC;
	recorder_work(r);
	file.commit_error = 0;
	assert_int_equal(recorder_close(r), 0);
}

/* With nothing to record, too; then at most once a second, and nobody wakes up for it */
static void old_rows_go_at_the_beginning_and_after_commits(void **state)
{
	struct recorder *r = begin();

	(void)state;
	recorder_work(r);
	assert_int_equal(file.retained, 1);
	assert_int_equal(recorder_timeout_ms(r), -1);
	recoveries(1, 1);
	usleep(150000);
	recorder_work(r);
	assert_recorded(1, 1);
	assert_int_equal(file.retained, 1);
	assert_int_equal(recorder_timeout_ms(r), -1);
	usleep(1000000);
	recoveries(2, 2);
	recorder_work(r);
	assert_recorded(1, 2);
	assert_int_equal(file.retained, 2);
	assert_int_equal(recorder_timeout_ms(r), -1);
	recorder_close(r);
}

/* The ring has been written around, and the file was never open */
static void without_a_file_who_looks_on_sees_all_the_same(void **state)
{
	struct recorder *r;

	(void)state;
	file.open_error = -EROFS;
	for (int i = 0; i < 40; i++) {
		recoveries(1, 10);
		ring_release(&kernel.ring, ring_written(&kernel.ring));
	}
	r = begin();
	recoveries(401, 402);
	recorder_work(r);
	assert_int_equal(shown, 2);
	recorder_close(r);
}

static void a_file_that_cannot_be_opened_is_tried_again(void **state)
{
	struct recorder *r;

	(void)state;
	file.open_error = -EROFS;
	r = begin();
	recoveries(1, 2);
	assert_int_equal(recorder_work(r), 0);
	assert_int_equal(recorder_state(r)->error, -EROFS);
	assert_int_equal(shown, 2);
	recorder_close(r);
	file.open_error = 0;
	r = begin();
	recorder_work(r);
	assert_recorded(1, 2);
	recorder_close(r);
}

static void a_damaged_file_is_set_aside(void **state)
{
	struct recorder *r;

	(void)state;
	file.open_error = -EUCLEAN;
	recoveries(1, 1);
	r = begin();
	recorder_work(r);
	assert_true(file.aside);
	assert_recorded(1, 1);
	recorder_close(r);
}

static void a_file_that_others_named_stays(void **state)
{
	const struct recorder_opts opts = { .path = "FILE", .once = true };
	struct recorder *r;

	(void)state;
	file.open_error = -EUCLEAN;
	assert_int_equal(recorder_open(&r, &opts), -EUCLEAN);
	assert_false(file.aside);
}

static void nobody_observes_for_a_bad_file(void **state)
{
	const struct recorder_opts opts = { .path = "FILE", .once = true };
	struct recorder *r;

	(void)state;
	file.open_error = -EOTHERS;
	assert_int_equal(recorder_open(&r, &opts), -EOTHERS);
	assert_false(kernel.observed);
}

static void who_cannot_observe_leaves_no_file(void **state)
{
	const struct recorder_opts opts = { .path = "FILE", .once = true };
	struct recorder *r;

	(void)state;
	kernel.open_error = -EPERM;
	assert_int_equal(recorder_open(&r, &opts), -EPERM);
	assert_true(file.discarded);
}

static void the_end_of_the_observation_loses_nothing(void **state)
{
	struct recorder *r = begin();

	(void)state;
	recorder_work(r);
	recoveries(1, 2);
	kernel.ended = true;
	assert_int_equal(recorder_work(r), -ESHUTDOWN);
	assert_recorded(1, 2);
	recorder_close(r);
}

static void the_end_of_the_observation_waits_for_a_slow_disk(void **state)
{
	struct recorder *r = begin();

	(void)state;
	recorder_work(r);
	recoveries(1, 100);
	file.slow_us = 3000;
	kernel.ended = true;
	assert_int_equal(recorder_work(r), -ESHUTDOWN);
	assert_recorded(1, 100);
	recorder_close(r);
}

/* It lives as long as we have the ring open */
static void the_end_of_the_observation_waits_for_the_disk(void **state)
{
	struct recorder *r = begin();

	(void)state;
	recorder_work(r);
	recoveries(1, 2);
	kernel.ended = true;
	file.commit_error = -ENOSPC;
	assert_int_equal(recorder_work(r), 0);
	file.commit_error = 0;
	recorder_close(r);
	assert_recorded(1, 2);
}

#define HOUR_NS	(3600 * NSEC_PER_SEC)

/* What is removed as too old is gone, should the clock be put right again */
static void a_clock_that_is_set_forward_makes_nothing_older(void **state)
{
	const struct {
		int64_t step_ns, at_least_ns, at_most_ns;
	} cases[] = {
		{ HOUR_NS, 0, HOUR_NS / 2 },
		{ -HOUR_NS, -HOUR_NS, -HOUR_NS / 2 },
		{ 0, 0, HOUR_NS / 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t now = (int64_t)__real_clock_ns(CLOCK_REALTIME);
		struct recorder *r;

		done(state);
		fresh(state);
		r = begin();
		clock_step_ns = cases[i].step_ns;
		recoveries(1, 1);
		assert_int_equal(recorder_work(r), 0);
		assert_in_range(file.retained_ns, now + cases[i].at_least_ns,
				now + cases[i].at_most_ns);
		recorder_close(r);
	}
}

static void a_record_of_a_later_version_is_a_gap(void **state)
{
	const struct zrec_record record = { .abi = ZREC_ABI + 1, .size = 4000 };
	struct recorder *r;

	(void)state;
	fake_ring_put(&kernel.ring, &record, sizeof(record), 0);
	kernel.stats.delivered++;
	recoveries(1, 1);
	r = begin();
	recorder_work(r);
	assert_recorded(1, 1);
	assert_gap(HISTORY_GAP_UNREADABLE, 1);
	assert_gap(HISTORY_GAP_OTHER_READER, 0);
	recorder_close(r);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, fresh, done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_waits_is_recorded_and_let_go),
		TEST(heartbeats_are_let_go_and_count_nowhere),
		TEST(with_nothing_to_do_it_waits_without_limit),
		TEST(an_open_batch_is_looked_at_again_soon),
		TEST(who_looks_on_sees_each_once),
		TEST(killed_before_the_commit_nothing_is_lost),
		TEST(killed_after_the_commit_nothing_comes_twice),
		TEST(what_another_reader_took_is_a_gap),
		TEST(what_another_reader_took_has_its_time),
		TEST(a_gap_ends_when_it_is_found),
		TEST(what_is_still_being_written_is_no_gap),
		TEST(what_the_kernel_lost_is_a_gap_once),
		TEST(a_full_disk_keeps_them_in_the_ring),
		TEST(an_error_ends_with_its_cause),
		TEST(an_error_among_the_rows_undoes_the_batch),
		TEST(an_error_that_ends_it_loses_nothing),
		TEST(what_is_left_at_the_end_is_reported),
		TEST(what_was_never_written_is_reported_at_the_end),
		TEST(old_rows_go_at_the_beginning_and_after_commits),
		TEST(without_a_file_who_looks_on_sees_all_the_same),
		TEST(a_file_that_cannot_be_opened_is_tried_again),
		TEST(a_damaged_file_is_set_aside),
		TEST(a_file_that_others_named_stays),
		TEST(nobody_observes_for_a_bad_file),
		TEST(who_cannot_observe_leaves_no_file),
		TEST(the_end_of_the_observation_loses_nothing),
		TEST(the_end_of_the_observation_waits_for_a_slow_disk),
		TEST(the_end_of_the_observation_waits_for_the_disk),
		TEST(a_record_of_a_later_version_is_a_gap),
		TEST(a_clock_that_is_set_forward_makes_nothing_older),
	};

	/* What is said of the file is said on purpose */
	log_level = -1;
	return cmocka_run_group_tests_name("recorder", tests, NULL, NULL);
}
