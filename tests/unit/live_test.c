// SPDX-License-Identifier: GPL-2.0
/* The socket of the recorder: there is one, whoever else tries, and whoever connects */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "base/log.h"
#include "fixtures.h"
#include "serve/live-protocol.h"
#include "serve/live.h"

static const struct live_answers answers;

/* True if somebody listens there */
static bool is_served(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool ret;

	assert_true(fd >= 0);
	assert_true(strlen(path) < sizeof(address.sun_path));
	strcpy(address.sun_path, path);
	ret = !connect(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	return ret;
}

static void a_second_recorder_leaves_the_socket_of_the_first(void **state)
{
	char *dir = make_temp_dir(), path[300];
	struct live *first, *second;

	(void)state;
	log_level = LOG_LEVEL_ERROR;
	snprintf(path, sizeof(path), "%s/live", dir);
	assert_int_equal(live_open(&first, path, &answers), 0);
	assert_true(is_served(path));
	assert_int_equal(live_open(&second, path, &answers), -EBUSY);
	assert_true(is_served(path));
	live_close(first);
	assert_false(is_served(path));
	/* What the first one left is in nobody's way */
	assert_int_equal(live_open(&second, path, &answers), 0);
	assert_true(is_served(path));
	live_close(second);
	remove_temp_dir(dir);
}

static size_t count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t nr = 0;

	assert_non_null(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

/* A client that says this, with two descriptors */
static int ask(const char *path, const void *data, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	const int fds[] = { fd, fd };
	struct iovec part = { .iov_base = (void *)data, .iov_len = size };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(fds))];
	} control = { .head = {
		.cmsg_len = CMSG_LEN(sizeof(fds)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
	} };
	const struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control.room),
	};

	assert_true(fd >= 0);
	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	memcpy(CMSG_DATA(&control.head), fds, sizeof(fds));
	assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), size);
	return fd;
}

static void send_fds(const char *path, const void *data, size_t size)
{
	close(ask(path, data, size));
}

static void descriptors_that_nobody_asked_for_are_closed(void **state)
{
	static const size_t sizes[] = { 0, 1, 16 };
	static const char nothing[16];
	char *dir = make_temp_dir(), path[100];
	struct live *l;
	size_t before;

	(void)state;
	snprintf(path, sizeof(path), "%s/live", dir);
	assert_int_equal(live_open(&l, path, &answers), 0);
	before = count_fds();
	for (size_t i = 0; i < 3; i++) {
		send_fds(path, nothing, sizes[i]);
		/* Accepts it, and then reads */
		assert_int_equal(live_work(l), 0);
		assert_int_equal(live_work(l), 0);
		assert_int_equal(count_fds(), before);
	}
	live_close(l);
	remove_temp_dir(dir);
}

static size_t fds_when_asked;

static int history(void *ctx, int client)
{
	(void)ctx;
	(void)client;
	fds_when_asked = count_fds();
	return 0;
}

/* Closing one can take for ever, where a client has the file system */
static void descriptors_of_a_client_never_become_ours(void **state)
{
	static const struct live_request request = { LIVE_MAGIC, LIVE_VERSION, LIVE_WANT_HISTORY, 0 };
	static const struct live_answers with_history = { .history = history };
	char *dir = make_temp_dir(), path[100];
	struct live *l;
	size_t before;

	(void)state;
	snprintf(path, sizeof(path), "%s/live", dir);
	assert_int_equal(live_open(&l, path, &with_history), 0);
	before = count_fds();
	send_fds(path, &request, sizeof(request));
	assert_int_equal(live_work(l), 0);
	assert_int_equal(live_work(l), 0);
	/* That of the client's connection alone */
	assert_int_equal(fds_when_asked, before + 1);
	assert_int_equal(count_fds(), before);
	live_close(l);
	remove_temp_dir(dir);
}

static json_t *status(void *ctx)
{
	(void)ctx;
	return json_pack("{s:i}", "pid", 1);
}

static int no_place(void *ctx, int client)
{
	(void)ctx;
	(void)client;
	return -EBUSY;
}

