// SPDX-License-Identifier: GPL-2.0
/* Commands that are run for others: what they may be, what they get, how they end */
#define _GNU_SOURCE	/* pipe2() */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "serve/live-protocol.h"
#include "serve/served.h"

#define PATIENCE_MS	10000
#define LINES(text)	text, sizeof(text)

static struct served served = { .path = "/somewhere/history.db" };

/* This program, as the one that is run: "NAME history WHAT" */
static int run_for_others(const char *what)
{
	extern char **environ;

	if (!strcmp(what, "env"))
		for (char **e = environ; *e; e++)
			puts(*e);
	else if (!strcmp(what, "wait"))
		pause();
	else if (!strcmp(what, "gain"))
		return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	else if (!strcmp(what, "write"))
		return open("/proc/self/comm", O_WRONLY) < 0 && errno == EACCES ? 0 : 1;
	else if (!strcmp(what, "read"))
		return getchar() == EOF ? 0 : 1;
	return 7;
}

struct asked {
	int out;		/* what the command writes */
	int client;
};

/* As a client sends it: a request with lines behind it, and where the command writes */
static void send_request(int fd, const char *lines, size_t len, int out, size_t nr_fds)
{
	const struct live_request request = { LIVE_MAGIC, LIVE_VERSION, LIVE_WANT_HISTORY, 0 };
	const int fds[] = { out, out, out };
	struct iovec parts[] = {
		{ .iov_base = (void *)&request, .iov_len = sizeof(request) },
		{ .iov_base = (void *)lines, .iov_len = len },
	};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(fds))];
	} control = { .head = {
		.cmsg_len = CMSG_LEN(nr_fds * sizeof(*fds)), .cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	} };
	const struct msghdr message = {
		.msg_iov = parts, .msg_iovlen = 2, .msg_control = nr_fds ? &control : NULL,
		.msg_controllen = nr_fds ? CMSG_SPACE(nr_fds * sizeof(*fds)) : 0,
	};

	memcpy(CMSG_DATA(&control.head), fds, nr_fds * sizeof(*fds));
	assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), sizeof(request) + len);
}

static int ask_with(struct asked *a, const char *lines, size_t len, size_t nr_fds)
{
	int out[2], client[2], err;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, client), 0);
	send_request(client[0], lines, len, out[1], nr_fds);
	err = served_start(&served, client[1]);
	close(out[1]);
	close(client[1]);
	*a = (struct asked){ out[0], client[0] };
	return err;
}

static int ask(struct asked *a, const char *lines, size_t len)
{
	return ask_with(a, lines, len, 2);
}

static int32_t code_of(const struct asked *a)
{
	struct pollfd p = { .fd = a->client, .events = POLLIN };
	int32_t code = -1;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(recv(a->client, &code, sizeof(code), 0), sizeof(code));
	return code;
}

static void end(const struct asked *a)
{
	close(a->out);
	close(a->client);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* A negative errno comes for the exit code, and nothing was written */
static void assert_refused(const char *lines, size_t len, size_t nr_fds)
{
	struct asked a;
	char c;

	assert_int_equal(ask_with(&a, lines, len, nr_fds), 0);
	assert_int_equal(code_of(&a), -EINVAL);
	assert_int_equal(recv(a.client, &c, 1, 0), 0);
	assert_int_equal(read(a.out, &c, 1), 0);
	end(&a);
}

static void only_the_history_is_run(void **state)
{
	(void)state;
	assert_refused(LINES("\0zrec\0status"), 2);
	assert_refused(LINES("\0zrec"), 2);
	assert_refused(LINES("TZ=UTC"), 2);
	assert_refused(LINES("\0zrec\0historyx"), 2);
	assert_refused(LINES("\0zrec\0--debug"), 2);
	assert_refused(LINES("\0zrec\0--complete\0history"), 2);
	/* Not ended by a NUL */
	assert_refused("\0zrec\0history", 13, 2);
	assert_refused("", 0, 2);
}

static void without_two_descriptors_nothing_is_run(void **state)
{
	(void)state;
	for (size_t nr = 0; nr < 4; nr++)
		if (nr != 2)
			assert_refused(LINES("\0zrec\0history\0nothing"), nr);
}

/* Whoever reads from it would take root for the one who asked */
static void root_writes_to_no_socket_for_others(void **state)
{
	static const char lines[] = "\0zrec\0history\0nothing";
	int out[2], client[2];
	struct asked a;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, client), 0);
	send_request(client[0], lines, sizeof(lines), out[1], 2);
	assert_int_equal(served_start(&served, client[1]), 0);
	close(out[1]);
	close(client[1]);
	a = (struct asked){ out[0], client[0] };
	assert_int_equal(code_of(&a), -EINVAL);
	end(&a);
}

