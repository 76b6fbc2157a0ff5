// SPDX-License-Identifier: GPL-2.0
/*
 * What a recorder shares with zrec actions: each thing once, whatever becomes of the recorder,
 * and how much was missed. The recorder is its real socket, in a process of its own
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "observe/observer.h"
#include "serve/feed.h"
#include "serve/live.h"

#define PATIENCE_MS	20000

int observer_check_record(const void *data, size_t size)
{
	const struct zrec_record *record = data;

	return size < record->size ? -EPROTO : 0;
}

/* --- the recorder --- */

static const struct live_answers answers;
static char *dir, path[300];
static pid_t recorder;
static int control;		/* a record, or an open recovery; answered when it is sent */

static void serve(int fd)
{
	char record[sizeof(struct zrec_open) + 16];
	struct live *live;

	if (live_open(&live, path, &answers))
		_exit(1);
	for (;;) {
		struct pollfd p[] = {
			{ .fd = live_fd(live), .events = POLLIN }, { .fd = fd, .events = POLLIN },
		};
		ssize_t n;

		poll(p, 2, -1);
		live_work(live);
		if (!p[1].revents)
			continue;
		n = recv(fd, record, sizeof(record), 0);
		if (n <= 0)
			break;
		if (n == sizeof(struct zrec_open))
			live_send_open(live, (void *)record);
		else
			live_send(live, &(struct ring_record){ .data = record, .size = (size_t)n });
		send(fd, "", 1, 0);
	}
	live_close(live);
	_exit(0);
}

static void begin_recorder(void)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	recorder = fork();
	if (!recorder) {
		close(fds[0]);
		serve(fds[1]);
	}
	close(fds[1]);
	control = fds[0];
}

/* As it ends, or as kill -9 leaves it */
static void end_recorder(int sig)
{
	if (!recorder)
		return;
	if (sig)
		kill(recorder, sig);
	close(control);
	waitpid(recorder, NULL, 0);
	recorder = 0;
}

static void share(const void *data, size_t size)
{
	char byte;

	assert_int_equal(send(control, data, size, 0), size);
	assert_int_equal(recv(control, &byte, 1, 0), 1);
}

/* --- what comes of it --- */

static struct feed feed;
static char got[65536];		/* "1 2 open:3 exit:p " */

static void recovery(void *ctx, const struct zrec_span *s)
{
	(void)ctx;
	sprintf(got + strlen(got), "%llu ", (unsigned long long)s->id);
}

static void open_for_long(void *ctx, const struct zrec_open *open)
{
	(void)ctx;
	sprintf(got + strlen(got), "open:%llu ", (unsigned long long)open->id);
}

static void policy_exit(void *ctx, const struct zrec_policy_exit *exit)
{
	(void)ctx;
	sprintf(got + strlen(got), "exit:%s ", exit->policy);
}

static const struct feed_reader reader = { recovery, open_for_long, policy_exit, NULL };

static struct zrec_span span(uint64_t seq, uint64_t id, uint64_t end)
{
	return (struct zrec_span){
		.abi = ZREC_ABI, .size = sizeof(struct zrec_span), .seq = seq, .id = id,
		.begin_ns = end - 1, .total_ns = 1,
	};
}

/* A recovery that ends so late, with this number among all records */
static void comes(uint64_t seq, uint64_t id, uint64_t end)
{
	const struct zrec_span s = span(seq, id, end);

	feed_record(&feed, &s);
}

static void assert_got(const char *want, uint64_t missed)
{
	assert_string_equal(got, want);
	assert_int_equal(feed.missed, missed);
	got[0] = '\0';
}

static void turn(int timeout_ms)
{
	struct pollfd p[] = {
		{ .fd = feed_fd(&feed), .events = POLLIN }, { .fd = feed_watch_fd(&feed), .events = POLLIN },
	};
	int own = feed_timeout_ms(&feed);

	poll(p, 2, own >= 0 && own < timeout_ms ? own : timeout_ms);
	feed_work(&feed);
}

static void wait_connected(bool connected)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + PATIENCE_MS * NSEC_PER_MSEC;

	while (feed_is_connected(&feed) != connected) {
		assert_true(clock_ns(CLOCK_MONOTONIC) < end);
		turn(1000);
	}
}

static int setup(void **state)
{
	(void)state;
	log_level = LOG_LEVEL_ERROR;
	dir = make_temp_dir();
	snprintf(path, sizeof(path), "%s/live", dir);
	got[0] = '\0';
	feed_begin(&feed, path, &reader);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	feed_end(&feed);
	end_recorder(SIGTERM);
	remove_temp_dir(dir);
	return 0;
}

