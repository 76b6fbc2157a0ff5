// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* close_range(), pipe2() */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/supervise.h"

/* What does not die of SIGKILL within so long waits for the kernel, or is not ours to kill */
#define KILL_TRIES	100
#define KILL_NAP_MS	10

/* --- the command --- */

/*
 * By the system call: signal() refuses the two that the C library keeps for itself, and whoever
 * has started us may have ignored those, too
 */
static void reset_signals(void)
{
	/* All zeroes is SIG_DFL, whatever the layout; an architecture's struct is not larger */
	static const uint64_t by_default[8];
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		syscall(SYS_rt_sigaction, sig, by_default, NULL, (size_t)(NSIG / 8));
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child. Whoever waits reads from @failure why it could not be run, or nothing */
static void become(char *const argv[], char *const envp[], int failure)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), err;

	setsid();
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || chdir("/") < 0)
		goto out;
	reset_signals();
	execve(argv[0], argv, envp);
out:
	err = -errno;
	if (write(failure, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

/* Returns its process, or a negative errno */
static pid_t start(char *const argv[], char *const envp[])
{
	int failure[2], err = 0;
	pid_t pid;

	if (pipe2(failure, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (!pid)
		become(argv, envp, failure[1]);
	if (pid < 0)
		err = -errno;
	close(failure[1]);
	if (pid > 0 && read(failure[0], &err, sizeof(err)) == sizeof(err))
		waitpid(pid, NULL, 0);
	else if (pid > 0)
		err = 0;
	close(failure[0]);
	return err ? err : pid;
}

/* --- who waits for it --- */

/* The parent of a process; 0: it is gone, or is not to be seen */
static pid_t parent_of(const char *pid)
{
	char path[300], stat[512] = "";
	const char *end;
	int parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	/* "PID (NAME) S PARENT", and a name may have anything in it */
	stat[fread(stat, 1, sizeof(stat) - 1, f)] = '\0';
	fclose(f);
	end = strrchr(stat, ')');
	return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

/* Theirs become ours when they die: until there are none */
static void kill_children(void)
{
	const pid_t self = getpid();
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    parent_of(entry->d_name) == self)
			kill(atoi(entry->d_name), SIGKILL);
	closedir(dir);
}

static void end_all(pid_t command)
{
	const struct timespec nap = { .tv_nsec = KILL_NAP_MS * NSEC_PER_MSEC };

	/* All at once: who forks without end is not caught one by one */
	kill(-command, SIGKILL);
	for (int i = 0; i < KILL_TRIES; i++) {
		pid_t pid;

		kill_children();
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0)
			return;
		nanosleep(&nap, NULL);
	}
}

/* True if the command has ended; what it has left behind may have, too */
static bool reap(pid_t command, int *status)
{
	bool ended = false;
	int one;
	pid_t pid;

	while (!ended && (pid = waitpid(-1, &one, WNOHANG)) > 0) {
		ended = pid == command;
		*status = one;
	}
	return ended;
}

/* A signal of @set, or SIGALRM when the time is over */
static int wait_signal(const sigset_t *set, uint64_t until_ns)
{
	const uint64_t now = clock_ns(CLOCK_MONOTONIC), left = until_ns > now ? until_ns - now : 0;
	const struct timespec wait = {
		.tv_sec = (time_t)(left / NSEC_PER_SEC), .tv_nsec = (long)(left % NSEC_PER_SEC),
	};
	int sig = sigtimedwait(set, NULL, &wait);

	return sig < 0 ? errno == EAGAIN ? SIGALRM : 0 : sig;
}

static struct supervise_result of_status(int status)
{
	if (WIFSIGNALED(status))
		return (struct supervise_result){ SUPERVISE_SIGNALLED, WTERMSIG(status) };
	return (struct supervise_result){ SUPERVISE_EXITED, WEXITSTATUS(status) };
}

static struct supervise_result wait_for(pid_t command, const sigset_t *set, uint64_t until_ns)
{
	struct supervise_result result = { SUPERVISE_UNKNOWN, 0 };
	bool ending = false;
	int status = 0;

	while (!reap(command, &status)) {
		int sig = wait_signal(set, until_ns);

		if (sig != SIGALRM && sig != SIGTERM)
			continue;
		if (ending && sig == SIGALRM)
			return result;
		if (ending)
			continue;
		ending = true;
		result.how = sig == SIGALRM ? SUPERVISE_TIMED_OUT : SUPERVISE_STOPPED;
		until_ns = clock_ns(CLOCK_MONOTONIC) + SUPERVISE_GRACE_MS * NSEC_PER_MSEC;
		kill(-command, SIGTERM);
	}
	return ending ? result : of_status(status);
}

/* In a process of its own, which has nothing but the standard streams and @fd */
static void supervise(int fd, char *const argv[], char *const envp[], uint32_t timeout_ms)
{
	const uint64_t until_ns = clock_ns(CLOCK_MONOTONIC) + timeout_ms * NSEC_PER_MSEC;
	struct supervise_result result;
	sigset_t set;
	pid_t command;

	/* Whoever has asked for it is gone: then the command goes, too */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	command = start(argv, envp);
	if (command < 0) {
		result = (struct supervise_result){ SUPERVISE_NOT_STARTED, command };
	} else {
		result = wait_for(command, &set, until_ns);
		end_all(command);
	}
	if (write(fd, &result, sizeof(result)) < 0)
		_exit(1);
	_exit(0);
}

/* Without what our caller has open: a socket would stay so after it was closed */
static int keep_only(int fd)
{
	const int kept = STDERR_FILENO + 1;

	if (fd != kept && dup3(fd, kept, O_CLOEXEC) < 0)
		return -1;
	close_range(kept + 1, ~0u, 0);
	return kept;
}

int supervise_start(struct supervised *ret, char *const argv[], char *const envp[],
		    uint32_t timeout_ms)
{
	sigset_t set, old;
	int fd[2], err = 0;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -errno;
	/* It waits for them, and must miss none */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	pid = fork();
	if (!pid)
		supervise(keep_only(fd[1]), argv, envp, timeout_ms);
	if (pid < 0)
		err = -errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(fd[1]);
	if (err) {
		close(fd[0]);
		return err;
	}
	*ret = (struct supervised){ .pid = pid, .fd = fd[0] };
	return 0;
}

void supervise_stop(const struct supervised *s)
{
	kill(s->pid, SIGTERM);
}

struct supervise_result supervise_end(struct supervised *s)
{
	struct supervise_result result;

	if (read(s->fd, &result, sizeof(result)) != sizeof(result))
		result = (struct supervise_result){ SUPERVISE_UNKNOWN, 0 };
	close(s->fd);
	/* It ends as soon as it has written */
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*s = (struct supervised){ .fd = -1 };
	return result;
}
