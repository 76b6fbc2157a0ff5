// SPDX-License-Identifier: GPL-2.0
/* Locks that others hold */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "hands.h"

static int to_parent[2];

static void hold(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	char c = fd >= 0 && !flock(fd, LOCK_EX) ? 'y' : 'n';

	if (write(to_parent[1], &c, 1) != 1)
		exit(1);
	pause();
}

static void hold_all_as_member(void)
{
	become(MEMBER);
	hold(ZREC);
}

static void hold_lock_as_member(void)
{
	become(MEMBER);
	hold(ZREC "/lock");
}

static void hold_lock(void)
{
	prctl(PR_SET_NAME, "hol\033[31mder");
	hold(ZREC "/lock");
}

static pid_t start_holder(void (*fn)(void), char *has_it)
{
	pid_t pid;

	if (pipe(to_parent))
		die("pipe");
	pid = start(fn);
	if (read(to_parent[0], has_it, 1) != 1)
		die("read");
	close(to_parent[0]);
	close(to_parent[1]);
	return pid;
}

static pid_t to_release;

static void release_soon(void)
{
	sleep(3);
	kill(to_release, SIGKILL);
}

void test_locks(void)
{
	char has_it, text[64];
	pid_t pid, timer;

	anew();
	observe(ZREC);
	if (chown(ZREC, 0, MEMBER))
		die("chown");
	make_dir(ZREC "/lock", 0700);
	pid = start_holder(hold_lock_as_member, &has_it);
	check(has_it == 'n', "lock-is-not-for-members-of-the-group");
	stop(pid);
	pid = start_holder(hold_all_as_member, &has_it);
	run("detach");
	check(has_it == 'y' && !ran.rc && !exists(ZREC), "lock-of-a-member-delays-nothing");
	stop(pid);

	observe(ZREC);
	make_dir(ZREC "/lock", 0700);
	pid = start_holder(hold_lock, &has_it);
	run("detach");
	snprintf(text, sizeof(text), "process %d", pid);
	check(has_it == 'y' && ran.rc && said("gave up after 10 s") && said(text),
	      "lock-of-root-ends-in-an-error");
	check(ran.seconds < 60 && said("waiting for"), "lock-of-root-is-named-while-waiting");
	check(!strchr(ran.err, '\033'), "lock-of-root-its-name-is-escaped");
	check(exists(ZREC "/observe/maps/info"), "lock-of-root-nothing-removed");
	to_release = pid;
	timer = start(release_soon);
	run("detach");
	check(!ran.rc && said("waiting for") && !exists(ZREC), "lock-is-waited-for");
	stop(timer);
	stop(pid);
}
