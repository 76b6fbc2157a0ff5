/* SPDX-License-Identifier: GPL-2.0 */
/*
 * systemd.h - what a service says to systemd: how it is, and entries for the journal
 *
 * Both are documented protocols, one datagram a message: sd_notify(3) and "Native Journal
 * Protocol". libsystemd speaks them, too, but it costs a process 1.4 MB of memory, and its
 * sd_journal_sendv() waits while journald's socket is full, which a recorder must not.
 * Nothing here ever waits.
 */
#ifndef ZREC_SYSTEMD_H
#define ZREC_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

/*
 * "READY=1", "STATUS=...", "WATCHDOG=1" and others, with a line end between them. Returns 1,
 * 0: no service manager wants to know, -EAGAIN: it has no room now, or another negative errno.
 */
int systemd_notify(const char *state);

/* How often it wants "WATCHDOG=1" at least, in us; 0: it wants none of this process */
uint64_t systemd_watchdog_us(void);

#define SYSTEMD_JOURNAL_SOCKET	"/run/systemd/journal/socket"

/* A descriptor for systemd_journal_send(); it needs no journald yet. Negative errno */
int systemd_journal_open(void);

/*
 * One entry, as sd_journal_sendv() does: each of @fields is "NAME=value", and a value may
 * hold any bytes. @path is SYSTEMD_JOURNAL_SOCKET. Returns 0, -EAGAIN or -ENOBUFS: it has no
 * room now, -ENOENT or -ECONNREFUSED: there is no journald, or another negative errno.
 */
int systemd_journal_send(int fd, const char *path, const struct iovec *fields, int nr);

/* True if it failed since journald had too much to read */
bool systemd_journal_has_no_room(int err);
/* Why it failed, for people */
const char *systemd_journal_reason(int err);

#endif /* ZREC_SYSTEMD_H */