static void all_kinds_are_passed_on(void **state)
{
	const struct zrec_event event = {
		.abi = ZREC_ABI, .size = sizeof(event), .flags = ZREC_RECORD_EVENT, .seq = 8, .id = 4,
	};
	const struct zrec_policy_exit exit = {
		.abi = ZREC_ABI, .size = sizeof(exit), .flags = ZREC_RECORD_EXIT, .seq = 9, .at_ns = 9,
		.policy = "p",
	};
	const struct zrec_open open = { .id = 4 };
	const struct zrec_span s = span(7, 3, 7);

	(void)state;
	begin_recorder();
	wait_connected(true);
	share(&s, sizeof(s));
	share(&event, sizeof(event));
	share(&open, sizeof(open));
	share(&exit, sizeof(exit));
	/* It is told again by a recorder that could not write it down */
	share(&open, sizeof(open));
	turn(1000);
	assert_got("3 open:4 exit:p ", 0);
}

static void a_recorder_that_comes_back_is_found_at_once(void **state)
{
	const struct zrec_span first = span(0, 1, 10), second = span(1, 2, 20), third = span(2, 3, 30);

	(void)state;
	feed_work(&feed);
	assert_false(feed_is_connected(&feed));
	begin_recorder();
	wait_connected(true);
	share(&first, sizeof(first));
	share(&second, sizeof(second));
	turn(1000);
	assert_got("1 2 ", 0);
	for (int i = 0; i < 3; i++) {
		uint64_t began = clock_ns(CLOCK_MONOTONIC);

		end_recorder(i ? SIGKILL : SIGTERM);
		wait_connected(false);
		begin_recorder();
		wait_connected(true);
		/* Not only at the next of the looks that are seconds apart */
		assert_true(clock_ns(CLOCK_MONOTONIC) - began < 4 * (uint64_t)NSEC_PER_SEC);
		/* What was not in the file comes again */
		share(&second, sizeof(second));
		share(&third, sizeof(third));
		turn(1000);
		assert_got(i ? "" : "3 ", 0);
	}
}

static void what_comes_again_is_skipped(void **state)
{
	(void)state;
	for (uint64_t i = 100; i < 300; i++)
		comes(i, i, i);
	got[0] = '\0';
	for (uint64_t i = 100; i < 301; i++)
		comes(i, i, i);
	assert_got("300 ", 0);
}

static void numbers_that_are_missing_are_counted(void **state)
{
	(void)state;
	comes(5, 1, 10);
	comes(6, 2, 20);
	comes(9, 3, 30);
	assert_got("1 2 3 ", 2);
	/* Two processors: the number first, or the place in the ring */
	comes(11, 5, 50);
	comes(10, 4, 49);
	assert_got("5 4 ", 2);
	comes(10, 4, 49);
	comes(11, 5, 50);
	comes(12, 6, 60);
	assert_got("6 ", 2);
	comes(1000, 7, 70);
	assert_got("7 ", 2 + 987);
}

/* Its numbers begin at 0 again, and its time goes on */
static void another_observation_is_no_repetition(void **state)
{
	(void)state;
	comes(0, 1, 10);
	comes(1, 2, 20);
	comes(2, 3, 30);
	comes(0, 4, 40);
	comes(1, 5, 50);
	assert_got("1 2 3 4 5 ", 0);
	comes(2, 6, 60);
	comes(3, 7, 70);
	assert_got("6 7 ", 0);
	/* This one has begun before we saw it */
	comes(2, 8, 80);
	assert_got("8 ", 2);
}

/* A recorder does not wait for who is slow, and says so */
static void what_was_not_read_in_time_is_missed(void **state)
{
	const int nr = 3000;
	const struct zrec_span next = span((uint64_t)nr, 2, (uint64_t)nr + 1);
	size_t came = 0;

	(void)state;
	begin_recorder();
	wait_connected(true);
	for (int i = 0; i < nr; i++) {
		const struct zrec_span s = span((uint64_t)i, 1, (uint64_t)i + 1);

		share(&s, sizeof(s));
	}
	for (int i = 0; i < 50 && (!i || feed.missed + came < (uint64_t)nr); i++) {
		turn(100);
		for (const char *s = got; *s; s++)
			came += *s == ' ';
		got[0] = '\0';
	}
	assert_true(came > 0 && came < (size_t)nr);
	assert_int_equal(came + feed.missed, nr);
	/* Nothing is counted twice when the next one comes */
	share(&next, sizeof(next));
	turn(1000);
	assert_got("2 ", (uint64_t)nr - came);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_kinds_are_passed_on, setup, teardown),
		cmocka_unit_test_setup_teardown(a_recorder_that_comes_back_is_found_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_comes_again_is_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_that_are_missing_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(another_observation_is_no_repetition, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_not_read_in_time_is_missed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
