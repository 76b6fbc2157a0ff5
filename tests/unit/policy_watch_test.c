// SPDX-License-Identifier: GPL-2.0
/* Beginnings of policies in the history: each once, and never instead of recoveries */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bpffs.h"
#include "cmocka-all.h"
#include "serve/policy-watch.h"

/* The kernel, and the file */
static struct policy_state kernel;
static int kernel_error, file_error;
static struct history_policy_event written[16];
static size_t nr_written;

static const struct history_boot boot;

int policy_sysfs_read(struct policy_state *ret, const char *dir)
{
	(void)dir;
	*ret = kernel;
	return kernel_error;
}

int writer_policy_event(struct writer *w, const struct history_policy_event *event)
{
	(void)w;
	written[nr_written++] = *event;
	return file_error;
}

int bpffs_open(struct bpffs *fs)
{
	(void)fs;
	return -ENOENT;
}

int bpffs_open_dir(int dir, const char *name)
{
	(void)dir;
	(void)name;
	return -ENOENT;
}

void bpffs_close(struct bpffs *fs)
{
	(void)fs;
}

void bpffs_put(int fd)
{
	(void)fd;
}

static int fresh(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	memset(written, 0, sizeof(written));
	kernel_error = file_error = 0;
	nr_written = 0;
	return 0;
}

static int commit(struct policy_watch *w)
{
	int err = policy_watch_record(w, NULL, &boot);

	if (!err)
		policy_watch_recorded(w);
	return err;
}

static void a_policy_is_written_once(void **state)
{
	struct policy_watch w = { .fd = -1 };

	(void)state;
	strcpy(kernel.enforced.name, "strict");
	kernel.enforced.since_ns = 5;
	assert_int_equal(commit(&w), 0);
	assert_int_equal(commit(&w), 0);
	assert_int_equal(nr_written, 1);
	assert_string_equal(written[0].policy, "strict");
	assert_string_equal(written[0].what, "enforced");
	kernel.enforced.since_ns = 6;
	assert_int_equal(commit(&w), 0);
	assert_int_equal(nr_written, 2);
}

static void one_that_was_undone_is_written_again(void **state)
{
	struct policy_watch w = { .fd = -1 };

	(void)state;
	strcpy(kernel.shadow[1].name, "gentle");
	file_error = -ENOSPC;
	assert_int_equal(commit(&w), -ENOSPC);
	file_error = 0;
	assert_int_equal(commit(&w), 0);
	assert_int_equal(nr_written, 2);
	assert_string_equal(written[1].what, "shadow");
}

static void a_kernel_that_does_not_say_keeps_nothing_from_being_recorded(void **state)
{
	static const int errors[] = { -EOPNOTSUPP, -ENOENT, -EIO };
	struct policy_watch w = { .fd = -1 };

	(void)state;
	strcpy(kernel.enforced.name, "strict");
	assert_int_equal(commit(&w), 0);
	for (size_t i = 0; i < 3; i++) {
		kernel_error = errors[i];
		assert_int_equal(commit(&w), 0);
	}
	kernel_error = 0;
	assert_int_equal(commit(&w), 0);
	assert_int_equal(nr_written, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_policy_is_written_once, fresh),
		cmocka_unit_test_setup(one_that_was_undone_is_written_again, fresh),
		cmocka_unit_test_setup(a_kernel_that_does_not_say_keeps_nothing_from_being_recorded, fresh),
	};

	return cmocka_run_group_tests_name("policy_watch", tests, NULL, NULL);
}
