// SPDX-License-Identifier: GPL-2.0
/* zrec watch, with an observer of our own that has the recoveries of fixtures.h */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/log.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "observe/observer.h"
#include "run.h"

struct observer {
	int fd;
	size_t next;		/* fixture to be handed out */
	int open_error;
	int claim_error;
};

static struct observer fake;

int observer_open(struct observer **ret, const struct observer_opts *opts)
{
	(void)opts;
	*ret = &fake;
	return fake.open_error;
}

void observer_close(struct observer *observer)
{
	(void)observer;
}

int observer_claim(struct observer *observer)
{
	return observer->claim_error;
}

int observer_fd(const struct observer *observer)
{
	return observer->fd;
}

/* All at once, then somebody ends the observation */
int observer_poll(struct observer *observer, int timeout_ms, const struct observer_reader *reader,
		  void *ctx)
{
	(void)timeout_ms;
	while (observer->next < nr_fixtures) {
		struct zrec_full_span s = { 0 };
		int err;

		fixtures[observer->next++].make(&s.span);
		err = reader->span(ctx, &s.span);
		if (err)
			return err;
	}
	return -ESHUTDOWN;
}

void observer_warn_missing(struct observer *observer)
{
	(void)observer;
}

void observer_hand_over(struct observer *observer)
{
	(void)observer;
	fail_msg("there is no recorder to hand over to");
}

int observer_check_record(const void *data, size_t size)
{
	(void)data;
	(void)size;
	return -EPROTO;
}

int observer_dispatch(const void *data, const struct observer_reader *reader, void *ctx)
{
	(void)data;
	(void)reader;
	(void)ctx;
	return -EPROTO;
}

int observer_stats(struct observer *observer, struct zrec_stats *ret)
{
	(void)observer;
	*ret = (struct zrec_stats){ 0 };
	return 0;
}

int observer_each_open(struct observer *observer, observer_open_fn fn, void *ctx)
{
	(void)observer;
	(void)fn;
	(void)ctx;
	return 0;
}

#define RUN(...) run_command(&cmd_watch, (char *[]){ "x", ##__VA_ARGS__, NULL })

static int fresh_observer(void **state)
{
	(void)state;
	if (!fake.fd)
		fake.fd = eventfd(1, EFD_CLOEXEC);
	fake = (struct observer){ .fd = fake.fd };
	log_level = LOG_LEVEL_INFO;
	return 0;
}

static int lines(const char *text)
{
	int nr = 0;

	for (; *text; text++)
		nr += *text == '\n';
	return nr;
}

/* How many recoveries are shown, below the line of headings */
static int shown(struct run r)
{
	int nr = lines(r.out) - 1;

	assert_int_equal(r.rc, EXIT_OK);
	end_run(&r);
	fake.next = 0;
	return nr;
}

static void all_are_shown_if_nothing_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(shown(RUN()), (int)nr_fixtures);
}

static void filters_choose_what_is_shown(void **state)
{
	(void)state;
	assert_int_equal(shown(RUN("--outcome", "dropped")), 3);
	assert_int_equal(shown(RUN("--outcome", "dropped", "--outcome=isolated")), 4);
	assert_int_equal(shown(RUN("--function", "0002:00:00.0")), shown(RUN("--fid", "0x12")));
	assert_int_equal(shown(RUN("--function", "fid:0x12")), shown(RUN("--fid", "0x12")));
	assert_int_equal(shown(RUN("--function", "nvme")), shown(RUN("--driver", "nvme")));
	assert_true(shown(RUN("--driver", "nvme")) > 0);
	assert_int_equal(shown(RUN("--function", "ffff:00:00.0")), 0);
	assert_int_equal(shown(RUN("--policy", "no-such-policy")), 0);
	/* Enforced in one, in shadow in another */
	assert_true(shown(RUN("--policy", "isolate-flapping")) > 0);
	assert_int_equal(shown(RUN("--policy", "isolate-flapping", "--outcome", "isolated")), 1);
}

