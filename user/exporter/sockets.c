// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "exporter/sockets.h"
#include "record/names.h"

/* sd_listen_fds() without the library: two variables, and the first descriptor after stderr */
int sockets_inherited(int *first, int max)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint32_t n;

	*first = STDERR_FILENO + 1;
	if (!pid || !fds || name_parse_u32(pid, &n) || n != (uint32_t)getpid() ||
	    name_parse_u32(fds, &n))
		return 0;
	if (n > (uint32_t)max)
		return -E2BIG;
	for (uint32_t i = 0; i < n; i++)
		fcntl(*first + (int)i, F_SETFD, FD_CLOEXEC);
	return (int)n;
}

const char *sockets_text(const struct sockaddr_storage *address, char buf[SOCKETS_TEXT_LEN])
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	bool is_v6 = address->ss_family == AF_INET6;
	char host[INET6_ADDRSTRLEN] = "";

	inet_ntop(address->ss_family, is_v6 ? (const void *)&v6->sin6_addr : &v4->sin_addr, host,
		  sizeof(host));
	snprintf(buf, SOCKETS_TEXT_LEN, is_v6 ? "[%s]:%u" : "%s:%u", host,
		 ntohs(is_v6 ? v6->sin6_port : v4->sin_port));
	return buf;
}

bool sockets_is_local(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;

	if (address->ss_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return address->ss_family != AF_INET6 || IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}
