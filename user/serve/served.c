// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* close_range() */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exit.h"
#include "serve/confine.h"
#include "serve/live-protocol.h"
#include "serve/peer.h"
#include "serve/served.h"

#define TEXTS_MAX	128
#define SECONDS_MAX	600
#define SERVED_FOR_ROOT	2	/* places that others do not get */
#define KEPT_FD		(STDERR_FILENO + 1)

/* What a terminal and a calendar depend on. Nothing that could name a file */
static bool is_harmless(const char *variable)
{
	static const char *const keys[] = {
		"TZ=", "LANG=", "LC_ALL=", "LC_CTYPE=", "TERM=", "COLUMNS=", "NO_COLOR=",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = variable + strlen(keys[i]);

		if (strncmp(variable, keys[i], strlen(keys[i])))
			continue;
		if (*value == '/' || *value == ':' || strstr(value, ".."))
			return false;
		while (isalnum((unsigned char)*value) || (*value && strchr("_-./@+,", *value)))
			value++;
		return !*value;
	}
	return false;
}

struct texts {
	char *text[TEXTS_MAX + 1];	/* ended by NULL, as execve() wants it */
	size_t nr;
};

static int add(struct texts *t, const char *text)
{
	if (t->nr == TEXTS_MAX)
		return -EINVAL;
	t->text[t->nr++] = (char *)text;
	t->text[t->nr] = NULL;
	return 0;
}

/*
 * "history" or "report", also shortened, whatever follows; options that all commands have may
 * come before
 */
static bool is_for_others(const struct texts *args)
{
	static const char *const commands[] = { "history", "report" };
	size_t i = 1;

	while (i < args->nr && args->text[i][0] == '-' && strcmp(args->text[i], "--complete"))
		i++;
	for (size_t n = 0; i < args->nr && args->text[i][0] &&
	     n < sizeof(commands) / sizeof(commands[0]); n++)
		if (!strncmp(commands[n], args->text[i], strlen(args->text[i])))
			return true;
	return false;
}

static int take(const char *lines, size_t len, struct texts *env, struct texts *args)
{
	const char *at = lines, *end = lines + len;
	int err = len && !end[-1] ? 0 : -EINVAL;

	for (; !err && at < end && *at; at += strlen(at) + 1)
		if (is_harmless(at))
			err = add(env, at);
	if (!err && at >= end)
		err = -EINVAL;
	for (at++; !err && at < end; at += strlen(at) + 1)
		err = add(args, at);
	return err ? err : is_for_others(args) ? 0 : -EINVAL;
}

/* It tells who reads from it that root has written, and that is not who asked */
static bool is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 || S_ISSOCK(st.st_mode);
}

/* Does not return */
static void run(const char *path, const struct texts *env, const struct texts *args, int out, int err)
{
	int null = open("/dev/null", O_RDONLY), rc;

	/* Whoever reads for so long does not read any more */
	alarm(SECONDS_MAX);
	setpriority(PRIO_PROCESS, 0, 10);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(err, STDERR_FILENO) < 0)
		_exit(EXIT_FAILED);
	close_range(3, ~0u, 0);
	/* Whatever it may come to run, it gets no more than it has. */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/*
	 * It stays root's: the file and its index are, and another user's process could be stopped by
	 * that user while it holds the log. But root owns most files, so it may write none of them
	 */
	rc = confine_to_reading(path);
	if (rc && rc != -EOPNOTSUPP) {
		dprintf(STDERR_FILENO, "zrec: the recorder cannot take away the right to write from what it runs for others: %s\n",
			strerror(-rc));
		_exit(EXIT_FAILED);
	}
	/* After an upgrade, too, this is the program that runs */
	execve("/proc/self/exe", args->text, env->text);
	_exit(EXIT_FAILED);
}

static int32_t code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
}

/* Stays between the two: it sends the exit code, and ends the command if the client has gone */
static void supervise(pid_t pid, int client)
{
	struct pollfd fds[] = {
		{ .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN },
		{ .fd = client, .events = POLLIN },
	};
	int32_t code;
	int status;

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	if (!fds[0].revents)
		kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	code = code_of(status);
	send(client, &code, sizeof(code), MSG_NOSIGNAL);
	_exit(0);
}

/* A request with what comes behind it, and the descriptors that come with it; -1: none */
struct asked {
	struct {
		struct live_request request;
		char lines[LIVE_LINES_MAX];
	} packet;
	size_t len;			/* of lines */
	int out, err;
};

static int receive(int client, struct asked *ret)
{
	union {
		struct cmsghdr head;
		/* More than two do not fit, and the kernel keeps them */
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = &ret->packet, .iov_len = sizeof(ret->packet) };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(client, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
	int fds[2];

	if (n < (ssize_t)sizeof(ret->packet.request) || message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ||
	    !c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(fds)))
		return -EINVAL;
	memcpy(fds, CMSG_DATA(c), sizeof(fds));
	ret->out = fds[0];
	ret->err = fds[1];
	ret->len = (size_t)n - sizeof(ret->packet.request);
	return 0;
}

/* 0 or a negative errno. *asked is to stay as long as the texts */
static int prepare(const struct served *s, int client, struct asked *asked, struct texts *env,
		   struct texts *args, char path[PATH_MAX])
{
	int err = receive(client, asked);

	if (!err)
		err = take(asked->packet.lines, asked->len, env, args);
	if (!err && (is_socket(asked->out) || is_socket(asked->err)))
		err = -EINVAL;
	if (!err && snprintf(path, PATH_MAX, SERVED_ENV "=%s", s->path) >= PATH_MAX)
		err = -ENAMETOOLONG;
	return err ? err : add(env, path);
}

/* Does not return. From here on nothing of ours waits for what others sent */
static void become_supervisor(const struct served *s, int client)
{
	struct asked *asked = malloc(sizeof(*asked));
	struct texts env = { 0 }, args = { 0 };
	char path[PATH_MAX];
	int32_t err;
	sigset_t none;
	pid_t pid;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	err = asked ? prepare(s, client, asked, &env, &args, path) : -ENOMEM;
	pid = err ? -1 : fork();
	if (!pid)
		run(s->path, &env, &args, asked->out, asked->err);
	if (pid < 0) {
		err = err ?: -errno;
		send(client, &err, sizeof(err), MSG_NOSIGNAL | MSG_DONTWAIT);
		_exit(1);
	}
	/*
	 * The client's pipes end with the command. The recorder's locks and its socket end with
	 * the recorder, killed or not, so that the next one finds them free.
	 */
	if (dup2(client, KEPT_FD) < 0)
		_exit(1);
	close_range(KEPT_FD + 1, ~0u, 0);
	supervise(pid, KEPT_FD);
}

static pid_t *free_place(struct served *s, int client)
{
	pid_t *place = NULL;
	int nr = 0;

	for (int i = 0; i < SERVED_MAX; i++) {
		if (s->pid[i] && waitpid(s->pid[i], NULL, WNOHANG))
			s->pid[i] = 0;
		if (!s->pid[i]) {
			place = &s->pid[i];
			nr++;
		}
	}
	return nr > SERVED_FOR_ROOT || peer_is_trusted(client, NULL) ? place : NULL;
}

int served_start(struct served *s, int client)
{
	pid_t *place = free_place(s, client);

	if (!place)
		return -EBUSY;
	*place = fork();
	if (!*place)
		become_supervisor(s, client);
	if (*place < 0) {
		*place = 0;
		return -errno;
	}
	return 0;
}
