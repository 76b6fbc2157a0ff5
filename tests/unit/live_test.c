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

/* A client that says @size bytes of nothing, with two descriptors */
static void send_fds(const char *path, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	const int fds[] = { fd, fd };
	char nothing[16] = { 0 };
	struct iovec part = { .iov_base = nothing, .iov_len = size };
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
	close(fd);
}

static void descriptors_that_nobody_asked_for_are_closed(void **state)
{
	static const size_t sizes[] = { 0, 1, 16 };
	char *dir = make_temp_dir(), path[100];
	struct live *l;
	size_t before;

	(void)state;
	snprintf(path, sizeof(path), "%s/live", dir);
	assert_int_equal(live_open(&l, path, &answers), 0);
	before = count_fds();
	for (size_t i = 0; i < 3; i++) {
		send_fds(path, sizes[i]);
		/* Accepts it, and then reads */
		assert_int_equal(live_work(l), 0);
		assert_int_equal(live_work(l), 0);
		assert_int_equal(count_fds(), before);
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
		cmocka_unit_test(a_directory_of_others_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
