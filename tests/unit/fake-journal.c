// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "fake-journal.h"

int fake_journal_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -1 : fd;
}

static void add(json_t *entry, const char *name, size_t name_len, const char *value, size_t len)
{
	char key[65] = "";
	json_t *text = json_stringn(value, len), *before;

	memcpy(key, name, name_len < 64 ? name_len : 64);
	before = json_object_get(entry, key);
	if (!before) {
		json_object_set_new(entry, key, text);
	} else if (json_is_array(before)) {
		json_array_append_new(before, text);
	} else {
		before = json_pack("[O]", before);
		json_array_append_new(before, text);
		json_object_set_new(entry, key, before);
	}
}

/* As journald wants the names of a client's fields */
static bool is_name(const char *s, size_t len)
{
	if (!len || len > 64 || s[0] < 'A' || s[0] > 'Z')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!(s[i] >= 'A' && s[i] <= 'Z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '_')
			return false;
	return true;
}

/* Returns what comes after the field, or NULL: it is none */
static const char *take(json_t *entry, const char *at, const char *end)
{
	const char *line = memchr(at, '\n', (size_t)(end - at)), *is;
	uint64_t size;

	if (!line)
		return NULL;
	is = memchr(at, '=', (size_t)(line - at));
	if (is) {
		if (!is_name(at, (size_t)(is - at)))
			return NULL;
		add(entry, at, (size_t)(is - at), is + 1, (size_t)(line - is - 1));
		return line + 1;
	}
	if (!is_name(at, (size_t)(line - at)) || (size_t)(end - line - 1) < sizeof(size))
		return NULL;
	memcpy(&size, line + 1, sizeof(size));
	size = le64toh(size);
	if (size >= (uint64_t)(end - line - 1) - sizeof(size) || line[1 + sizeof(size) + size] != '\n')
		return NULL;
	add(entry, at, (size_t)(line - at), line + 1 + sizeof(size), size);
	return line + 2 + sizeof(size) + size;
}

json_t *fake_journal_next(int fd)
{
	static char buf[1 << 18];
	ssize_t len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	const char *at = buf, *next;
	json_t *entry;

	if (len < 0)
		return NULL;
	entry = json_object();
	for (; at < buf + len; at = next) {
		next = take(entry, at, buf + len);
		if (!next) {
			json_object_set_new(entry, "BAD", json_integer(at - buf));
			break;
		}
	}
	return entry;
}
