// SPDX-License-Identifier: GPL-2.0
/* Each write of a batch fails once: the batch is undone, and the same writer goes on */
#include <errno.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "keeping.h"

#define BATCH	40

/* Writes until one fails, and all after it do; 0: none */
static int countdown, failing_errno;

static int fails(void)
{
	if (!countdown)
		return 0;
	if (countdown > 1) {
		countdown--;
		return 0;
	}
	errno = failing_errno;
	return 1;
}

static ssize_t failing_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return fails() ? -1 : pwrite(fd, bytes, len, at);
}

static ssize_t failing_write(int fd, const void *bytes, size_t len)
{
	return fails() ? -1 : write(fd, bytes, len);
}

static int failing_ftruncate(int fd, off_t len)
{
	return fails() ? -1 : ftruncate(fd, len);
}

static void replace_calls(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)failing_pwrite), 0);
	assert_int_equal(vfs->xSetSystemCall(vfs, "write", (sqlite3_syscall_ptr)failing_write), 0);
	assert_int_equal(vfs->xSetSystemCall(vfs, "ftruncate", (sqlite3_syscall_ptr)failing_ftruncate), 0);
	/* Not there if pwrite() has 64 bits */
	vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)failing_pwrite);
}

static int write_batch(struct kept *k)
{
	const struct writer_progress p = { .read_to = BATCH + 1 };
	struct zrec_full_span s;
	int err = 0;

	kept_span(&s, 1);
	for (uint64_t i = 0; !err && i < BATCH; i++) {
		s.span.fid = (uint32_t)i;
		snprintf(s.span.driver, sizeof(s.span.driver), "driver%u", (unsigned int)i);
		err = writer_span(k->writer, 1 + i, &s.span, 1, NULL);
	}
	return err ? err : writer_commit(k->writer, &p);
}

/* True if there was such a write */
static int fail_at(struct kept *k, int n, int error, int wanted)
{
	struct zrec_full_span s;
	struct read_back got;
	int err;

	unlink(k->path);
	kept_span(&s, 1);
	kept_open(k);
	kept_put(k, 0, &s);
	kept_commit(k, 1);
	failing_errno = error;
	countdown = n;
	err = write_batch(k);
	countdown = 0;
	if (err) {
		assert_int_equal(err, wanted);
		assert_int_equal(write_batch(k), 0);
	}
	kept_close(k);
	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	assert_int_equal(got.nr, 1 + BATCH);
	for (size_t i = 0; i < got.nr; i++)
		assert_int_equal(got.r[i].position, i == 0 ? 0 : i);
	assert_string_equal(got.r[BATCH].full.span.driver, "driver39");
	read_back_free(&got);
	return err != 0;
}

static void try_all(struct kept *k, int error, int wanted)
{
	int n = 1;

	replace_calls();
	while (fail_at(k, n, error, wanted))
		n++;
	/* Otherwise nothing was tried */
	assert_true(n > 5);
}

static void no_space(void **state)
{
	try_all(*state, ENOSPC, -ENOSPC);
}

static void over_quota(void **state)
{
	try_all(*state, EDQUOT, -EIO);
}

static void bad_disk(void **state)
{
	try_all(*state, EIO, -EIO);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, kept_setup, kept_teardown)
	const struct CMUnitTest tests[] = {
		TEST(no_space),
		TEST(over_quota),
		TEST(bad_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
