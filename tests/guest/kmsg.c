// SPDX-License-Identifier: GPL-2.0
/* kmsg.c - the kernel's log as a witness */
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KMSG_TEXT_MAX	65536

static const char *const complaints[] = {
	"BUG:", "WARNING:", "Oops", "Unable to handle kernel", "kernel BUG at",
	"possible circular locking", "possible recursive locking",
	"inconsistent lock state", "suspicious RCU usage", "sleeping function called",
	"possible irq lock inversion", "INFO: task", "blocked for more than",
	"detected stall", "self-detected stall", "soft lockup",
	"refcount_t:", "list_add corruption", "list_del corruption", "UBSAN:",
	"suspected memory leaks", "leak detector disabled",
	"lost some messages of the kernel log",
};

int kmsg_open(struct kmsg *k)
{
	*k = (struct kmsg){ .fd = -1 };
	k->text = calloc(1, KMSG_TEXT_MAX);
	if (!k->text)
		return -ENOMEM;
	k->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return k->fd < 0 ? -errno : 0;
}

void kmsg_close(struct kmsg *k)
{
	if (k->fd >= 0)
		close(k->fd);
	free(k->text);
}

void kmsg_forget(struct kmsg *k)
{
	k->len = 0;
	k->text[0] = '\0';
}

static int kmsg_line(struct kmsg *k, const char *line)
{
	int n = 0;

	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++)
		n |= strstr(line, complaints[i]) != NULL;
	if (n && !k->complaint[0])
		snprintf(k->complaint, sizeof(k->complaint), "%s", line);
	/* The end of it tells more than the beginning: let go of the older half */
	if (k->len + strlen(line) + 2 >= KMSG_TEXT_MAX) {
		memmove(k->text, k->text + k->len / 2, k->len - k->len / 2 + 1);
		k->len -= k->len / 2;
	}
	if (k->len + strlen(line) + 2 < KMSG_TEXT_MAX)
		k->len += sprintf(k->text + k->len, "%s\n", line);
	return n;
}

int kmsg_collect(struct kmsg *k)
{
	char rec[8192], *text;
	int found = 0;
	ssize_t n;

	for (;;) {
		n = read(k->fd, rec, sizeof(rec) - 1);
		if (n < 0 && errno == EPIPE) {
			found += kmsg_line(k, "lost some messages of the kernel log");
			continue;
		}
		if (n <= 0)
			return found;
		rec[n] = '\0';
		text = strchr(rec, ';');
		if (!text)
			continue;
		text[1 + strcspn(text + 1, "\n")] = '\0';
		found += kmsg_line(k, text + 1);
	}
}
