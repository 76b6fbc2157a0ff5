// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hands.h"

const char *zrec;
struct checks checks;
struct ran ran;

void check(bool ok, const char *name)
{
	printf("%s %d - hands/%s\n", ok ? "ok" : "not ok", ++checks.nr, name);
	if (ok)
		return;
	checks.failed++;
	printf("# exit code %d after %.1f s, stderr: '", ran.rc, ran.seconds);
	for (const char *c = ran.err; *c; c++)
		printf(*c == '\n' ? "\n# " : "%c", *c);
	puts("'");
}

void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

void skip_all(const char *what)
{
	printf("1..0 # SKIP %s\n", what);
	exit(0);
}

bool said(const char *text)
{
	return strstr(ran.err, text);
}

bool exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* --- zrec, and who works against it ---------------------------------------- */

void run(const char *command)
{
	double begin = now();
	char line[256];
	size_t n;
	FILE *f;
	int rc;

	snprintf(line, sizeof(line), "%s %s 2>&1 >/dev/null", zrec, command);
	f = popen(line, "r");
	if (!f)
		die("popen");
	n = fread(ran.err, 1, sizeof(ran.err) - 1, f);
	ran.err[n] = '\0';
	rc = pclose(f);
	ran.rc = WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
	ran.seconds = now() - begin;
}

void become(gid_t gid)
{
	if (setresgid(gid, gid, gid) || setresuid(NOBODY, NOBODY, NOBODY))
		die("cannot become nobody");
}

pid_t start(void (*fn)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fn();
	exit(0);
}

void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void as_nobody(void (*fn)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		become(NOBODY);
		fn();
		exit(0);
	}
	waitpid(pid, NULL, 0);
}
