// SPDX-License-Identifier: GPL-2.0
/* uevent.c - what udev would hear */
#include "uevent.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "clock.h"

#define UEVENT_MAX	8192

int uevent_open(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int size = 1 << 20;
	int fd;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	return fd;
}

/* One message: its length, -ETIMEDOUT or -errno */
static int uevent_recv(int fd, uint64_t deadline, char *msg)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;
	int ret;

	ret = poll(&p, 1, clock_ms_to(deadline));
	if (ret < 0)
		return -errno;
	if (!ret)
		return -ETIMEDOUT;
	n = recv(fd, msg, UEVENT_MAX - 1, 0);
	if (n < 0)
		return -errno;
	msg[n] = '\0';
	return n;
}

/* Value of KEY= in a message of NUL-terminated strings, or NULL */
static const char *uevent_key(const char *msg, int len, const char *key)
{
	size_t klen = strlen(key);
	const char *s;

	for (s = msg; s < msg + len; s += strlen(s) + 1)
		if (!strncmp(s, key, klen) && s[klen] == '=')
			return s + klen + 1;
	return NULL;
}

int uevent_next_error(int fd, const struct fn *fn, unsigned int ms, char *word, size_t len)
{
	uint64_t deadline = clock_in_ms(ms);
	const char *slot, *event;
	char msg[UEVENT_MAX];
	int n;

	for (;;) {
		n = uevent_recv(fd, deadline, msg);
		if (n < 0)
			return n;
		slot = uevent_key(msg, n, "PCI_SLOT_NAME");
		event = uevent_key(msg, n, "ERROR_EVENT");
		if (!slot || !event || strcmp(slot, fn->bdf))
			continue;
		snprintf(word, len, "%s", event);
		return 0;
	}
}

int uevent_wait_path(int fd, const char *path, unsigned int ms)
{
	uint64_t deadline = clock_in_ms(ms);
	char msg[UEVENT_MAX];
	int n;

	while (access(path, F_OK)) {
		n = uevent_recv(fd, deadline, msg);
		if (n < 0)
			return n;
	}
	return 0;
}
