// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/systemd.h"

/* A name, the size, the value and the line's end of each */
#define PARTS_EACH	5
#define FIELDS_MAX	32

static int datagram_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* Returns the length of the address, or -EINVAL: it is no path and no abstract name */
static int address_of(const char *path, struct sockaddr_un *address)
{
	size_t len = strlen(path);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((path[0] != '/' && path[0] != '@') || !path[1] || len >= sizeof(address->sun_path))
		return -EINVAL;
	memcpy(address->sun_path, path, len);
	/* An abstract name has its length instead of a zero at its end */
	if (path[0] == '@')
		address->sun_path[0] = '\0';
	return (int)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] == '/'));
}

static int send_parts(int fd, const char *path, struct iovec *parts, size_t nr)
{
	struct sockaddr_un address;
	struct msghdr message = { .msg_name = &address, .msg_iov = parts, .msg_iovlen = nr };
	int len = address_of(path, &address);

	if (len < 0)
		return len;
	message.msg_namelen = (socklen_t)len;
	/* With the address each time: whoever listens there may have been restarted */
	return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int systemd_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct iovec part = { .iov_base = (char *)state, .iov_len = strlen(state) };
	int fd, err;

	if (!path || !*path)
		return 0;
	fd = datagram_socket();
	if (fd < 0)
		return fd;
	err = send_parts(fd, path, &part, 1);
	close(fd);
	return err ? err : 1;
}

static bool number(const char *name, uint64_t *ret)
{
	const char *s = getenv(name);
	char *end;

	if (!s || *s < '0' || *s > '9')
		return false;
	errno = 0;
	*ret = strtoull(s, &end, 10);
	return !errno && !*end;
}

uint64_t systemd_watchdog_us(void)
{
	uint64_t us, pid;

	if (!number("WATCHDOG_USEC", &us))
		return 0;
	/* A child inherits the variables of a service, and is not meant */
	if (getenv("WATCHDOG_PID") && (!number("WATCHDOG_PID", &pid) || pid != (uint64_t)getpid()))
		return 0;
	return us;
}

int systemd_journal_open(void)
{
	return datagram_socket();
}

/* With a line end in its value, a field is its name, the size, and the value as it is */
static size_t add_field(struct iovec *parts, const struct iovec *field, uint64_t *size)
{
	static char line_end[] = "\n";
	char *text = field->iov_base, *value = memchr(text, '=', field->iov_len);
	size_t nr = 0, name_len;

	if (!value || value == text)
		return 0;
	name_len = (size_t)(value - text);
	if (memchr(text, '\n', field->iov_len)) {
		*size = htole64(field->iov_len - name_len - 1);
		parts[nr++] = (struct iovec){ text, name_len };
		parts[nr++] = (struct iovec){ line_end, 1 };
		parts[nr++] = (struct iovec){ size, sizeof(*size) };
		parts[nr++] = (struct iovec){ value + 1, field->iov_len - name_len - 1 };
	} else {
		parts[nr++] = *field;
	}
	parts[nr++] = (struct iovec){ line_end, 1 };
	return nr;
}

int systemd_journal_send(int fd, const char *path, const struct iovec *fields, int nr)
{
	struct iovec parts[FIELDS_MAX * PARTS_EACH];
	uint64_t sizes[FIELDS_MAX];
	size_t nr_parts = 0, added;

	if (nr > FIELDS_MAX)
		return -E2BIG;
	for (int i = 0; i < nr; i++) {
		added = add_field(&parts[nr_parts], &fields[i], &sizes[i]);
		if (!added)
			return -EINVAL;
		nr_parts += added;
	}
	return send_parts(fd, path, parts, nr_parts);
}

bool systemd_journal_has_no_room(int err)
{
	return err == -EAGAIN || err == -ENOBUFS;
}

const char *systemd_journal_reason(int err)
{
	if (err == -ENOENT || err == -ECONNREFUSED)
		return "no systemd-journald runs here";
	return systemd_journal_has_no_room(err) ? "systemd-journald does not read fast enough" :
						  strerror(-err);
}
