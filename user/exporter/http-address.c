// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exporter/http.h"
#include "record/names.h"

static int parse_port(const char *text, in_port_t *ret)
{
	uint32_t port;

	if (name_parse_u32(text, &port) || !port || port > UINT16_MAX)
		return -EINVAL;
	*ret = htons((uint16_t)port);
	return 0;
}

static int parse_v6(const char *host, in_port_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *to = (struct sockaddr_in6 *)ret;

	*to = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = port };
	return inet_pton(AF_INET6, host, &to->sin6_addr) == 1 ? 0 : -EINVAL;
}

static int parse_v4(const char *host, in_port_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in *to = (struct sockaddr_in *)ret;

	*to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
	return inet_pton(AF_INET, host, &to->sin_addr) == 1 ? 0 : -EINVAL;
}

/* sd_listen_fds() without the library: two variables, and the first descriptor after stderr */
int http_inherited(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint32_t n;

	if (!pid || !fds || name_parse_u32(pid, &n) || n != (uint32_t)getpid() ||
	    name_parse_u32(fds, &n) || n != 1)
		return -1;
	fcntl(STDERR_FILENO + 1, F_SETFD, FD_CLOEXEC);
	return STDERR_FILENO + 1;
}

/* No names: nothing is asked of a name server while the machine starts */
int http_parse_address(const char *text, struct sockaddr_storage *ret)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN];
	in_port_t port;
	size_t len;

	memset(ret, 0, sizeof(*ret));
	if (!colon || parse_port(colon + 1, &port))
		return -EINVAL;
	len = (size_t)(colon - text);
	if (!len)
		return parse_v6("::", port, ret);
	if (text[0] != '[') {
		if (len >= sizeof(host))
			return -EINVAL;
		memcpy(host, text, len);
		host[len] = '\0';
		return parse_v4(host, port, ret);
	}
	if (len < 2 || text[len - 1] != ']' || len - 2 >= sizeof(host))
		return -EINVAL;
	memcpy(host, text + 1, len - 2);
	host[len - 2] = '\0';
	return parse_v6(host, port, ret);
}
