// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* struct ucred */
#include <sys/socket.h>
#include <unistd.h>

#include "serve/peer.h"

bool peer_is_trusted(int fd, pid_t *pid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	if (pid)
		*pid = peer.pid;
	return !peer.uid || peer.uid == geteuid();
}