static void its_code_arrives(void **state)
{
	struct asked a;

	(void)state;
	assert_int_equal(ask(&a, LINES("\0zrec\0history\0nothing")), 0);
	assert_int_equal(code_of(&a), 7);
	end(&a);
}

static void it_reads_nothing_of_ours(void **state)
{
	struct asked a;

	(void)state;
	assert_int_equal(ask(&a, LINES("\0zrec\0history\0read")), 0);
	assert_int_equal(code_of(&a), 0);
	end(&a);
}

static void it_can_gain_no_rights(void **state)
{
	struct asked a;

	(void)state;
	assert_int_equal(ask(&a, LINES("\0zrec\0history\0gain")), 0);
	assert_int_equal(code_of(&a), 1);
	end(&a);
}

/* It is root's, who owns most files: not one of them can it write, where the kernel has Landlock */
static void it_can_write_no_file(void **state)
{
	struct asked a;

	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 0) {
		print_message("# SKIP this kernel has no Landlock\n");
		return;
	}
	assert_int_equal(ask(&a, LINES("\0zrec\0history\0write")), 0);
	assert_int_equal(code_of(&a), 0);
	end(&a);
}

/* Only what cannot name a file, and the path of the history, which nobody else may say */
static void the_environment_is_harmless(void **state)
{
	char text[4096];
	struct asked a;
	ssize_t n;

	(void)state;
	assert_int_equal(ask(&a, LINES("TZ=Europe/Berlin\0LC_ALL=../x\0TZ=/etc/shadow\0"
				       "LD_PRELOAD=x\0" SERVED_ENV "=/etc/shadow\0COLUMNS=80\0"
				       "\0zrec\0history\0env")), 0);
	assert_int_equal(code_of(&a), 7);
	n = read(a.out, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, "TZ=Europe/Berlin\nCOLUMNS=80\n" SERVED_ENV "=/somewhere/history.db\n");
	end(&a);
}

/* A recorder that was killed meanwhile is in nobody's way */
static void it_keeps_no_lock_of_the_recorder(void **state)
{
	char *dir = make_temp_dir(), path[300];
	struct asked a;
	int fd, again;

	(void)state;
	snprintf(path, sizeof(path), "%s/lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(ask(&a, LINES("\0zrec\0history\0wait")), 0);
	close(fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	for (int i = 0; i < PATIENCE_MS && flock(again, LOCK_EX | LOCK_NB); i++)
		usleep(1000);
	assert_int_equal(flock(again, LOCK_EX | LOCK_NB), 0);
	close(again);
	end(&a);
	remove_temp_dir(dir);
}

static void it_ends_when_the_client_goes(void **state)
{
	struct asked a;
	char c;

	(void)state;
	assert_int_equal(ask(&a, LINES("\0zrec\0history\0wait")), 0);
	close(a.client);
	a.client = -1;
	/* The end of the pipe: nobody has it open any more */
	assert_int_equal(read(a.out, &c, 1), 0);
	end(&a);
}

static void there_are_not_too_many(void **state)
{
	struct asked a[SERVED_MAX + 1];

	(void)state;
	for (int i = 0; i < SERVED_MAX; i++)
		assert_int_equal(ask(&a[i], LINES("\0zrec\0history\0wait")), 0);
	assert_int_equal(ask(&a[SERVED_MAX], LINES("\0zrec\0history\0wait")), -EBUSY);
	for (int i = 0; i <= SERVED_MAX; i++)
		close(a[i].client);
	for (int i = 0; i <= SERVED_MAX; i++) {
		a[i].client = -1;
		end(&a[i]);
	}
	assert_int_equal(ask(&a[0], LINES("\0zrec\0history\0nothing")), 0);
	assert_int_equal(code_of(&a[0]), 7);
	end(&a[0]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_history_is_run),
		cmocka_unit_test(without_two_descriptors_nothing_is_run),
		cmocka_unit_test(root_writes_to_no_socket_for_others),
		cmocka_unit_test(its_code_arrives),
		cmocka_unit_test(it_reads_nothing_of_ours),
		cmocka_unit_test(it_can_gain_no_rights),
		cmocka_unit_test(it_can_write_no_file),
		cmocka_unit_test(the_environment_is_harmless),
		cmocka_unit_test(it_keeps_no_lock_of_the_recorder),
		cmocka_unit_test(it_ends_when_the_client_goes),
		cmocka_unit_test(there_are_not_too_many),
	};

	if (argc > 2 && !strcmp(argv[1], "history"))
		return run_for_others(argv[2]);
	return cmocka_run_group_tests_name("served", tests, NULL, NULL);
}
