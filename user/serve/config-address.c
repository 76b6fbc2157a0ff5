// SPDX-License-Identifier: GPL-2.0
/* Where to listen: addresses and ports as text */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "record/names.h"
#include "serve/config.h"

#define ADDRESS_TEXT_LEN	(INET6_ADDRSTRLEN + sizeof("[]:65535"))

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

/* No names: nothing is asked of a name server while the machine starts. Cuts up @text */
static int parse_one(char *text, struct sockaddr_storage *ret)
{
	char *colon = strrchr(text, ':');
	in_port_t port;
	size_t len;

	memset(ret, 0, sizeof(*ret));
	if (!colon || parse_port(colon + 1, &port))
		return -EINVAL;
	*colon = '\0';
	len = (size_t)(colon - text);
	if (!len)
		return parse_v6("::", port, ret);
	if (text[0] != '[')
		return parse_v4(text, port, ret);
	if (text[len - 1] != ']')
		return -EINVAL;
	text[len - 1] = '\0';
	return parse_v6(text + 1, port, ret);
}

int config_parse_listen(struct config_listen *listen, const char *value)
{
	struct config_listen found = { 0 };
	char text[ADDRESS_TEXT_LEN];

	for (;;) {
		size_t skip = strspn(value, " \t"), len = strcspn(value + skip, ", \t");

		value += skip;
		if (len >= sizeof(text) || found.nr == CONFIG_LISTEN_MAX)
			return -EINVAL;
		memcpy(text, value, len);
		text[len] = '\0';
		if (parse_one(text, &found.address[found.nr++]))
			return -EINVAL;
		value += len;
		value += strspn(value, " \t");
		if (!*value)
			break;
		if (*value++ != ',')
			return -EINVAL;
	}
	*listen = found;
	return 0;
}
