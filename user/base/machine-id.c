// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* pipe2() */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/machine-id.h"

#define SECONDS_MAX	5

/* As sd-id128.h has it, which has to be passed by value */
union id {
	uint8_t bytes[16];
	uint64_t words[2];
};

struct answer {
	int32_t err;
	union id id;
};

static int ask(const char *library, const uint8_t application[16], union id *ret)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	int (*get)(union id app, union id *ret);
	union id app;

	if (!handle)
		return -ELIBACC;
	*(void **)&get = dlsym(handle, "sd_id128_get_machine_app_specific");
	if (!get)
		return -ELIBACC;
	memcpy(app.bytes, application, sizeof(app.bytes));
	/* It has names of its own for a file that is missing, empty, or not filled in yet */
	return get(app, ret) < 0 ? -ENODATA : 0;
}

/* Does not return */
static void answer(const char *library, const uint8_t application[16], int to)
{
	struct answer a = { 0 };

	alarm(SECONDS_MAX);
	a.err = ask(library, application, &a.id);
	_exit(write(to, &a, sizeof(a)) != sizeof(a));
}

/* In a process of its own: the library brings others with it, which would stay in memory */
int machine_id(const char *library, const uint8_t application[16], char ret[MACHINE_ID_LEN])
{
	struct answer a = { .err = -EIO };
	ssize_t n;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (!pid)
		answer(library, application, fds[1]);
	close(fds[1]);
	while (pid > 0 && (n = read(fds[0], &a, sizeof(a))) < 0 && errno == EINTR)
		;
	close(fds[0]);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != sizeof(a))
		return -EIO;
	for (size_t i = 0; !a.err && i < sizeof(a.id.bytes); i++)
		sprintf(ret + 2 * i, "%02x", a.id.bytes[i]);
	return a.err;
}
