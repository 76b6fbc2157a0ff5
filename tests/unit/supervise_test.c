// SPDX-License-Identifier: GPL-2.0
/* Commands of somebody else: how they end, and that all of it ends in time */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/supervise.h"
#include "cmocka-all.h"
#include "fixtures.h"

#define PATIENCE_MS	20000

static char *dir;

static int setup(void **state)
{
	(void)state;
	dir = make_temp_dir();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	remove_temp_dir(dir);
	return 0;
}

static struct supervised start(const char *script, uint32_t timeout_ms)
{
	char *const argv[] = { "/bin/sh", "-c", (char *)script, NULL };
	char dir_is[300];
	char *const envp[] = { "PATH=/usr/bin:/bin", dir_is, NULL };
	struct supervised s;

	snprintf(dir_is, sizeof(dir_is), "DIR=%s", dir);
	assert_int_equal(supervise_start(&s, argv, envp, timeout_ms), 0);
	return s;
}

static struct supervise_result end(struct supervised *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	return supervise_end(s);
}

static void assert_result(struct supervise_result result, enum supervise_how how, int value)
{
	assert_int_equal(result.how, how);
	assert_int_equal(result.value, value);
}

static void ends(const char *script, enum supervise_how how, int value)
{
	struct supervised s = start(script, PATIENCE_MS);

	assert_result(end(&s), how, value);
}

/* What the script has written into the file of this name; 0: nothing yet */
static int number_in(const char *name)
{
	char path[300];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (f && fscanf(f, "%d", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

static int wait_for(const char *name)
{
	for (int i = 0; i < PATIENCE_MS / 10; i++) {
		int n = number_in(name);

		if (n)
			return n;
		usleep(10000);
	}
	fail_msg("the command wrote no %s", name);
	return 0;
}

static void assert_gone(pid_t pid)
{
	for (int i = 0; i < 200; i++) {
		if (kill(pid, 0) < 0 && errno == ESRCH)
			return;
		usleep(10000);
	}
	fail_msg("process %d is still there", pid);
}

static void how_it_ended_is_known(void **state)
{
	char *const missing[] = { "/nonexistent/command", NULL }, *const nothing[] = { NULL };
	char *const directory[] = { "/tmp", NULL };
	struct supervised s;

	(void)state;
	ends("exit 0", SUPERVISE_EXITED, 0);
	ends("exit 7", SUPERVISE_EXITED, 7);
	ends("kill -SEGV $$", SUPERVISE_SIGNALLED, SIGSEGV);
	assert_int_equal(supervise_start(&s, missing, nothing, PATIENCE_MS), 0);
	assert_result(end(&s), SUPERVISE_NOT_STARTED, -ENOENT);
	assert_int_equal(supervise_start(&s, directory, nothing, PATIENCE_MS), 0);
	assert_result(end(&s), SUPERVISE_NOT_STARTED, -EACCES);
}

/* Its own session, no descriptor but the standard ones, no signal that is held back or ignored */
static void it_begins_with_nothing_of_ours(void **state)
{
	/* SIG_IGN, and no flags, restorer or mask: one that the C library keeps, and a parent may have ignored */
	const unsigned long ignore[8] = { 1 };
	sigset_t set;

	(void)state;
	assert_int_equal(syscall(SYS_rt_sigaction, 33, ignore, NULL, (size_t)8), 0);
	assert_int_equal(dup2(STDERR_FILENO, 200), 200);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Which of them is not so, the exit code says */
	ends("[ \"$(readlink /proc/self/fd/0)\" = /dev/null ] || exit 11; [ \"$(pwd)\" = / ] || exit 12;"
	     "set -- $(cat /proc/$$/stat); [ \"$6\" = $$ ] || exit 13;"
	     "grep -q '^SigBlk:\\s*0*$' /proc/self/status || exit 14;"
	     "grep -q '^SigIgn:\\s*0*$' /proc/self/status || exit 15;"
	     "! [ -e /proc/$$/fd/200 ] || exit 16", SUPERVISE_EXITED, 0);
	close(200);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void what_hangs_is_ended(void **state)
{
	struct supervised s = start("echo $$ >$DIR/pid; exec sleep 1000", 300);

	(void)state;
	assert_result(end(&s), SUPERVISE_TIMED_OUT, 0);
	assert_gone(wait_for("pid"));
}

/* SIGTERM says that it is time, also to all that it has started; SIGKILL does not ask */
static void what_ignores_the_signal_is_ended(void **state)
{
	uint64_t began = clock_ns(CLOCK_MONOTONIC);
	struct supervised s = start("trap 'echo 1 >$DIR/term' TERM; echo $$ >$DIR/pid;"
				    "while :; do sleep 0.1; done", 1000);

	(void)state;
	assert_result(end(&s), SUPERVISE_TIMED_OUT, 0);
	assert_int_equal(number_in("term"), 1);
	assert_true(clock_ns(CLOCK_MONOTONIC) - began >=
		    (1000 + SUPERVISE_GRACE_MS) * (uint64_t)NSEC_PER_MSEC);
	assert_gone(wait_for("pid"));
}

/* Also what has left the session, whether the command ends by itself or not */
static void what_it_leaves_behind_is_ended(void **state)
{
	static const char *const scripts[] = {
		"setsid sh -c 'echo $$ >$DIR/pid; exec sleep 1000' & while ! [ -s $DIR/pid ]; do sleep 0.05; done",
		"(setsid sh -c 'trap \"\" TERM; echo $$ >$DIR/pid; sleep 1000; :' &) ; sleep 1000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		struct supervised s = start(scripts[i], i ? 1000 : PATIENCE_MS);
		char path[300];

		assert_result(end(&s), i ? SUPERVISE_TIMED_OUT : SUPERVISE_EXITED, 0);
		assert_gone(wait_for("pid"));
		snprintf(path, sizeof(path), "%s/pid", dir);
		unlink(path);
	}
}

static void it_can_be_stopped(void **state)
{
	struct supervised s = start("echo $$ >$DIR/pid; exec sleep 1000", PATIENCE_MS);
	int pid = wait_for("pid");

	(void)state;
	supervise_stop(&s);
	assert_result(end(&s), SUPERVISE_STOPPED, 0);
	assert_gone(pid);
}

/* We may be killed, or who waits for it */
static void nobody_who_waits_is_no_limit_lost(void **state)
{
	struct supervised s;
	int pid;
	pid_t us = fork();

	(void)state;
	if (!us) {
		start("echo $$ >$DIR/pid; exec sleep 1000", PATIENCE_MS);
		pause();
	}
	pid = wait_for("pid");
	kill(us, SIGKILL);
	waitpid(us, NULL, 0);
	assert_gone(pid);
	s = start("exec sleep 1000", PATIENCE_MS);
	kill(s.pid, SIGKILL);
	assert_result(end(&s), SUPERVISE_UNKNOWN, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(how_it_ended_is_known, setup, teardown),
		cmocka_unit_test_setup_teardown(it_begins_with_nothing_of_ours, setup, teardown),
		cmocka_unit_test_setup_teardown(what_hangs_is_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(what_ignores_the_signal_is_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(what_it_leaves_behind_is_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(it_can_be_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_who_waits_is_no_limit_lost, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
