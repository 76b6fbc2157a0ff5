/* SPDX-License-Identifier: GPL-2.0 */
/*
 * peer.h - who is at the other end of a socket
 */
#ifndef ZREC_SERVE_PEER_H
#define ZREC_SERVE_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/* True if it is root, or who we are. @pid may be NULL */
bool peer_is_trusted(int fd, pid_t *pid);

#endif /* ZREC_SERVE_PEER_H */
