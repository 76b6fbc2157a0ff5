// SPDX-License-Identifier: GPL-2.0
/*
 * manager.c - a service manager that only listens
 *
 * manager SOCKET: what a service says to it by sd_notify(3), a line each, with the parts of
 * one message between commas
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char buf[8192];
	ssize_t len;

	if (argc != 2 || fd < 0)
		return 1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror(argv[1]);
		return 1;
	}
	while ((len = recv(fd, buf, sizeof(buf) - 1, 0)) > 0) {
		buf[len] = '\0';
		for (char *s = buf; (s = strchr(s, '\n')); )
			*s = ',';
		puts(buf);
		fflush(stdout);
	}
	return 0;
}
