// SPDX-License-Identifier: GPL-2.0
/* What a command that is run for others can still do to this host */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "keeping.h"
#include "serve/confine.h"

#define SIGNALS_SCOPED	6	/* the version of Landlock from which signals are held back, too */
#define NOT_CONFINED	255

static int confine(struct kept *k)
{
	int err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : confine_to_reading(k->path);

	return err == -EOPNOTSUPP ? KEPT_NOT_HERE : err ? NOT_CONFINED : 0;
}

static int open_errno(const char *path, int flags)
{
	return open(path, flags, 0600) < 0 ? errno : 0;
}

static int rows(struct kept *k)
{
	struct read_back got;

	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	read_back_free(&got);
	return (int)got.nr;
}

static int read_history(struct kept *k)
{
	return confine(k) ?: rows(k);
}

static int write_history(struct kept *k)
{
	return confine(k) ?: open_errno(k->path, O_RDWR);
}

static int make_file(struct kept *k)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/new", k->dir);
	return confine(k) ?: open_errno(path, O_WRONLY | O_CREAT);
}

static int remove_file(struct kept *k)
{
	return confine(k) ?: unlink(k->path) ? errno : 0;
}

static int move_file(struct kept *k)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/new", k->dir);
	return confine(k) ?: rename(k->path, path) ? errno : 0;
}

static int cut_file(struct kept *k)
{
	return confine(k) ?: truncate(k->path, 0) ? errno : 0;
}

static int discard(struct kept *k)
{
	return confine(k) ?: open_errno("/dev/null", O_WRONLY);
}

static int signal_parent(struct kept *k)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < SIGNALS_SCOPED)
		return KEPT_NOT_HERE;
	return confine(k) ?: kill(getppid(), 0) ? errno : 0;
}

/* While the recorder writes it */
static void it_reads_the_live_file_and_writes_nothing(void **state)
{
	struct kept *k = *state;
	struct zrec_full_span s;

	kept_span(&s, 1);
	kept_open(k);
	kept_put(k, 1, &s);
	kept_commit(k, 1);
	kept_put(k, 2, &s);
	kept_commit(k, 2);
	kept_apart(k, read_history, 2);
	kept_apart(k, write_history, EACCES);
	kept_apart(k, make_file, EACCES);
	kept_apart(k, remove_file, EACCES);
	kept_apart(k, move_file, EACCES);
	kept_apart(k, cut_file, EACCES);
	kept_apart(k, discard, 0);
	kept_apart(k, signal_parent, EPERM);
	/* The writer goes on, and it was the same file all the time */
	kept_put(k, 3, &s);
	kept_commit(k, 3);
	kept_close(k);
	assert_int_equal(rows(k), 3);
}

static int write_and_die(struct kept *k)
{
	struct zrec_full_span s;

	kept_span(&s, 1);
	kept_open(k);
	kept_put(k, 1, &s);
	kept_commit(k, 1);
	return 0;
}

/* As when the recorder was killed: SQLite makes the index */
static void a_log_without_an_index_is_read(void **state)
{
	struct kept *k = *state;
	char shm[300];

	kept_apart(k, write_and_die, 0);
	snprintf(shm, sizeof(shm), "%s-shm", k->path);
	assert_int_equal(unlink(shm), 0);
	kept_apart(k, read_history, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_reads_the_live_file_and_writes_nothing, kept_setup,
						kept_teardown),
		cmocka_unit_test_setup_teardown(a_log_without_an_index_is_read, kept_setup, kept_teardown),
	};

	return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}