static void until_ends_with_2_after_what_it_waits_for(void **state)
{
	struct run r = RUN("--until", "failed");

	(void)state;
	assert_int_equal(r.rc, EXIT_CONDITION);
	assert_int_equal(lines(r.out), 4);
	/* The others wait for the next reader */
	assert_int_equal(fake.next, 3);
	end_run(&r);
	r = RUN("--until", "isolated", "--until", "ignored", "--format", "jsonl");
	assert_int_equal(r.rc, EXIT_CONDITION);
	assert_int_equal(fake.next, 5);
	end_run(&r);
}

static void until_looks_only_at_what_is_shown(void **state)
{
	struct run r = RUN("--until", "dropped", "--outcome", "isolated");

	(void)state;
	assert_int_equal(r.rc, EXIT_OK);
	end_run(&r);
}

static void count_ends_with_0(void **state)
{
	struct run r = RUN("--count", "1", "--until", "failed");

	(void)state;
	assert_int_equal(r.rc, EXIT_OK);
	assert_int_equal(fake.next, 1);
	end_run(&r);
}

static void quiet_leaves_the_result(void **state)
{
	struct run loud = RUN("--outcome", "isolated"), quiet;

	(void)state;
	fake.next = 0;
	quiet = RUN("-q", "--outcome", "isolated");
	assert_string_equal(quiet.out, loud.out);
	assert_non_null(strstr(loud.err, "warning: the observation was ended"));
	assert_string_equal(quiet.err, "");
	end_run(&loud);
	end_run(&quiet);
}

static void another_reader_is_8(void **state)
{
	struct run r;

	(void)state;
	fake.claim_error = -EBUSY;
	r = RUN("-q");
	assert_int_equal(r.rc, EXIT_FIXABLE);
	assert_non_null(strstr(r.err, "another zrec watch"));
	end_run(&r);
}

static void errors_of_the_observer_have_their_codes(void **state)
{
	static const struct {
		int err, rc;
	} all[] = {
		{ -EPERM, EXIT_PERMISSION }, { -EACCES, EXIT_PERMISSION },
		{ -EOPNOTSUPP, EXIT_UNSUPPORTED }, { -ENOMEDIUM, EXIT_FIXABLE },
		{ -EPROTO, EXIT_FIXABLE }, { -EEXIST, EXIT_FIXABLE }, { -ENOMEM, EXIT_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct run r;

		fake.open_error = all[i].err;
		r = RUN();
		assert_int_equal(r.rc, all[i].rc);
		end_run(&r);
	}
}

static void bad_values_are_1_and_one_line(void **state)
{
	struct run runs[] = {
		RUN("--fid", "x"), RUN("--function", "0x11"), RUN("--pec", "nonsense"),
		RUN("--driver="), RUN("--outcome", "fine"), RUN("--until="), RUN("--count", "-1"),
		RUN("--ring-size", "0"), RUN("-q3"), RUN("-vx"), RUN("--f", "json"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		assert_int_equal(runs[i].rc, EXIT_USAGE);
		assert_int_equal(lines(runs[i].err), 1);
		end_run(&runs[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_are_shown_if_nothing_is_asked_for, fresh_observer),
		cmocka_unit_test_setup(filters_choose_what_is_shown, fresh_observer),
		cmocka_unit_test_setup(until_ends_with_2_after_what_it_waits_for, fresh_observer),
		cmocka_unit_test_setup(until_looks_only_at_what_is_shown, fresh_observer),
		cmocka_unit_test_setup(count_ends_with_0, fresh_observer),
		cmocka_unit_test_setup(quiet_leaves_the_result, fresh_observer),
		cmocka_unit_test_setup(another_reader_is_8, fresh_observer),
		cmocka_unit_test_setup(errors_of_the_observer_have_their_codes, fresh_observer),
		cmocka_unit_test_setup(bad_values_are_1_and_one_line, fresh_observer),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