/* The client reads only after the recorder has hung up */
static void an_answer_arrives_before_the_end(void **state)
{
	static const struct live_answers some = { .status = status, .history = no_place };
	static const struct {
		struct live_request request;
		const char *document;
		int32_t code;
	} cases[] = {
		{ { LIVE_MAGIC, LIVE_VERSION, LIVE_WANT_STATUS, 0 }, "{\"pid\":1}", 0 },
		{ { LIVE_MAGIC, LIVE_VERSION, LIVE_WANT_HISTORY, 0 }, NULL, -EBUSY },
		{ { LIVE_MAGIC, LIVE_VERSION + 1, LIVE_WANT_HISTORY, 0 }, NULL, 0 },
		{ { LIVE_MAGIC, LIVE_VERSION + 1, LIVE_WANT_STATUS, 0 }, NULL, 0 },
	};
	char *dir = make_temp_dir(), path[100], text[64];
	struct live_hello hello;
	struct live *l;
	int32_t code;

	(void)state;
	snprintf(path, sizeof(path), "%s/live", dir);
	assert_int_equal(live_open(&l, path, &some), 0);
	for (size_t i = 0; i < 4; i++) {
		int fd = ask(path, &cases[i].request, sizeof(cases[i].request));

		assert_int_equal(live_work(l), 0);
		assert_int_equal(live_work(l), 0);
		assert_int_equal(recv(fd, &hello, sizeof(hello), 0), sizeof(hello));
		if (cases[i].document) {
			assert_int_equal(recv(fd, text, sizeof(text), 0), strlen(cases[i].document));
			assert_memory_equal(text, cases[i].document, strlen(cases[i].document));
		}
		if (cases[i].code) {
			assert_int_equal(recv(fd, &code, sizeof(code), 0), sizeof(code));
			assert_int_equal(code, cases[i].code);
		}
		assert_int_equal(recv(fd, text, sizeof(text), 0), 0);
		close(fd);
	}
	live_close(l);
	remove_temp_dir(dir);
}

static void a_directory_of_others_is_refused(void **state)
{
	char *dir = make_temp_dir(), path[300];
	struct live *l;

	(void)state;
	snprintf(path, sizeof(path), "%s/live", dir);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(live_open(&l, path, &answers), -EUCLEAN);
	assert_false(is_served(path));
	remove_temp_dir(dir);
}

/* --- whoever connects --- */

/* As a process that runs a command has the client's descriptor, -1: none */
static int kept = -1;

static int busy(void *ctx, int client)
{
	(void)ctx;
	kept = dup(client);
	return -EBUSY;
}

static const struct live_answers busy_answers = { .status = status, .history = busy };

struct served_socket {
	char *dir;
	char path[300];
	struct live *live;
};

static int begin(void **state)
{
	struct served_socket *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	log_level = LOG_LEVEL_ERROR;
	s->dir = make_temp_dir();
	snprintf(s->path, sizeof(s->path), "%s/live", s->dir);
	assert_int_equal(live_open(&s->live, s->path, &busy_answers), 0);
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct served_socket *s = *state;

	live_close(s->live);
	remove_temp_dir(s->dir);
	free(s);
	return 0;
}

static void work(struct served_socket *s)
{
	for (int i = 0; i < 20; i++)
		assert_int_equal(live_work(s->live), 0);
}

