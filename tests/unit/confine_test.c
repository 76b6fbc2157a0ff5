// SPDX-License-Identifier: GPL-2.0
/* What a command that is run for others can still do to this host */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "keeping.h"
#include "serve/confine.h"

#define NO_LANDLOCK	77
#define SIGNALS_SCOPED	6	/* the version of Landlock from which signals are held back, too */

/* What @try returns in a process of its own that is confined; skips without Landlock */
static void assert_confined(struct kept *k, int (*try)(struct kept *k), int wanted)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : confine_to_reading(k->path);

		_exit(err == -EOPNOTSUPP ? NO_LANDLOCK : err ? 78 : try(k));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_LANDLOCK)
		skip();
	assert_int_equal(WEXITSTATUS(status), wanted);
}

static int open_errno(const char *path, int flags)
{
	return open(path, flags, 0600) < 0 ? errno : 0;
}

static int read_history(struct kept *k)
{
	struct read_back got;

	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	return (int)got.nr;
}

static int write_history(struct kept *k)
{
	return open_errno(k->path, O_RDWR);
}

static int make_file(struct kept *k)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/new", k->dir);
	return open_errno(path, O_WRONLY | O_CREAT);
}

static int remove_file(struct kept *k)
{
	return unlink(k->path) ? errno : 0;
}

static int move_file(struct kept *k)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/new", k->dir);
	return rename(k->path, path) ? errno : 0;
}

static int cut_file(struct kept *k)
{
	return truncate(k->path, 0) ? errno : 0;
}

static int discard(struct kept *k)
{
	(void)k;
	return open_errno("/dev/null", O_WRONLY);
}

static int signal_parent(struct kept *k)
{
	(void)k;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < SIGNALS_SCOPED)
		return EPERM;
	return kill(getppid(), 0) ? errno : 0;
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
	assert_confined(k, read_history, 2);
	assert_confined(k, write_history, EACCES);
	assert_confined(k, make_file, EACCES);
	assert_confined(k, remove_file, EACCES);
	assert_confined(k, move_file, EACCES);
	assert_confined(k, cut_file, EACCES);
	assert_confined(k, discard, 0);
	assert_confined(k, signal_parent, EPERM);
	/* The writer goes on, and it was the same file all the time */
	kept_put(k, 3, &s);
	kept_commit(k, 3);
	kept_close(k);
	assert_int_equal(read_history(k), 3);
}

/* As when the recorder was killed: SQLite makes the index */
static void a_log_without_an_index_is_read(void **state)
{
	struct kept *k = *state;
	struct zrec_full_span s;
	char shm[300];
	pid_t pid;

	kept_span(&s, 1);
	pid = fork();
	if (!pid) {
		kept_open(k);
		kept_put(k, 1, &s);
		kept_commit(k, 1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	snprintf(shm, sizeof(shm), "%s-shm", k->path);
	assert_int_equal(unlink(shm), 0);
	assert_confined(k, read_history, 1);
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
