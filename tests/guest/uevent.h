/* SPDX-License-Identifier: GPL-2.0 */
/* uevent.h - what udev would hear */
#ifndef GUEST_UEVENT_H
#define GUEST_UEVENT_H

#include <stddef.h>

#include "fn.h"

/* A socket that hears every uevent from now on, or -errno */
int uevent_open(void);

/*
 * Next ERROR_EVENT= of a function: 0 and the word after it, -ETIMEDOUT, or
 * -errno. Events about anything else are passed over.
 */
int uevent_next_error(int fd, const struct fn *fn, unsigned int ms, char *word, size_t len);

/* Waits, from uevent to uevent, until a path is there: 0 or -ETIMEDOUT */
int uevent_wait_path(int fd, const char *path, unsigned int ms);

#endif /* GUEST_UEVENT_H */
