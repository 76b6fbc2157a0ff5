/* SPDX-License-Identifier: GPL-2.0 */
/* sockets.h - what systemd hands over, and addresses for people */
#ifndef ZREC_EXPORTER_SOCKETS_H
#define ZREC_EXPORTER_SOCKETS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#define SOCKETS_TEXT_LEN	(INET6_ADDRSTRLEN + sizeof("[]:65535"))

/*
 * How many sockets systemd has opened for us, and the first of them; the others follow. 0:
 * none, or more than @max, which -E2BIG says.
 */
int sockets_inherited(int *first, int max);

/* "127.0.0.1:19714", "[::1]:19714" */
const char *sockets_text(const struct sockaddr_storage *address, char buf[SOCKETS_TEXT_LEN]);
/* True if only this machine can reach it */
bool sockets_is_local(const struct sockaddr_storage *address);

#endif /* ZREC_EXPORTER_SOCKETS_H */
