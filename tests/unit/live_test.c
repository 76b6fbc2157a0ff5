// SPDX-License-Identifier: GPL-2.0
/* The socket of the recorder: there is one, whoever else tries */
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
		cmocka_unit_test(a_directory_of_others_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
