/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fake-journal.h - a socket that takes entries as systemd-journald does
 */
#ifndef FAKE_JOURNAL_H
#define FAKE_JOURNAL_H

#include <jansson.h>

/* A socket at @path, which must not exist; -1 with errno */
int fake_journal_open(const char *path);

/*
 * The next entry as an object of strings, without waiting; a field that comes twice is an
 * array, as in "journalctl -o json". NULL: there is none. What is not of the protocol is
 * an object with the key "BAD", which says where it begins.
 */
json_t *fake_journal_next(int fd);

#endif /* FAKE_JOURNAL_H */
