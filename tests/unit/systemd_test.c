// SPDX-License-Identifier: GPL-2.0
/* What a service says to systemd, with sockets of the test's own at the other end */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/systemd.h"
#include "cmocka-all.h"
#include "fake-journal.h"

struct world {
	char dir[64];
	char path[80];
	int peer, fd;
};

static int setup(void **state)
{
	static struct world w;

	w = (struct world){ .dir = "/tmp/zrec-systemd-XXXXXX" };
	if (!mkdtemp(w.dir))
		return -1;
	snprintf(w.path, sizeof(w.path), "%s/socket", w.dir);
	w.peer = fake_journal_open(w.path);
	w.fd = systemd_journal_open();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	*state = &w;
	return w.peer < 0 || w.fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	close(w->peer);
	close(w->fd);
	unlink(w->path);
	return rmdir(w->dir);
}

static struct iovec field(const char *text)
{
	return (struct iovec){ .iov_base = (char *)text, .iov_len = strlen(text) };
}

static void an_entry_arrives_field_by_field(void **state)
{
	struct world *w = *state;
	const struct iovec fields[] = {
		field("MESSAGE=function 0x12 recovered"),
		field("PRIORITY=5"),
		field("ZPCI_TEXT=two\nlines = and more\n"),
		field("ZPCI_EMPTY="),
		field("ZPCI_FID=0x12"),
		field("ZPCI_FID=0x13"),
	};
	json_t *entry, *want = json_pack("{s:s, s:s, s:s, s:s, s:[ss]}",
					 "MESSAGE", "function 0x12 recovered", "PRIORITY", "5",
					 "ZPCI_TEXT", "two\nlines = and more\n", "ZPCI_EMPTY", "",
					 "ZPCI_FID", "0x12", "0x13");

	assert_int_equal(systemd_journal_send(w->fd, w->path, fields, 6), 0);
	entry = fake_journal_next(w->peer);
	assert_true(json_equal(entry, want));
	json_decref(entry);
	json_decref(want);
	assert_null(fake_journal_next(w->peer));
}

static void what_is_no_field_is_not_sent(void **state)
{
	struct world *w = *state;
	const struct iovec none = field("MESSAGE"), nameless = field("=x");
	struct iovec many[33];

	for (int i = 0; i < 33; i++)
		many[i] = field("A=b");
	assert_int_equal(systemd_journal_send(w->fd, w->path, &none, 1), -EINVAL);
	assert_int_equal(systemd_journal_send(w->fd, w->path, &nameless, 1), -EINVAL);
	assert_int_equal(systemd_journal_send(w->fd, w->path, many, 33), -E2BIG);
	assert_int_equal(systemd_journal_send(w->fd, w->path, many, 32), 0);
	assert_null(json_object_get(fake_journal_next(w->peer), "BAD"));
	assert_null(fake_journal_next(w->peer));
}

/* journald may be stopped, be busy, or be another one by now */
static void a_journal_that_does_not_read_keeps_nobody(void **state)
{
	struct world *w = *state;
	const struct iovec one = field("MESSAGE=one");
	int err = 0, sent = 0;

	alarm(20);
	while (!err && sent < 1000000) {
		err = systemd_journal_send(w->fd, w->path, &one, 1);
		sent += !err;
	}
	assert_true(err == -EAGAIN || err == -ENOBUFS);
	assert_true(sent > 0);
	assert_int_equal(systemd_journal_send(w->fd, w->path, &one, 1), err);
	while (fake_journal_next(w->peer))
		sent--;
	assert_int_equal(sent, 0);
	assert_int_equal(systemd_journal_send(w->fd, w->path, &one, 1), 0);
	alarm(0);
}

static void no_journal_is_an_error_and_a_new_one_is_found(void **state)
{
	struct world *w = *state;
	const struct iovec one = field("MESSAGE=one");

	close(w->peer);
	assert_int_equal(systemd_journal_send(w->fd, w->path, &one, 1), -ECONNREFUSED);
	unlink(w->path);
	assert_int_equal(systemd_journal_send(w->fd, w->path, &one, 1), -ENOENT);
	w->peer = fake_journal_open(w->path);
	assert_int_equal(systemd_journal_send(w->fd, w->path, &one, 1), 0);
	assert_non_null(fake_journal_next(w->peer));
}

static void the_manager_hears_how_it_is(void **state)
{
	struct world *w = *state;
	char buf[64] = "", longest[PATH_MAX];

	assert_int_equal(systemd_notify("READY=1"), 0);
	setenv("NOTIFY_SOCKET", w->path, 1);
	assert_int_equal(systemd_notify("READY=1\nSTATUS=well"), 1);
	assert_int_equal(recv(w->peer, buf, sizeof(buf), MSG_DONTWAIT), 19);
	assert_string_equal(buf, "READY=1\nSTATUS=well");
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(systemd_notify("READY=1"), -EINVAL);
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longest, 1);
	assert_int_equal(systemd_notify("READY=1"), -EINVAL);
	setenv("NOTIFY_SOCKET", "@zrec-nobody-is-there", 1);
	assert_int_equal(systemd_notify("READY=1"), -ECONNREFUSED);
}

static void the_watchdog_is_for_the_process_that_is_meant(void **state)
{
	char pid[24];

	(void)state;
	assert_int_equal(systemd_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(systemd_watchdog_us(), 30000000);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(systemd_watchdog_us(), 30000000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(systemd_watchdog_us(), 0);
	setenv("WATCHDOG_PID", pid, 1);
	setenv("WATCHDOG_USEC", "x", 1);
	assert_int_equal(systemd_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "99999999999999999999", 1);
	assert_int_equal(systemd_watchdog_us(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_entry_arrives_field_by_field, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_field_is_not_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(a_journal_that_does_not_read_keeps_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(no_journal_is_an_error_and_a_new_one_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(the_manager_hears_how_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(the_watchdog_is_for_the_process_that_is_meant, setup, teardown),
	};

	return cmocka_run_group_tests_name("systemd", tests, NULL, NULL);
}
