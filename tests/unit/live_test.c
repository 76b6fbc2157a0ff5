// SPDX-License-Identifier: GPL-2.0
/* The socket of the recorder: there is one, whoever else tries */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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
	} cases[] = {
		{ { LIVE_MAGIC, LIVE_VERSION, LIVE_WANT_STATUS, 0 }, "{\"pid\":1}" },
		{ { LIVE_MAGIC, LIVE_VERSION, LIVE_WANT_HISTORY, 0 }, NULL },
		{ { LIVE_MAGIC, LIVE_VERSION + 1, LIVE_WANT_HISTORY, 0 }, NULL },
		{ { LIVE_MAGIC, LIVE_VERSION + 1, LIVE_WANT_STATUS, 0 }, NULL },
	};
	char *dir = make_temp_dir(), path[100], text[64];
	struct live_hello hello;
	struct live *l;

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_recorder_leaves_the_socket_of_the_first),
		cmocka_unit_test(descriptors_that_nobody_asked_for_are_closed),
		cmocka_unit_test(descriptors_of_a_client_never_become_ours),
		cmocka_unit_test(an_answer_arrives_before_the_end),
		cmocka_unit_test(a_directory_of_others_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