static int connect_to(const struct served_socket *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	strcpy(address.sun_path, s->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void want(int fd, uint32_t version, uint32_t what)
{
	const struct live_request request = { LIVE_MAGIC, version, what, 0 };

	assert_int_equal(send(fd, &request, sizeof(request), 0), sizeof(request));
}

/* How long the packet is, 0: the recorder has hung up, -1: there is none */
static ssize_t packet(int fd)
{
	char text[LIVE_PACKET_MAX];

	return recv(fd, text, sizeof(text), 0);
}

/* One of a version that knows nothing of it could not read it */
static void open_recoveries_are_for_those_who_want_them(void **state)
{
	const struct zrec_open open = { .id = 7 };
	struct served_socket *s = *state;
	struct {
		struct live_record head;
		struct zrec_open open;
	} got;
	int fd[2];

	for (int i = 0; i < 2; i++) {
		fd[i] = connect_to(s);
		want(fd[i], LIVE_VERSION, i ? LIVE_WANT_OPEN_TOO : LIVE_WANT_RECORDS);
		work(s);
		assert_int_equal(packet(fd[i]), sizeof(struct live_hello));
	}
	live_send_open(s->live, &open);
	assert_int_equal(packet(fd[0]), -1);
	assert_int_equal(recv(fd[1], &got, sizeof(got), 0), sizeof(got));
	assert_true(got.head.position == LIVE_POSITION_OPEN);
	assert_int_equal(got.head.missed, 0);
	assert_int_equal(got.open.id, 7);
	for (int i = 0; i < 2; i++)
		close(fd[i]);
}

static void who_says_nothing_keeps_nobody_away(void **state)
{
	struct served_socket *s = *state;
	int silent[200], fd;

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		silent[i] = connect_to(s);
		assert_int_equal(live_work(s->live), 0);
	}
	fd = connect_to(s);
	want(fd, LIVE_VERSION, LIVE_WANT_STATUS);
	work(s);
	assert_int_equal(packet(fd), sizeof(struct live_hello));
	assert_true(packet(fd) > 0);
	assert_int_equal(packet(fd), 0);
	close(fd);
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		close(silent[i]);
	work(s);
	assert_int_equal(live_stats(s->live).clients, 0);
}

static void what_makes_no_sense_ends_the_one_who_sent_it(void **state)
{
	static char much[LIVE_PACKET_MAX];
	struct served_socket *s = *state;
	size_t before = count_fds();
	int fd;

	for (size_t len = 1; len < sizeof(much); len *= 7) {
		fd = connect_to(s);
		assert_int_equal(send(fd, much, len, 0), len);
		work(s);
		assert_int_equal(packet(fd), 0);
		close(fd);
	}
	fd = connect_to(s);
	want(fd, LIVE_VERSION + 1, LIVE_WANT_RECORDS);
	work(s);
	assert_int_equal(packet(fd), sizeof(struct live_hello));
	assert_int_equal(packet(fd), 0);
	close(fd);
	/* Who looks on has nothing more to say */
	fd = connect_to(s);
	want(fd, LIVE_VERSION, LIVE_WANT_RECORDS);
	work(s);
	assert_int_equal(packet(fd), sizeof(struct live_hello));
	assert_int_equal(live_stats(s->live).clients, 1);
	want(fd, LIVE_VERSION, LIVE_WANT_RECORDS);
	work(s);
	assert_int_equal(packet(fd), 0);
	assert_int_equal(live_stats(s->live).clients, 0);
	close(fd);
	assert_int_equal(count_fds(), before);
}

static void send_many(int fd, size_t nr)
{
	const struct live_request request = { LIVE_MAGIC, LIVE_VERSION, LIVE_WANT_HISTORY, 0 };
	struct iovec iov = { (void *)&request, sizeof(request) };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(200 * sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(nr * sizeof(int)), .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = CMSG_SPACE(nr * sizeof(int)) };

	for (size_t i = 0; i < nr; i++)
		memcpy(CMSG_DATA(&control.head) + i * sizeof(int), &fd, sizeof(fd));
	assert_int_equal(sendmsg(fd, &message, 0), sizeof(request));
}

static void descriptors_that_come_do_not_stay(void **state)
{
	struct served_socket *s = *state;
	size_t before = count_fds();

	for (size_t nr = 1; nr < 200; nr = nr * 2 + 1) {
		int fd = connect_to(s);

		send_many(fd, nr);
		work(s);
		/* This recorder is too busy for a command */
		assert_int_equal(packet(fd), sizeof(struct live_hello));
		assert_int_equal(packet(fd), sizeof(int32_t));
		close(kept);
		assert_int_equal(packet(fd), 0);
		close(fd);
	}
	assert_int_equal(count_fds(), before);
}

/* Whatever its client does then is not the recorder's business, and does not keep it awake */
static void who_has_a_command_run_wakes_nobody(void **state)
{
	struct served_socket *s = *state;
	struct pollfd p = { .fd = live_fd(s->live), .events = POLLIN };
	int fd = connect_to(s);

	send_many(fd, 2);
	work(s);
	assert_int_equal(send(fd, "more", 4, 0), 4);
	assert_int_equal(poll(&p, 1, 0), 0);
	close(fd);
	assert_int_equal(poll(&p, 1, 0), 0);
	close(kept);
}

/* As one of the group zrec may */
static void others_keep_root_not_away(void **state)
{
	struct served_socket *s = *state;
	int pipes[2], fd, status;
	char byte;
	pid_t pid;

	if (geteuid()) {
		print_message("# SKIP only root has other users\n");
		return;
	}
	assert_int_equal(chmod(s->dir, 0711) | chmod(s->path, 0666), 0);
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(1);
		for (int i = 0; i < 60; i++)
			want(connect_to(s), LIVE_VERSION, LIVE_WANT_RECORDS);
		if (write(pipes[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	work(s);
	assert_int_equal(live_stats(s->live).clients, 56);
	for (int i = 0; i < 8; i++) {
		fd = connect_to(s);
		want(fd, LIVE_VERSION, LIVE_WANT_STATUS);
		work(s);
		assert_int_equal(packet(fd), sizeof(struct live_hello));
		close(fd);
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_recorder_leaves_the_socket_of_the_first),
		cmocka_unit_test(descriptors_that_nobody_asked_for_are_closed),
		cmocka_unit_test(descriptors_of_a_client_never_become_ours),
		cmocka_unit_test(an_answer_arrives_before_the_end),
		cmocka_unit_test(a_directory_of_others_is_refused),
		TEST(open_recoveries_are_for_those_who_want_them),
		TEST(who_says_nothing_keeps_nobody_away),
		TEST(what_makes_no_sense_ends_the_one_who_sent_it),
		TEST(descriptors_that_come_do_not_stay),
		TEST(who_has_a_command_run_wakes_nobody),
		TEST(others_keep_root_not_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
